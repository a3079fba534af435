# shellcheck shell=bash
# Live migration, ROUNDS times (3), under TCP both ways: the connection, MAC, addresses and MTU
# survive, peers are told.
# timeout: 600
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
out=$(guest_create g1 type=pvh memory=176) || fatal "guest up" "$out"
move_test g1 guest_migrate "${ROUNDS:-3}"
