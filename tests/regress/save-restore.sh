# shellcheck shell=bash
# Save and restore of a PV guest with two vCPUs, ROUNDS times (3), under TCP both ways.
# timeout: 600
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
out=$(guest_create g1 type=pv vcpus=2 queues=2 memory=192) || fatal "guest up" "$out"
move_test g1 save_and_restore "${ROUNDS:-3}"
