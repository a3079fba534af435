# shellcheck shell=bash disable=SC2034,SC2154
# An HVM guest hibernates to its swap disk and comes back from the image in another domain, as on
# EC2 or after a host's maintenance. The kernel that loads the image has had, until then,
#   none     no network driver: the backend waits for a frontend
#   ours     our driver, connected: the backend maps rings of that kernel, which are anybody's
#            memory now, and both ends say Connected
#   intree   the same with the in-tree driver
# Each ROUNDS times: the network is back without anybody's doing, both ways, and nothing that the
# backend may write into is lost.
# The lab's own conditions, for an unmodified kernel's sake: it does not tell Xen anew, after an
# image is restored, where its event channels' FIFO and its CPU's data are. So two-level event
# channels, no address randomisation, both kernels with the same command line, and the disk before
# the network, so that its interrupt has the same port in both; and no paravirtual keyboard, whose
# driver closes a port of the domain before.
# usage: tests/lab/run --type hvm tests/regress/hibernate.sh[:ROUNDS=3][,BOOT=ours]
# hvm
# modules: more
# timeout: 3600
. /lab/tests/lib/disk.sh
: "${ROUNDS:=3}" "${BOOT:=none+ours+intree}"
[ "$TYPE" = hvm ] || skip_all "only an HVM guest can wake from an image"
swap=/tmp/swap.img
truncate -s 512M $swap
# sleeper: the guest, or the one that loads its image; without a driver at first
sleeper() {
	guest_create g1 up=0 modules=more memory=400 mac=00:16:3e:00:00:77 extra="xen.fifo_events=0 nokaslr no_console_suspend noresume" \
		config="vkb_device = 0" disks="\"format=raw,vdev=hdb,access=rw,backendtype=qdisk,target=$swap\""
}
# Its disk; /sys/power/resume is written with its number
with_disk="$(find_disk 1048576); d=\$(< \$b/dev)"
out=$(sleeper) || fatal "guest up" "$out"
guest_exec g1 '[ -w /sys/power/disk ] && grep -q disk /sys/power/state' || skip_all "the guest's kernel does not hibernate"
ip=$(guest_ip g1)
check "its swap disk" guest_exec g1 -t 60 "$with_disk"'; mkswap $disk > /dev/null && swapon $disk && cat /proc/swaps >&2'
# loads DRIVER: ours or intree, and the guest answers
loads() {
	local file=updates/dkms/xen_netfront.ko
	# With --tree all modules of a kernel are in one folder.
	[ "$1" != intree ] || file='kernel/{drivers/net/,}xen-netfront.ko'
	guest_exec g1 -t 60 "insmod \$(ls /lib/modules/\$(uname -r)/$file 2> /dev/null); for ((n = 0; n < 100; n++)); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; netup eth0" &&
		wait_ping "$ip" 20
}
check "answers before" loads "$DRIVER"

gone() { wait_for 200 eval '! xl domid g1 > /dev/null 2>&1'; }
hibernates() {
	guest_exec g1 -t 20 'echo '"$1"' > /tmp/mark; dmesg -C; echo shutdown > /sys/power/disk
		setsid bash -c "sleep 1; echo disk > /sys/power/state || { echo lab: it does not hibernate > /dev/kmsg; }; date > /tmp/awake" > /dev/null 2>&1 < /dev/null &'
	gone || { echo "the domain did not end"; tail -n 20 /var/log/xen/guest-g1.log; return 1; }
}
# wakes BOOT MARK
wakes() {
	local out
	guest_destroy g1 2> /dev/null
	out=$(sleeper) || { echo "$out"; return 1; }
	guest_exec g1 -t 60 "$with_disk; echo \$d > /run/disk" || return
	[ "$1" = none ] || out=$(loads "$1") || { echo "the loading kernel has no network with $1: $out"; return 1; }
	guest_exec g1 -t 60 'setsid bash -c "sleep 1; cat /run/disk > /sys/power/resume; echo lab: no image was loaded > /dev/kmsg" > /dev/null 2>&1 < /dev/null &'
	# Nothing is sent to it meanwhile: the upcall of an event that comes in the jump from one
	# kernel to the other is lost, and its port is dead.
	wait_for 200 grep -q 'hibernation: hibernation exit' /var/log/xen/guest-g1.log ||
		{ echo "the image does not wake"; tail -n 40 /var/log/xen/guest-g1.log; guest_stuck g1; return 1; }
	[ "$(guest_exec g1 -t 20 "cat /tmp/mark")" = "$2" ]
}
for boot in ${BOOT//+/ }; do
	for ((n = 1; n <= ROUNDS; n++)); do
		check "$boot: hibernates, round $n" hibernates "$boot-$n" || break 2
		check "$boot: wakes, round $n" wakes "$boot" "$boot-$n" || break 2
		check "$boot: answers within 10 s, round $n" wait_ping "$ip" 10 || note "$(guest_exec g1 'dmesg | tail -n 30; cat /sys/kernel/debug/xen_netfront/*/why')"
		check "$boot: reaches dom0, round $n" guest_exec g1 -t 20 'ping -c 3 -W 2 10.99.0.1'
	done
done
check "unload and load afterwards" guest_reload g1
check "answers after that" wait_ping "$ip" 20
