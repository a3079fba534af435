# shellcheck shell=bash disable=SC2034,SC2154,SC2119,SC2120
# The fault-injecting backend (tests/backend) in dom0, on interface 1 of guest g1. $id is the
# guest's domain, $log the backend's log, $pid the backend's process.
[ -x /lab/vifd ] || skip_all "no /lab/vifd: run it through tests/backend/run"
(cd /lab && tar -xf scenarios.tar)

alive() { kill -0 "$pid" 2>/dev/null; }
# said TEXT: how many lines of the backend's log have it
said() { local n; n=$(grep -c -- "$1" "$log" 2>/dev/null); echo "${n:-0}"; }
# answered TEXT COMMAND...: the backend writes TEXT because of COMMAND; waits for 5 s at most, and
# not for one that is gone
answered() {
	local text=$1 before n
	before=$(said "$text"); shift
	"$@"
	for ((n = 0; n < 50; n++)); do
		[ "$(said "$text")" -le "$before" ] || return 0
		alive || return 1
		nap 0.1
	done
	return 1
}
start_vifd() { /lab/vifd "$id" 1 "$@" >> "$log" 2>&1 & pid=$!; }
# daemon [SCENARIO-FILE]: starts the backend, sound without one. Returns when it listens: a signal
# before that would end it.
daemon() { answered "backend .* -> 2" start_vifd "$@"; }
# sound: no faults from here on: the same process, or another in its place, also when it dies of its
# fault at this very moment
sound() {
	! alive || answered "sound from now on" kill -USR1 "$pid"
	alive || daemon
}
# The interface of our backend has this address; it gets its own once it is there.
up_script='for d in /sys/class/net/eth*; do [ "$(< $d/address)" != 00:16:3e:fe:00:02 ] || { i=${d##*/}
	[ -n "$(ip -4 -o addr show $i up)" ] || { ip link set $i up; ip addr replace 10.98.0.2/24 dev $i; }; }; done 2>/dev/null'
# traffic SECONDS: a ping is answered within that time (SLOW times longer with a debug kernel)
traffic() {
	guest_exec g1 -t $(($1 + 20)) "end=\$((SECONDS + $1 * $SLOW)); while [ \$SECONDS -lt \$end ]; do $up_script
		ping -c 1 -W 1 10.98.0.1 >/dev/null 2>&1 && exit 0; sleep 0.2; done; exit 1"
}
# What is run in the guest, scenarios' "guest" lines too, may call these. The shell's own "timeout
# ip" would be busybox's ip.
guest_words="xdp_ip() { timeout $((5 * SLOW)) "'"$(type -P ip)" link set dev eth1 xdpdrv "$@"; }
	xdp_attach() { xdp load "$1" p && xdp_ip pinned /sys/fs/bpf/p; }
	xdp_detach() { xdp_ip off; }
	# news_irqs NAME MOST: so many of the events of five seconds are acknowledged as news
	news_irqs() { local t=/sys/kernel/tracing irq all news; irq=$(awk -v n="$1" '\''$NF == n {sub(":", "", $1); print $1}'\'' /proc/interrupts)
		[ -n "$irq" ] && echo "p:eoi xen_irq_lateeoi irq=%di:u32 flags=%si:u32" > $t/kprobe_events && echo 1 > $t/events/kprobes/eoi/enable || return
		sleep 5; echo 0 > $t/events/kprobes/eoi/enable; all=$(grep -c "irq=$irq flags=" $t/trace); news=$(grep -c "irq=$irq flags=0" $t/trace)
		echo "$1: of $all events $news counted as news"; [ "$all" -ge 20 ] && [ "$news" -le "$2" ]; }'
states() { echo "frontend $(xs "/local/domain/$id/device/vif/1/state"), backend $(xs "/local/domain/0/backend/vifd/$id/1/state")"; }
# detach_vifd: as libxl does; done within 15 s
detach_vifd() {
	alive || daemon
	kill -USR2 "$pid"
	detached_vifd
}
detached_vifd() {
	local ok=0
	wait_for 15 gone || {
		echo "detach not complete within 15 s: $(states)"; ok=1
		xenstore-rm "/local/domain/$id/device/vif/1"; xenstore-rm "/local/domain/0/backend/vifd/$id/1"; nap 2
	}
	! alive || kill -9 "$pid"
	wait "$pid" 2>/dev/null
	return $ok
}
gone() { ! xs "/local/domain/$id/device/vif/1/state" >/dev/null; }
# Seconds a load may take: up to 6 it is in an emulated PVH guest when another lab runs, with any
# backend; one that waits takes more than 30.
LOAD_LIMIT=6; [ "$TYPE" = pv ] || LOAD_LIMIT=12
# reload LIMIT: unloads within LIMIT s and loads within LOAD_LIMIT, SLOW times longer with a debug
# kernel; prints both times, or what is wrong. The in-tree driver's module is in use as long as a
# device is bound, so it is unbound first.
reload() {
	local out
	out=$(guest_exec g1 -t 110 "a=\$EPOCHREALTIME
		if [ $DRIVER = intree ]; then
			for d in /sys/bus/xen/drivers/vif/vif-*; do
				(echo \${d##*/} > /sys/bus/xen/drivers/vif/unbind) > /dev/null 2>&1 & end=\$((SECONDS + 45)); while [ \$SECONDS -lt \$end ] && kill -0 \$! 2>/dev/null; do sleep 0.1; done
				! kill -0 \$! 2>/dev/null || { echo \"unbinding \${d##*/} hangs: after 45 s it is in \$(cat /proc/\$!/wchan)\"; exit 1; }
			done
		fi
		timeout 45 modprobe -r xen_netfront || { echo \"unload: status \$?\"; exit 1; }
		b=\$EPOCHREALTIME
		modprobe xen_netfront > /dev/null 2>&1 & end=\$((SECONDS + 30)); while [ \$SECONDS -lt \$end ] && kill -0 \$! 2>/dev/null; do sleep 0.1; done
		! kill -0 \$! 2>/dev/null || { echo \"load hangs: after 30 s it is in \$(cat /proc/\$!/wchan)\"; exit 1; }
		wait \$! || { echo \"load: status \$?\"; exit 1; }
		c=\$EPOCHREALTIME; netup eth0 >/dev/null 2>&1; awk -v a=\$a -v b=\$b -v c=\$c 'BEGIN {printf \"%.1f %.1f\", b - a, c - b}'") || { echo "$out"; return 1; }
	awk -v l="$(($1 * SLOW))" -v m="$((LOAD_LIMIT * SLOW))" -v o="$out" 'BEGIN {split(o, t, " "); exit !(t[1] < l && t[2] < m)}' ||
		{ echo "unload and load took $out s, limits $(($1 * SLOW)) and $((LOAD_LIMIT * SLOW))"; return 1; }
	echo "unload and load took $out s"
}
# holds: what the guest holds without the driver: grants and ports as Xen counts them, then its free
# memory in kB
holds() {
	local free
	free=$(guest_exec g1 -t 120 'timeout 60 modprobe -r xen_netfront' && guest_free g1) || { echo "unload before counting: $free"; return 1; }
	echo "$(/lab/held "$id") free $free"
	guest_exec g1 -t 60 'modprobe xen_netfront && for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; netup eth0' > /dev/null
}
