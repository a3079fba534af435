# shellcheck shell=bash
# One live migration, for mutants.sh
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
out=$(guest_create g1 type=pvh memory=176) || fatal "guest up" "$out"
move_test g1 guest_migrate 1
