# shellcheck shell=bash disable=SC2034,SC2154
# An HVM guest goes from kernel to kernel by kexec, out of UDP both ways and each time after ethtool
# -L, ROUNDS times; then by a crash (kdump). The domain and its memory stay: rings and packets that
# a backend still maps would be the next kernel's memory. So the kernel that goes waits until its
# backend is Closed, and says so when it waited in vain; the next one has the network.
# usage: tests/lab/run --type hvm tests/regress/kexec.sh[:ROUNDS=5]
# hvm
# modules: more
# timeout: 3600
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/disk.sh
. /lab/tests/lib/move.sh
: "${ROUNDS:=5}"
[ "$TYPE" = hvm ] || skip_all "kexec out of a running guest wants HVM"
# The next kernel and its initramfs are on a second disk, each at a whole MB.
image=/lab/images/$KERNEL disk=/tmp/next.img
parts=(/lab/images/base.cpio "$image/modules.cpio")
[ "$DRIVER" = intree ] || parts+=("$image/ours.cpio")
cat "${parts[@]}" /lab/images/hvm.cpio "$image/more.cpio" > /tmp/next.cpio
size=$(stat -L -c %s "$image/vmlinuz") initrd=$(stat -c %s /tmp/next.cpio)
at=$(((size >> 20) + 1))
cp -L "$image/vmlinuz" $disk
dd if=/tmp/next.cpio of=$disk bs=1M seek=$at 2> /dev/null; rm /tmp/next.cpio
truncate -s $((at + (initrd >> 20) + 1))M $disk
# what tells it from the disk of the first boot
sectors=$(( (at + (initrd >> 20) + 1) << 11))

# A debug kernel wants its MORE_MEMORY twice: for the kernel after a crash, too.
out=$(guest_create g1 vcpus=2 queues=2 memory=$((640 + MORE_MEMORY)) modules=more extra=crashkernel=$((224 + MORE_MEMORY))M \
	disks="\"format=raw,vdev=hdb,access=rw,backendtype=qdisk,target=$disk\"") || fatal "guest up" "$out"
dom0_first
ip=$(guest_ip g1)
# loads OPTION...: the next kernel, for kexec -l or -p
loads() {
	guest_exec g1 -t 300 "$(find_disk "$sectors")"'
		[ -e /tmp/vmlinuz ] || { head -c '"$size"' $disk > /tmp/vmlinuz; dd if=$disk bs=1M skip='"$at"' 2> /dev/null | head -c '"$initrd"' > /tmp/initrd; }
		kexec '"$*"' -s /tmp/vmlinuz --initrd=/tmp/initrd'
}
boot_of() { guest_exec g1 -t 20 'cat /proc/sys/kernel/random/boot_id' 2> /dev/null; }
# next_kernel ID: another kernel than that of the boot ID answers on the console, its boot work done
next_kernel() {
	local now
	wait_for 480 eval 'rm -f /run/lab/console.g1; now=$(boot_of); [ -n "$now" ] && [ "$now" != '"$1"' ]' || { tail -n 30 /var/log/xen/guest-g1.log; return 1; }
	wait_for 180 guest_exec g1 -t 5 '[ -e /run/booted ]'
}
goes() {
	local before lines
	before=$(boot_of); lines=$(wc -l < /var/log/xen/guest-g1.log)
	guest_exec g1 -t 60 'setsid bash -c "'"$1"'" > /dev/null 2>&1 < /dev/null &'
	next_kernel "$before" || return
	tail -n +$((lines + 1)) /var/log/xen/guest-g1.log > "$TEST_DIR/console"
}
check "answers before" wait_ping "$ip" 20
for ((n = 1; n <= ROUNDS; n++)); do
	check "the next kernel is loaded, round $n" loads -l --reuse-cmdline || break
	load_start g1
	nap 2
	check "ethtool -L, round $n" guest_exec g1 -t 60 "ethtool -L eth0 combined 1; ethtool -L eth0 combined 2; ethtool -l eth0 | tail -n 3 >&2"
	check "kexec under traffic, round $n" goes 'sleep 1; kexec -e -x' || break
	load_stop g1 > /dev/null 2>&1			# the guest's part went with its kernel
	check "the kernel that went had its backend's Closed, round $n" eval '! grep -q "timeout closing" "$TEST_DIR/console"' || note "$(grep -n "timeout closing" "$TEST_DIR/console")"
	check "the next kernel answers, round $n" wait_ping "$ip" 30 || note "$(guest_exec g1 'dmesg | tail -n 20; ip -br link')"
done
# the crash that the test asks for
allow_message 'sysrq: Trigger a crash|Kernel panic|Call Trace'
if guest_exec g1 '[ "$(cat /sys/kernel/kexec_crash_size)" != 0 ]'; then
	check "the kernel for a crash is loaded" loads -p '--command-line="$(sed s/crashkernel=[^ ]*// /proc/cmdline) irqpoll nr_cpus=1"'
	load_start g1; nap 2
	check "a crash under traffic" goes 'sleep 1; echo c > /proc/sysrq-trigger'
	load_stop g1 > /dev/null 2>&1			# the guest's part went with its kernel
	check "the crash kernel has the dump" guest_exec g1 '[ -r /proc/vmcore ]'
	check "the crash kernel answers" wait_ping "$ip" 30 || note "$(guest_exec g1 'dmesg | tail -n 20; ip -br link')"
else
	skip "a crash" "the guest's kernel keeps no memory for one"
fi
