# shellcheck shell=bash
# ethtool's further settings with real traffic: -L under TCP and ping loses at most 100 packets,
# none of them the guest's, no connection and no carrier, and the interface stays; -C is obeyed
# (counted interrupts); -t, -S, -T, -i; debugfs says why. An unload in the midst of -L.
# timeout: 600
out=$(guest_create g1 type=pv queues=4 memory=192) || fatal "guest up" "$out"
ip=$(guest_ip g1)
index() { guest_exec g1 'echo $(< /sys/class/net/eth0/ifindex) $(< /proc/sys/kernel/random/boot_id)'; }
queues() { guest_exec g1 "ethtool -l eth0 | sed -n '/^Current/,\$s/^Combined:[^0-9]*//p'"; }
# the backend's state and its queues
backend_queues() {
	[ -d /sys/kernel/debug/xen-netback ] || mount -t debugfs none /sys/kernel/debug
	echo "$(xs "$(be_path g1)/state") $(find "/sys/kernel/debug/xen-netback/$(vif_of g1)" -name 'io_ring_q*' | wc -l)"
}
[ "$(queues)" = 4 ] && ok "four queues to begin with" || not_ok "four queues to begin with" "$(queues)"

# Traffic: one TCP stream for the whole time, 50 pings a second there and back.  Both ends count
# what they hand over and what arrives; a packet is what crosses the interface at once, which may be
# up to 64 kB of a TCP stream.
counters() {
	echo "$(guest_exec g1 'cd /sys/class/net/eth0/statistics; echo $(< tx_packets) $(< tx_dropped) $(< rx_packets) $(< rx_bytes) $(< ../carrier_changes)')" \
		"$(cd /sys/class/net/xenbr0/statistics && echo "$(< rx_packets) $(< tx_packets) $(< tx_bytes)")"
}
before=$(index)
guest_exec g1 'iperf3 -s -1 -D'; nap 1
read -ra from <<< "$(counters)"
ping -q -i 0.02 "$ip" > "$TEST_DIR/ping" 2>&1 & ping=$!
timeout 60 iperf3 -c "$ip" -t 14 -b 20M -i 1 --forceflush > "$TEST_DIR/iperf" 2>&1 & iperf=$!
nap 2
for n in 2 1 4; do
	change() { guest_exec g1 "ethtool -L eth0 combined $n" && wait_for 10 eval "[ \"\$(backend_queues)\" = '4 $n' ]" && [ "$(queues)" = "$n" ]; }
	check "ethtool -L combined $n: both ends have $n" change
	nap 1
done
wait $iperf; rc=$?
kill -INT $ping; wait $ping; nap 1
read -ra to <<< "$(counters)"
for i in "${!to[@]}"; do to[i]=$((to[i] - from[i])); done
read -r sent dropped got got_bytes flaps dom0_got dom0_sent dom0_bytes <<< "${to[*]}"
if [ $rc = 0 ] && grep -q receiver "$TEST_DIR/iperf"; then ok "the TCP stream went on: $(awk '/receiver/ {print $5, $6, $7, $8}' "$TEST_DIR/iperf")"
else not_ok "the TCP stream went on" "$(tail -n 5 "$TEST_DIR/iperf")"; fi
said="three changes lost $((dom0_sent - got)) of $dom0_sent packets to the guest, $(((dom0_bytes - got_bytes) / 1514)) in full frames' worth, and $((sent + dropped - dom0_got)) of $sent from it"
if [ "$got" -gt 500 ] && [ $((dom0_sent - got)) -le 300 ]; then ok "at most 100 packets lost with each change: $said"; else not_ok "at most 100 packets lost with each change" "$said"; fi
if [ "$sent" -gt 500 ] && [ "$dom0_got" -ge $((sent + dropped)) ]; then ok "what the guest sends meanwhile is held, and none of it lost"; else not_ok "no packet from the guest is lost" "$said"; fi
[ "$flaps" = 0 ] && ok "nobody in the guest sees the carrier go" || not_ok "the carrier stays" "$flaps changes"
note "pings: $(grep transmitted "$TEST_DIR/ping"); $(grep rtt "$TEST_DIR/ping")"
note "the stream's sender sent $(awk '/sender/ {print $(NF - 1)}' "$TEST_DIR/iperf") segments again"
check "nobody blames the backend for what the admin chose" eval "! guest_exec g1 dmesg | grep 'offers less'"
[ "$(index)" = "$before" ] && ok "the interface is the same one" || not_ok "the interface is the same one" "before $before, now $(index)"
check "more queues than there can be are refused" eval "! guest_exec g1 'ethtool -L eth0 combined 5 2> /dev/null'"

