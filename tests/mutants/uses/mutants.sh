# shellcheck shell=bash
# The tests of what people and hosts do with a guest find what they are for: each mutant fails its
# test, in the way of the fault it stands for.
# timeout: 3600
# Run by "tests/mutants/run uses", which brings the mutants and the tests as files of /lab.
. /lab/finds.sh
export LIMIT=600

finds watch-in-work /lab/watches.sh "TYPE=pv PARTS=suspend ROUNDS=2" '^not ok .*only the watch thread touches|did not suspend' "a work that removes watches in a suspend is found"
finds other-rings-unseen /lab/sleep.sh "TYPE=pv PARTS=other" '^not ok .*heals within 10 s' "rings that nobody serves are found"
finds ports-from-bus /lab/shortage.sh "TYPE=pv SHORT=4" '^not ok .*(no Closing|no error node)' "a shortage of ports that closes the device is found"
finds news-by-index /lab/faults.sh TYPE=pv '^not ok .*storm-ctrl' "a storm of events on the control ring is found"
