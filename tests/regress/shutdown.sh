# shellcheck shell=bash disable=SC2034,SC2154
# A guest that reboots waits for its backends to let go, five seconds at most: what it leaves mapped
# or posted, a backend goes on writing into, and after a kexec that is somebody else's memory. Here
# the backend never answers Closing: a fresh interface is waited for, and so is one whose connection
# was made anew by an XDP program, or whose driver was loaded again.
# usage: tests/backend/run --test shutdown.sh[:PARTS=renewed]
# timeout: 600
. /lab/tests/lib/vifd.sh
: "${PARTS:=fresh+renewed+reloaded}"

# waits NAME COMMAND: runs COMMAND in the guest, then reboots it; the kernel has to say that it
# waited in vain
waits() {
	local name=$1 what=$2 con out
	out=$(guest_create g1 vcpus=1 queues=2) || { not_ok "$name: guest up" "$out"; return; }
	id=$(guest_id g1) log=$TEST_DIR/vifd-$name.log
	con=/var/log/xen/guest-g1.log
	daemon /lab/scenarios/late-silent-5
	guest_exec g1 -t 20 'for ((n = 0; n < 20; n++)); do [ -e /sys/class/net/eth1 ] && break; sleep 0.1; done'
	check "$name: traffic" traffic 20 || note "$(states)"
	if [ -n "$what" ]; then
		out=$(guest_exec g1 -t 60 "$what") || not_ok "$name: $what" "$out"
		check "$name: traffic after it" traffic 30 || note "$(states)"
	fi
	answered "faults from now on" kill -HUP "$pid"
	guest_exec g1 -t 10 '(sleep 1; echo "lab: reboot now" > /dev/kmsg; reboot -f) > /dev/null 2>&1 &'
	wait_for 40 grep -qE 'reboot: (Restarting|Power)' "$con"
	check "$name: the reboot waits for the backend" grep -q 'timeout closing device' "$con" ||
		note "$(tr -d '\r' < "$con" | sed -n '/lab: reboot now/,$p' | head -n 12)"
	kill -9 "$pid"; wait "$pid" 2> /dev/null
	guest_destroy g1
	xenstore-rm "/local/domain/0/backend/vifd/$id" 2> /dev/null
}
[[ $PARTS != *fresh* ]] || waits fresh ''
[[ $PARTS != *renewed* ]] || waits renewed 'xdp load pass p && ip -force link set dev eth1 xdpdrv pinned /sys/fs/bpf/p'
[[ $PARTS != *reloaded* ]] || waits reloaded 'modprobe -r xen_netfront && modprobe xen_netfront && netup eth0'
