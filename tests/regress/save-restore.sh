# shellcheck shell=bash
# Save and restore of a PV guest with two vCPUs, three times, under TCP both ways.
# timeout: 1200
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
save_and_restore() {
	guest_save "$1" /tmp/saved && guest_restore "$1" /tmp/saved; local rc=$?
	rm -f /tmp/saved
	return $rc
}
out=$(guest_create g1 type=pv vcpus=2 queues=2 memory=192) || fatal "guest up" "$out"
move_test g1 save_and_restore 3
