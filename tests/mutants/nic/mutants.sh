# shellcheck shell=bash
# The tests of what the interface offers find what they are for: each mutant fails its test, in the
# way of the fault it stands for.
# timeout: 3600
# modules: more
# Run by "tests/mutants/run nic", which brings the mutants and the tests as files of /lab.
. /lab/finds.sh
export LIMIT=600

finds rss-table-shifted /lab/rss.sh "" '^not ok .*each flow with its hash and on its queue' "a table that is not the one shown is found"
finds rss-types-ignored /lab/rss.sh "" '^not ok .*TCP is hashed by its addresses' "hash types that the backend is not told are found"
finds mcast-not-replayed /lab/multicast.sh "" '^not ok .*the list came along' "a list that a new backend is not told is found"
finds mcast-too-many /lab/multicast.sh "" '^not ok .*70 groups more' "a filter that stays on with too many groups is found"
finds xdp-tx-unpushed /lab/xdp.sh PACKETS=2000 '^not ok .*frames came back' "frames that were built and not sent are found"
finds xdp-redirect-unflushed /lab/xsk.sh "" '^not ok .*there and back through the socket' "frames that are not handed over are found"
finds xdp-off-no-reset /lab/xdp.sh PACKETS=2000 '^not ok .*offloads are offered again' "offloads that do not come back are found"
finds xdp-page-lost /lab/xdp.sh PACKETS=2000 '^not ok .*no page kept' "pages that are lost are found"
finds channels-not-told /lab/ethtool.sh "" '^not ok .*both ends have 2' "a number of queues that only we know is found"
finds renewal-not-held /lab/ethtool.sh "" '^not ok .*the carrier stays' "a carrier that goes with a change of queues is found"
finds moderation-ignored /lab/ethtool.sh "" '^not ok .*saves interrupts' "moderation that does nothing is found"
finds carrier-unheard /lab/ethtool.sh "" '^not ok .*carrier 0' "a backend's carrier without a say is found"
finds timeline-no-stop /lab/timeline-test.sh "" '^not ok .*queues stopped' "queues that stop unseen are found"
finds keeps-not-mac /lab/keeps.sh "" '^not ok .*all that the admin set' "an address that a move takes away is found"
finds vlan-unfinished+sum-unfinished /lab/frames.sh "TYPE=pv KINDS=VLAN" '^not ok .*VLAN: TCP' "segments over a VLAN that nobody finishes are found"
finds sum-unfinished /lab/frames.sh "TYPE=pv KINDS=packet" '^not ok .*packet: UDP in IPIP' "checksums that nobody finishes are found"
finds channels-later /lab/napi.sh TYPE=pv '^not ok .*-L 3 is in force' "a number of queues that is in force later is found"
finds hash-off-meanwhile /lab/napi.sh TYPE=pv '^not ok .*-x is answered in the midst' "a table that is away meanwhile is found"
finds contexts-anew /lab/napi.sh TYPE=pv '^not ok .*threads( and affinity)? stay' "threads that a connection takes away are found"
