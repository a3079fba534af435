# shellcheck shell=bash
# For lists of mutants: run a test on one and look at how it fails.

# run_test_on MUTANT TEST [KEY=VALUE...]: the test's output with the mutant as our driver, then the
# guest's messages; the guests are gone after it. MUTANT "intree" is the kernel's own driver.
run_test_on() {
	local mutant=$1 test=$2 driver=ours; shift 2
	if [ "$mutant" = intree ]; then driver=intree; else lab_module "$KERNEL" "/lab/$mutant.ko"; fi
	env DRIVER=$driver "$@" timeout -k 5 "${LIMIT:-240}" bash -c '. /lab/lib.sh; . "$1"' test "$test" 2>&1
	rm -f "$STATE/fatal"	# the mutant's, not ours
	echo "--- messages"
	tr -d '\r' < "$(guest_log g1)" | grep -E "$BAD|xen_netfront|vif vif" | tail -n 40
	guest_destroy g1 > /dev/null; guest_destroy g2 > /dev/null 2>&1
}
# finds MUTANT TEST "[KEY=VALUE...]" REGEX WHAT: the test fails and says REGEX. ONLY=MUTANT: no
# other one; of A+B, A
finds() {
	local out
	[ "${ONLY:-${1%%+*}}" = "${1%%+*}" ] || return 0
	# shellcheck disable=SC2086  # a list of keys
	out=$(run_test_on "$1" "$2" $3)
	printf '%s\n' "$out" > "$TEST_DIR/$1.output"
	if printf '%s\n' "$out" | grep -qE "$4"; then
		ok "$1: $5"
		printf '%s\n' "$out" | grep -E "$4" | head -n 4 | sed 's/^/# /'
	else
		not_ok "$1: $5" "$out"
	fi
}
allow_message '.'
