# shellcheck shell=bash disable=SC2034,SC2154
# An interface whose guest is short of memory at any one place: the N-th allocation fails of what
# binds the device to the driver, then of what the watch thread does about it, for N up to the last;
# the steps between them grow by an eighth. The interface works with less, or says why not; it works
# once there is enough again (unbound and bound anew at most), and nothing is left after an unbind:
# no interface, no grant. Each round has its line in the output.
# Wants a guest's kernel with fail-nth: a debug kernel (tests/lab/debug-kernel/check pvh-uses).
# usage: tests/lab/run tests/regress/memory.sh:KERNEL=debug[,WHO=bind+watch][,FROM=1]
# timeout: 6600
: "${WHO:=bind+watch}" "${FROM:=1}"
# In the guest, with few processes. A line a round: "WHO N works|says REASON, then works|dead", and
# what there is more than before, if anything, after the unbind
rounds='
	cd /sys/kernel/debug || exit
	for d in failslab fail_page_alloc; do echo N > $d/ignore-gfp-wait; echo 0 > $d/verbose; done
	echo N > fail_page_alloc/ignore-gfp-highmem; echo 0 > fail_page_alloc/min-order
	d=/sys/bus/xen/drivers/vif
	for p in /proc/[0-9]*; do [ "$(< $p/comm)" != xenwatch ] || watch=${p#/proc/}; done
	answers() { for ((i = 0; i < $1; i++)); do ping -c 1 -W 1 10.99.0.1 > /dev/null 2>&1 && return; [ -e /sys/class/net/eth0 ] && netup eth0 > /dev/null 2>&1; sleep 1; done; false; }
	bind() { echo vif-0 > $d/bind; }
	unbind() { [ ! -e $d/vif-0 ] || echo vif-0 > $d/unbind; }
	interfaces() { set -- /sys/class/net/*; echo $#; }
	unbind; grants=$(grantsheld) links=$(interfaces)
	for who in '"${WHO//+/ }"'; do
		left=0
		for ((n = '"$FROM"'; left == 0; n += 1 + n / 8)); do
			dmesg -C
			if [ $who = bind ]; then
				(echo $n > /proc/self/fail-nth; bind; read -r left < /proc/self/fail-nth; echo 0 > /proc/self/fail-nth; echo $left > /run/left) 2> /run/refused
				read -r left < /run/left
			else
				: > /run/refused
				echo $n > /proc/$watch/fail-nth; bind; sleep 3; read -r left < /proc/$watch/fail-nth; echo 0 > /proc/$watch/fail-nth
			fi
			if answers 4; then word=works
			else
				why=$({ dmesg | grep -E "eth0|vif vif-0|xen_netfront"; cat /run/refused; } | head -n 1)
				word="says ${why:-nothing}"
			fi
			[ -e $d/vif-0 ] || bind
			answers 15 && word="$word, then works" || word="$word, then dead"
			[[ $word != *dead ]] || dmesg | tail -n 20
			unbind
			for ((i = 0; i < 30; i++)); do g=$(grantsheld); [ $g -gt $grants ] || break; sleep 0.2; done
			[ $g -le $grants ] || word="$word, $((g - grants)) more grants after the unbind"
			[ $(interfaces) = $links ] || word="$word, $(interfaces) interfaces after the unbind"
			echo "$who $n $word"; echo "lab: $who $n $word" > /dev/kmsg
			[[ $word != *dead* ]] || exit 1
		done
		echo "$who: $n has no allocation so late"
	done
	bind; netup eth0'
out=$(guest_create g1 vcpus=1 queues=1) || fatal "guest up" "$out"
guest_exec g1 '[ -e /proc/self/fail-nth ] && [ -d /sys/kernel/debug/failslab ]' || skip_all "the guest's kernel has no fail-nth"
allow_message 'vif vif-0|probe of|failed to allocate'
# The kernel's own register_irq_proc() and the bus's sysfs group: their failures are ignored, and a
# warning when they are undone says so. It must not end this guest. KASAN's reports do.
guest_exec g1 'echo 0 > /proc/sys/kernel/panic_on_warn'
allow_message 'fs/(proc/generic|sysfs/group).c:[0-9]* (remove_proc_entry|proc_register|sysfs_remove_group)|Call Trace:'
guest_exec g1 -t 6000 "$rounds" > "$TEST_DIR/memory" 2>&1
note "$(cat "$TEST_DIR/memory")"
for who in ${WHO//+/ }; do
	check "$who: each of its allocations failed once" grep -q "^$who: .* no allocation so late" "$TEST_DIR/memory"
	check "$who: with enough again the interface works, each time" eval 'grep -q "^$who " "$TEST_DIR/memory" && ! grep "^$who .*dead" "$TEST_DIR/memory"'
	check "$who: where it did not work before, the reason was said" eval '! grep "^$who .*says nothing" "$TEST_DIR/memory"'
	check "$who: nothing is left after an unbind" eval '! grep "^$who .*after the unbind" "$TEST_DIR/memory"'
done
check "unload and load" guest_reload g1
check "answers after it" wait_ping "$(guest_ip g1)" 20
