# shellcheck shell=bash
# A guest whose grant table has room for its queues and its disk and not for much more, as
# toolstacks size it by what the kernel's own driver takes: a flood out of the network takes no more
# than that driver's grants, and the disk goes on, whichever of the two comes first, and over save
# and restore. blkfront waits for a free grant without an end, so a disk without grants hangs for
# ever.
# timeout: 900
. /lab/tests/lib/uses.sh
# Four frames are 2048 entries, the least that holds three queues of the kernel's own driver (1542)
# and a disk.
: "${FRAMES:=4}" "${QUEUES:=3}" "${MB:=24}"
# What it takes: for each queue a page for each of two rings, and a grant for each of their 256
# entries. Ours has a control ring besides, a page, and a page for what goes over it.
ENTRIES=256
most=$((QUEUES * 2 * (1 + ENTRIES))); [ "$DRIVER" = intree ] || most=$((most + 2))

dd if=/dev/urandom of=/tmp/disk bs=1M count="$MB" status=none
modprobe loop max_loop=4 2>/dev/null
loop=$(losetup -f --show /tmp/disk) || fatal "a loop device" "$(ls /dev/loop* 2>&1)"
want=$(md5sum < /tmp/disk | cut -d' ' -f1)
out=$(guest_create g1 type=pv memory=256 queues="$QUEUES" vifs=0 up=0 config="max_grant_frames = $FRAMES
disk = [ 'phy:$loop,xvda,w' ]") || fatal "guest up" "$out"
ip=$(guest_ip g1)

held() { guest_exec g1 "grantsheld ${1:-}"; }
# An entry is 8 bytes
room() { echo $((FRAMES * 4096 / 8 - $(held))); }
# The flood: pktgen on each queue fills each ring. flood SECONDS DELAY (ns between two packets of a
# queue)
flood() {
	guest_exec g1 -t 90 "modprobe pktgen || exit 1; pg() { echo \"\$2\" > /proc/net/pktgen/\$1; }; pg kpktgend_0 rem_device_all; cd /sys/class/net/eth0/queues; set -- tx-*
		for ((q = 0; q < \$#; q++)); do pg kpktgend_0 \"add_device eth0@\$q\"
			for t in 'count 0' 'clone_skb 0' 'pkt_size 1000' 'delay $2' 'dst 10.99.0.1' \"dst_mac $(< /sys/class/net/xenbr0/address)\" \"queue_map_min \$q\" \"queue_map_max \$q\"; do
				pg eth0@\$q \"\$t\"; done; done
		(timeout $1 bash -c 'echo start > /proc/net/pktgen/pgctrl'; : > /run/flooded) > /dev/null 2>&1 < /dev/null & rm -f /run/flooded"
}
flooded() { wait_for 30 guest_exec g1 '[ -e /run/flooded ]' && guest_exec g1 'n=0; for f in /proc/net/pktgen/eth0@*; do while read -r l; do case $l in *pkts-sofar:*) l=${l#*pkts-sofar: }; echo "${f##*/} ${l%% *}"; [ ${l%% *} -gt 300 ] || exit 1 ;; esac; done < $f; done'; }
read_disk() {
	local got
	got=$(guest_exec g1 -t 100 'timeout 80 dd if=/dev/xvda bs=1M iflag=direct 2> /dev/null | md5sum | cut -d" " -f1; exit ${PIPESTATUS[0]}') && [ "$got" = "$want" ] && return
	echo "sum $got, expected $want"
	guest_exec g1 -t 20 'for p in $(pidof dd); do echo "dd is in $(cat /proc/$p/wchan): $(head -n 6 /proc/$p/stack)"; done; dmesg | tail -n 6'
	return 1
}
# What is written is what was there, so that the sum stays
write_disk() { guest_exec g1 -t 100 'dd if=/dev/xvda of=/tmp/4m bs=1M count=4 iflag=direct status=none && timeout 80 dd if=/tmp/4m of=/dev/xvda bs=1M oflag=direct status=none'; }
attach() {
	within 90 xl network-attach g1 "mac=00:16:3e:00:00:$(printf %02x "${ip##*.}")" bridge=xenbr0 2>&1 &&
		guest_exec g1 'for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; netup eth0' && wait_ping "$ip" 20
}
queues() { guest_exec g1 'cd /sys/class/net/eth0/queues; set -- tx-*; echo $#'; }
at_most() { if [ "$1" -le "$2" ]; then ok "$3: $1"; else not_ok "$3" "$1 grants are held, $2 would do"; fi; }

guest_exec g1 'modprobe xen_netfront' || fatal "the driver loads"
nothing=$(held 2> /dev/null)
[ "${nothing:-0}" -gt 0 ] || fatal "the guest tells how many grants it has given out" "$(held 2>&1)"
check "an interface is attached, nothing else is there" attach
check "it has $QUEUES queues" test "$(queues)" = "$QUEUES"
note "$nothing grants held without it, $(($(held) - nothing)) more with it"
flood 15 20000	# without a delay pktgen serves one queue alone
in_flood=$(held 5000)
check "the flood went out of each queue" flooded
at_most $((in_flood - nothing)) "$most" "at most as many grants in a flood as the kernel's own driver takes, $most"
at_most $(($(held) - nothing)) "$most" "and no more when it is over"
check "the network answers" wait_ping "$ip" 20

check "now the disk comes" guest_exec g1 -t 60 'modprobe xen-blkfront; for ((i = 0; i < 100; i++)); do [ -b /dev/xvda ] && exit 0; sleep 0.1; done; exit 1'
check "it reads to its end, $MB MB" read_disk
check "and is written" write_disk
flood 30 300000
check "it reads to its end while the vif floods" read_disk
check "and is written then" write_disk
check "the flood went out of each queue" flooded
check "the network answers" wait_ping "$ip" 20
check "one connection, nothing dropped" undisturbed g1
note "$(room) grants are left with disk and vif"

# With the table as it is now, into another host: disk and vif ask for theirs again
flood 40 300000
check "save and restore in the flood" eval 'guest_save g1 /tmp/g1.save && guest_restore g1 /tmp/g1.save'
rm -f /tmp/g1.save
check "the network answers" wait_ping "$ip" 60
check "the disk reads to its end" read_disk
check "it still has $QUEUES queues" test "$(queues)" = "$QUEUES"

# The other way round: the disk has what it wants, then the vif comes and takes what there is
check "the interface is detached" eval 'within 40 xl network-detach g1 0 && guest_exec g1 "for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/eth0 ] || exit 0; sleep 0.1; done; exit 1"'
guest_exec g1 '(while [ ! -e /run/enough ]; do dd if=/dev/xvda of=/dev/null bs=1M iflag=direct 2> /dev/null; : > /run/once; done) > /dev/null 2>&1 < /dev/null &
	for ((i = 0; i < 300; i++)); do [ -e /run/once ] && break; sleep 0.1; done'
note "$(room) grants are free while the disk is busy"
check "it is attached again while the disk is busy" attach
note "it has $(queues) queues of $QUEUES"
flood 20 300000
guest_exec g1 'touch /run/enough'
check "the disk reads to its end while it floods" read_disk
check "the network answers" wait_ping "$ip" 20
check "no task hung" eval '! guest_exec g1 dmesg | grep "blocked for more"'
losetup -d "$loop" 2>/dev/null; rm -f /tmp/disk
