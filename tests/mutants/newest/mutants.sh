# shellcheck shell=bash
# What only the newest kernel shows: each mutant fails its test, in the way of the fault it stands
# for.
# timeout: 1800
# Run by "tests/mutants/run newest", which brings the mutants and the tests as files of /lab.
. /lab/finds.sh
export LIMIT=600

finds contexts-stay-listed /lab/napi.sh TYPE=pv '^not ok .*threaded off' "contexts that are listed while they are disabled are found"
allow_message '.'
