# shellcheck shell=bash
# What an admin set stays over a move (TYPE=pvh: live migration, pv: save and restore), also to a
# backend that offers less and back: MAC, MTU, offloads, moderation, queues, multicast, promiscuity,
# qdisc, name, ifindex. What the new backend lacks is said once. Counters tell. Netback's own
# parameters and a watcher on new backend nodes make the destination. DRIVER=intree shows what that
# one loses.
# timeout: 900
. /lab/tests/lib/move.sh
if [ "$TYPE" = pv ]; then move=save_and_restore; else move=guest_migrate; fi
NETBACK=/sys/module/xen_netback/parameters

# mask KEY...: from now on a new backend node loses these keys as soon as they are written, which is
# before the guest runs; until unmask
mask() {
	local keys=" $* "
	xenstore-watch -n 1000000 /local/domain/0/backend/vif 2>/dev/null | while read -r path; do
		case $keys in *" ${path##*/} "*) [ "$(xs "$path")" = 0 ] || xenstore-write "$path" 0 ;; esac
	done & masker=$!
}
unmask() { pkill -P $$ xenstore-watch; kill $masker 2>/dev/null; wait $masker 2>/dev/null; }
settings() {	# as the guest shows them; the guest's own MAC, not that of xenstore
	guest_exec g1 -t 40 'ip -o link show dev eth0 | awk "{print \$1, \$2}"
		cd /sys/class/net/eth0; echo "mac $(< address)"; echo "mtu $(< mtu)"
		ethtool -k eth0 | awk "/^(tcp-segmentation-offload|scatter-gather|tx-checksum-ipv4|generic-receive-offload|rx-checksumming|\ttx-tcp6-segmentation|generic-segmentation-offload):/ {print \$1, \$2}"
		ethtool -l eth0 2>/dev/null | tail -n 2 | awk "/Combined/ {print \"channels\", \$2}"
		echo "queues $(ls queues | wc -l)"; ethtool -c eth0 2>/dev/null | awk "/^rx-usecs:/ {print \$1, \$2}"
		ip maddr show dev eth0 | grep -E "01:00:5e:05:06:07|33:33:00:00:12:34" | sort
		echo "promiscuity $(ip -d link show dev eth0 | grep -o "promiscuity [0-9]*")"
		tc qdisc show dev eth0 | grep -v "parent :" ; echo "txqueuelen $(< tx_queue_len)"; ip -o addr show dev eth0 | awk "{print \$3, \$4}" | sort'
}
# same TEXT BEFORE [IGNORED REGEX]
same() {
	local after
	after=$(settings)
	if [ "$(grep -vE "${3:-^$}" <<< "$2")" = "$(grep -vE "${3:-^$}" <<< "$after")" ]; then ok "$1"
	else not_ok "$1" "$(diff <(echo "$2") <(echo "$after") | grep '^[<>]' | sed 's/^</lost:/; s/^>/now: /')"; fi
}
counter() { guest_exec g1 -t 20 "ethtool -S eth0 | awk '\$1 == \"$1:\" {print \$2}'"; }

# xenbr0's MTU becomes that of the vif and, through xl's hotplug script, the frontend's key "mtu"
ip link set xenbr0 mtu 4000
out=$(guest_create g1 vcpus="$TWO_QUEUES_CPUS" queues=2 memory=192) || fatal "guest up" "$out"
dom0_first
out=$(guest_exec g1 'set -e; ip link set eth0 down; ip link set eth0 address 02:00:00:aa:bb:cc; ip link set eth0 up; netup eth0
	ip link set eth0 mtu 3000 txqueuelen 555 promisc on
	ethtool -K eth0 tso off gro off; [ '"$DRIVER"' = intree ] || ethtool -C eth0 rx-usecs 50
	ip addr add 239.5.6.7/32 dev eth0 autojoin; ip -6 addr add ff15::1234/128 dev eth0 autojoin; modprobe sch_tbf
	tc qdisc replace dev eth0 root tbf rate 400mbit burst 64k latency 50ms' 2>&1) || fatal "what an admin may set can be set" "$out"
before=$(settings)
wanted='mac 02:00:00:aa:bb:cc|mtu 3000|tcp-segmentation-offload: off|generic-receive-offload: off|01:00:5e:05:06:07|33:33:00:00:12:34'
wanted="$wanted|promiscuity [1-9]|qdisc tbf|txqueuelen 555"
n=9; [ "$DRIVER" = intree ] || { wanted="$wanted|rx-usecs: 50" n=10; }
check "it is set" test "$(grep -cE "$wanted" <<< "$before")" = $n
note "set: $(paste -s -d'|' <<< "$before")"

check "$move to an equal backend" $move g1
check "the guest answers" wait_ping "$(guest_ip g1)" 60
same "all that the admin set is there" "$before"
[ "$DRIVER" = ours ] || exit 0

check "one migration is counted" test "$(counter migrations)" = 1
outage=$(counter last_outage_ms)
check "the outage is counted: $outage ms" test "${outage:-0}" -gt 0 -a "${outage:-0}" -lt 60000

# A lesser destination. Netback reads its parameters when it probes; the keys are masked as it
# writes them.
echo 1 > $NETBACK/max_queues; echo 0 > $NETBACK/separate_tx_rx_irq; ip link set xenbr0 mtu 1400
mask feature-sg feature-gso-tcpv4 feature-gso-tcpv6 feature-ipv6-csum-offload
guest_exec g1 'dmesg -C'
check "$move to a backend with one queue, one event channel, no scatter-gather, no TSO, another MTU" $move g1
check "the guest answers" wait_ping "$(guest_ip g1)" 60
check "the toolstack's MTU is another one here" test "$(xs "$(fe_path g1)/mtu")" = 1400
same "all else that the admin set is there" "$before" '^(mtu|scatter-gather|generic-segm|.tx-tcp6|queues|channels)'
said=$(guest_exec g1 'dmesg | grep "offers less"')
check "what it lacks is said once: ${said##*: }" test "$(grep -c . <<< "$said")" = 1
check "each of it" grep -E 'queues.*split-event-channels.*sg.*tso' <<< "$said"
check "without scatter-gather the MTU is 1500, neither the admin's nor the toolstack's" grep -x 'mtu 1500' <<< "$(settings)"

# And back
unmask; echo 2 > $NETBACK/max_queues; echo 1 > $NETBACK/separate_tx_rx_irq; ip link set xenbr0 mtu 4000
check "$move back" $move g1
check "the guest answers" wait_ping "$(guest_ip g1)" 60
same "all that the admin set is back" "$before"
check "three migrations are counted" test "$(counter migrations)" = 3
