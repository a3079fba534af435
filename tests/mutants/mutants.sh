# shellcheck shell=bash
# The tests find what they are for: each mutant, and the in-tree driver, fails its test, in the way
# of the fault it stands for.
# timeout: 1700
# Run by tests/mutants/run, which brings the mutants and the tests as files of /lab.

. /lab/finds.sh

finds no-unload-wait /lab/reload.sh CYCLES=1 'g\.e\..* still in use|deferring g\.e\.' "unload without the wait is found: grants still in use"
finds no-initialising /lab/reload.sh CYCLES=1 '^not ok .*(load|link|traffic), cycle 1' "load without the switch to Initialising is found: no link"
finds no-queue-stop /lab/migrate1.sh CYCLES=1 '^not ok .*queues stop before|Oops|BUG|general protection|Kernel panic' "resume without stopping the queues is found"
finds missing-free /lab/faults.sh CYCLES=1 '^not ok .*accounted for' "a grant that is not taken back is found: the guest holds more than before"
finds no-tx-bound /lab/faults.sh CYCLES=1 '^not ok .*tx-bad-id|Oops|BUG|general protection|Kernel panic' "a response's id that is not checked is found"
finds watch-in-remove /lab/detach.sh "TYPE=pv PARTS=silent ROUNDS=1 HANGS=1 LIVES=0" '^not ok .*an unload with a silent backend ends' "a watch that remove takes back is found: the unload hangs with the guest's bus"
finds stale-completion /lab/shutdown.sh "TYPE=pv PARTS=renewed" '^not ok .*waits for the backend' "a completion that is left from an earlier connection is found: a reboot does not wait"
finds intree /lab/reload.sh CYCLES=1 '^not ok .*unload, cycle 1' "the in-tree driver is found: it cannot be unloaded while bound"