# 400 packets, 2 ms apart, and the interrupts that receiving them took
interrupts() {
	guest_exec g1 "ethtool -C eth0 rx-usecs $1 rx-frames $2; ethtool -S eth0 > /tmp/before"
	ping -q -f -c 400 -i 0.002 "$ip" > /dev/null
	guest_exec g1 "ethtool -S eth0 | paste -d' ' - /tmp/before" | awk '/rx[0-9]+_interrupts/ {n += $2 - $4} END {print n}'
}
guest_exec g1 'ethtool -L eth0 combined 1'; wait_ping "$ip" 20; nap 1
plain=$(interrupts 0 0) moderated=$(interrupts 10000 0)
if [ "$moderated" -lt $((plain / 2)) ]; then ok "rx-usecs 10000: $moderated receive interrupts for 400 pings instead of $plain"
else not_ok "rx-usecs 10000 saves interrupts" "$moderated with, $plain without"; fi
settings() { guest_exec g1 'ethtool -c eth0' | grep -q '^rx-usecs:[^0-9]*10000$' && ! guest_exec g1 'ethtool -C eth0 rx-usecs 20000 2>/dev/null' && ! guest_exec g1 'ethtool -C eth0 adaptive-rx on 2>/dev/null'; }
check "-c shows it; values and modes that do not exist are refused" settings
check "ethtool -t" guest_exec g1 'ethtool -t eth0 | grep -q "result is PASS"'
check "ethtool -T, -i, -g, -S" guest_exec g1 'ethtool -T eth0 | grep -q software-transmit && ethtool -i eth0 | grep -q "driver: vif" && ethtool -i eth0 | grep -q "^version: 0" && ethtool -g eth0 | grep -q 256 &&
	[ $(ethtool -S eth0 | grep -cE "tx0_(dropped|no_link|bad_size|no_memory|no_feature|disconnected|linearized|doorbells):|rx0_(nomem|interrupts|spurious):|^ *(connects|resets):") = 13 ]'
check "ethtool -S --groups eth-mac" guest_exec g1 'ethtool -S eth0 --groups eth-mac | grep -q "eth-mac-FramesReceivedOK: [1-9]"'
why() { guest_exec g1 'mount -t debugfs none /sys/kernel/debug 2>/dev/null; cat /sys/kernel/debug/xen_netfront/vif-0/why /sys/kernel/debug/xen_netfront/vif-0/rings'; }
said=$(why)
if grep -q 'eth0: connected' <<< "$said" && grep -q 'queue 0' <<< "$said"; then ok "debugfs: connected, and the rings"; else not_ok "debugfs" "$said"; fi

carrier_is() { wait_for 10 guest_exec g1 "[ \$(< /sys/class/net/eth0/carrier) = $1 ]"; }
pulled() { xenstore-write "$(fe_path g1)/disconnect" 1 && carrier_is 0 && xenstore-rm "$(fe_path g1)/disconnect" && carrier_is 1 && wait_ping "$ip" 10; }
check "the toolstack pulls the cable (disconnect) and puts it back" pulled
dark() { xenstore-write "$(be_path g1)/carrier" 0; guest_exec g1 'modprobe -r xen_netfront && modprobe xen_netfront && netup eth0 2>/dev/null; sleep 1
	[ $(< /sys/class/net/eth0/carrier) = 0 ]' && xenstore-write "$(be_path g1)/carrier" 1 && carrier_is 1 && wait_ping "$ip" 10; }
check "a backend that says carrier 0, then 1" dark
heard() { guest_exec g1 'ethtool -L eth0 combined 2' && carrier_is 1 && xenstore-write "$(be_path g1)/carrier" 0 && carrier_is 0 &&
	xenstore-write "$(be_path g1)/carrier" 1 && carrier_is 1 && wait_ping "$ip" 10; }
check "it is heard after new rings, too" heard

# What an unload in the middle of a change leaves behind runs three seconds later, without the
# module.
midway() { guest_exec g1 -t 60 'ethtool -L eth0 combined 3; timeout 40 modprobe -r xen_netfront && sleep 4 && modprobe xen_netfront && netup eth0' && wait_ping "$ip" 20; }
for n in 1 2 3; do check "unload in the middle of -L, $n" midway; done
