# shellcheck shell=bash
# The debug kernel finds what it is for: a driver that overruns, uses what it freed, or leaks. Run
# by debug-kernel/check, which brings the mutants as files of /lab.
# timeout: 500
allow_message '.'
# finds MUTANT REGEX: boot, unload, load, unload; the kernel says REGEX
finds() {
	local log=/var/log/xen/guest-g1.log
	: > "$TEST_DIR/$1.out"		# some reports end the guest before there is any output
	lab_module "$KERNEL" "/lab/$1.ko"
	guest_create g1 wait=0 || { not_ok "$1: guest created"; return; }
	wait_for 60 grep -qE "agent: booted|$2" "$log"
	if ! grep -qE "$2" "$log"; then
		within 60 gx g1 $((60 * SLOW)) > "$TEST_DIR/$1.out" 2>&1 <<< 'modprobe -r xen_netfront; modprobe xen_netfront; sleep 1; modprobe -r xen_netfront
			sleep 6; cd /sys/kernel/debug; echo scan > kmemleak; echo scan > kmemleak; cat kmemleak'
	fi
	if grep -hE "$2" "$log" "$TEST_DIR/$1.out" > "$TEST_DIR/$1.found"; then ok "$1: $(head -n 1 "$TEST_DIR/$1.found")"
	else not_ok "$1: the kernel says $2" "$(tail -n 20 "$log")"; fi
	guest_destroy g1
}
finds overrun 'KASAN: slab-out-of-bounds in xnf_rx_create'
finds use-after-free 'KASAN: (slab-)?use-after-free in (rx_end_slot|xnf_rx_free_old)'
# By the caller that the driver has and the rest of a guest has not; the driver's own functions have
# no names once it is unloaded.
finds missing-free 'kvmalloc_node\+'
