# shellcheck shell=bash
# Everything that has the connection made anew, or stops and starts the queues, at once and in any
# order, under UDP both ways, for DURATION seconds (30): -L, XDP programs, rxhash, down and up, MTU,
# groups, what reads the rings, and a move in the midst (PVH) or a save and restore (PV). Nothing
# hangs, no kernel complains, dom0's neither, and afterwards the interface is as it was told last.
# It found that netback meets a BUG when a control ring went while the backend hashed, and comes
# again: see src/rss.c.
# timeout: 900
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
. /lab/tests/lib/xdp.sh
: "${DURATION:=30}" "${SEED:=7}"
if [ "$TYPE" = pv ]; then move=save_and_restore; else move=guest_migrate; fi
out=$(guest_create g1 queues=4 memory=192) || fatal "guest up" "$out"
ip=$(guest_ip g1)
load_start g1
# Each party takes its turns at its own pace until /tmp/stop is there, and then says how many it
# had.
churn='party() {
		local turns=0
		RANDOM=$((SEED * 100 + ${#1}))
		while [ ! -e /tmp/stop ]; do "$@" > /dev/null 2>&1; turns=$((turns + 1)); sleep 0.$((RANDOM % 8 + 1)); done
		echo "$1 $turns" >> /tmp/turns
	}
	change() { ethtool -L eth0 combined $((RANDOM % 4 + 1)); }
	program() { if [ $((RANDOM % 2)) = 0 ]; then "$ip" -force link set dev eth0 xdpdrv pinned /sys/fs/bpf/p; else "$ip" link set dev eth0 xdpdrv off; fi; }
	hash() { ethtool -K eth0 rxhash $([ $((RANDOM % 2)) = 0 ] && echo on || echo off); }
	updown() { [ $((RANDOM % 4)) != 0 ] || { "$ip" link set dev eth0 down; sleep 0.1; netup eth0; }; }
	mtu() { "$ip" link set dev eth0 mtu $((RANDOM % 2 * 1500 + 1400)); }
	look() { ethtool -S eth0; ethtool -c eth0; ethtool -t eth0; ethtool -l eth0; cat /sys/kernel/debug/xen_netfront/vif-0/*; }
	multicast() { "$ip" maddr add 01:00:5e:00:01:0$((RANDOM % 8)) dev eth0; "$ip" maddr del 01:00:5e:00:01:0$((RANDOM % 8)) dev eth0; }
	ip=$(type -P ip)
	mount -t debugfs none /sys/kernel/debug 2> /dev/null
	rm -f /tmp/stop /tmp/turns; xdp load pass p
	for p in change program hash updown mtu look multicast; do party $p < /dev/null > /dev/null 2>&1 & done'
out=$(guest_exec g1 "SEED=$SEED; $churn") || fatal "churn begins" "$out"
nap $((DURATION / 2))
check "a move in the midst of it" $move g1
nap $((DURATION / 2))
ended() { guest_exec g1 -t 60 'touch /tmp/stop; for ((i = 0; i < 500; i++)); do [ "$(wc -l < /tmp/turns)" = 7 ] && exit 0; sleep 0.1; done; ps; cat /tmp/turns; exit 1'; }
if out=$(ended); then ok "no party hangs: $(guest_exec g1 'sort /tmp/turns' | paste -s -d,)"; else not_ok "no party hangs" "$out"; fi
settled() { guest_exec g1 -t 60 'netup eth0; ethtool -L eth0 combined 3; ethtool -K eth0 rxhash on; ip -force link set dev eth0 mtu 1500
	ip link set dev eth0 xdpdrv off; ethtool -S eth0 | grep -E "resets|connects"' > "$STATE/counts"; }
check "it is told what it should be in the end" settled
as_told() { told '' && [ "$(xs "$(fe_path g1)/multi-queue-num-queues")" = 3 ] && guest_exec g1 'ethtool -k eth0 | grep -q "receive-hashing: on"'; }
if wait_for 60 as_told; then ok "both ends agree: $(paste -s -d' ' "$STATE/counts" | tr -s ' ')"; else not_ok "both ends agree" "$(fe_keys g1)"; fi
check "the interface answers" wait_ping "$ip" 20
load_stop g1
guest_exec g1 'iperf3 -s -1 -D'
streams() { timeout $((30 * SLOW)) iperf3 -c "$ip" -n 2M > "$TEST_DIR/iperf" 2>&1; }
check "a TCP stream" streams
