# shellcheck shell=bash
# The tests find what they are for: each mutant, and the in-tree driver, fails its test, in the way of the fault it stands for.
# timeout: 1200
# Run by tests/mutants/run, which brings the mutants and the tests as files of /lab.

# run_test_on MUTANT TEST CYCLES: the test's output with the mutant as our driver, then the guest's messages; the guest is gone after it.
# MUTANT "intree" is the kernel's own driver.
run_test_on() {
	local driver=ours
	if [ "$1" = intree ]; then driver=intree; else lab_module bookworm "/lab/$1.ko"; fi
	DRIVER=$driver CYCLES=$3 timeout -k 5 240 bash -c '. /lab/lib.sh; . "$1"' test "$2" 2>&1
	echo "--- messages"
	tr -d '\r' < "$(guest_log g1)" | grep -E "$BAD|xen_netfront|vif vif" | tail -n 40
	guest_destroy g1 > /dev/null; guest_destroy g2 > /dev/null 2>&1
}
# finds MUTANT TEST CYCLES REGEX WHAT: the test fails and says REGEX
finds() {
	local out
	out=$(run_test_on "$1" "$2" "$3")
	printf '%s\n' "$out" > "$TEST_DIR/$1.output"
	if printf '%s\n' "$out" | grep -qE "$4"; then
		ok "$1: $5"
		printf '%s\n' "$out" | grep -E "$4" | head -n 4 | sed 's/^/# /'
	else
		not_ok "$1: $5" "$out"
	fi
}
allow_message '.'

finds no-unload-wait /lab/reload.sh 1 'g\.e\..* still in use|deferring g\.e\.' "unload without the wait is found: grants still in use"
finds no-initialising /lab/reload.sh 1 '^not ok .*(load|link|traffic), cycle 1' "load without the switch to Initialising is found: no link"
finds no-queue-stop /lab/migrate1.sh 1 '^not ok .*queues stop before|Oops|BUG|general protection|Kernel panic' "resume without stopping the queues is found"
finds missing-free /lab/faults.sh 1 '^not ok .*accounted for' "a grant that is not taken back is found: the guest holds more than before"
finds no-tx-bound /lab/faults.sh 1 '^not ok .*tx-bad-id|Oops|BUG|general protection|Kernel panic' "a response's id that is not checked is found"
finds intree /lab/reload.sh 1 '^not ok .*unload, cycle 1' "the in-tree driver is found: it cannot be unloaded while bound"
