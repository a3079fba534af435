# shellcheck shell=bash
# Saves that do not happen: a checkpoint, after which the guest goes on (xl save -c), and one whose
# file cannot be written. The guest is told of a suspend, and that it was none. The same connection,
# every byte as sent; afterwards a save that is one works.
# usage: tests/lab/run tests/regress/cancel.sh[:ROUNDS=3][,TYPE=pv]
# timeout: 900
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/uses.sh
. /lab/tests/lib/move.sh
: "${ROUNDS:=3}"
out=$(guest_create g1 vcpus="$TWO_QUEUES_CPUS" queues=2 memory=192) || fatal "guest up" "$out"
dom0_first
checkpoint() { within 120 xl save -c g1 /tmp/saved > "$TEST_DIR/save" 2>&1 || { cat "$TEST_DIR/save"; guest_stuck g1; return 1; }; rm -f /tmp/saved; }
fails() { ! within 120 xl save g1 /dev/full > "$TEST_DIR/save" 2>&1 || { echo "it did not fail"; return 1; }; }
check "TCP both ways" pump_start g1
for ((n = 1; n <= ROUNDS; n++)); do
	check "a checkpoint, round $n" checkpoint
	check "TCP goes on, round $n" pump_moves g1 60
	check "a save that fails, round $n" fails
	check "TCP goes on after it, round $n" pump_moves g1 60
done
check "the same connection" undisturbed g1
check "a save and restore that is one" save_and_restore g1
check "TCP goes on after that" pump_moves g1 60
check "every byte was right" pump_stop g1
