# shellcheck shell=bash
# The kernel's netlink family "netdev" (6.10 and newer): XDP features, which NAPI instance serves a
# queue, packets and bytes of each queue; equal to what ethtool and the interface's own counters
# say, with queues that went away included, and after a reload.
# timeout: 400
out=$(guest_create g1 type=pv queues=2 memory=192) || fatal "guest up" "$out"
ip=$(guest_ip g1)
ask() { guest_exec g1 "qstats eth0 2>&1 || echo failed"; }
said=$(ask)
case $said in *"qstats-get (Linux 6.10)"*|*"queue-get (Linux 6.8)"*|*"family netdev"*) skip_all "the guest's kernel is older than 6.10: $(grep -m 1 qstats: <<< "$said")" ;; esac

if grep -qx 'xdp-features 0x7' <<< "$said"; then ok "XDP features: basic, redirect, and frames redirected here"
else not_ok "XDP features: basic, redirect, and frames redirected here" "$said"; fi

napi() { sed -n "s/^$1 napi //p" <<< "$said"; }
each_queue_its_napi() {
	local q; for q; do [ -n "$(napi "rx $q")" ] && [ "$(napi "rx $q")" = "$(napi "tx $q")" ] || return 1; done
	[ "$(grep -c '^rx . napi' <<< "$said")" = $# ] && [ "$(grep '^rx . napi' <<< "$said" | cut -d' ' -f4 | sort -u | wc -l)" = $# ]
}
if each_queue_its_napi 0 1; then ok "both directions of a queue have one NAPI instance, each queue another"
else not_ok "both directions of a queue have one NAPI instance, each queue another" "$said"; fi

# several flows, so that both queues have traffic; then quiet, for what is asked one after the other
# to be of one moment
guest_exec g1 'iperf3 -s -D' > /dev/null
timeout 60 iperf3 -c "$ip" -P 6 -n 600K > "$TEST_DIR/iperf" 2>&1
timeout 60 iperf3 -c "$ip" -R -P 6 -n 600K >> "$TEST_DIR/iperf" 2>&1
ping -q -c 20 -i 0.05 "$ip" > /dev/null
by_netlink() { sed -n 's/^\([rt]x\) \(.\) packets \([0-9]*\) bytes \([0-9]*\).*/\1\2_packets: \3\n\1\2_bytes: \4/p' <<< "$said" | sort; }
all() { sed -n 's/^all //p' <<< "$said"; }
counted() {
	local first
	for _ in 1 2 3 4 5; do		# until nothing came in between
		first=$(ask)
		guest_exec g1 'ethtool -S eth0 | sed -n "s/^ *\([rt]x[0-9]_\(packets\|bytes\): [0-9]*\)$/\1/p" | sort
			echo all rx $(< /sys/class/net/eth0/statistics/rx_packets) tx $(< /sys/class/net/eth0/statistics/tx_packets)' > "$TEST_DIR/counted"
		said=$(ask)
		[ "$first" != "$said" ] || return 0
		nap 1
	done
	return 1
}
if counted; then ok "a moment without traffic"; else not_ok "a moment without traffic" "$said"; fi
if [ "$(by_netlink)" = "$(grep -v all "$TEST_DIR/counted")" ] && [ "$(by_netlink | grep -c '_packets: [1-9]')" = 4 ]; then
	ok "packets and bytes of each queue are those of ethtool -S, none of them 0: $(by_netlink | tr '\n' ' ')"
else not_ok "packets and bytes of each queue are those of ethtool -S, none of them 0" "$said
$(< "$TEST_DIR/counted")"; fi
same_all() { [ -n "$(all)" ] && [ "all $(all)" = "$(grep all "$TEST_DIR/counted")" ]; }
if same_all; then ok "the sums are those of the interface"; else not_ok "the sums are those of the interface" "$said; $(< "$TEST_DIR/counted")"; fi

before=$(all | cut -d' ' -f2)
queues_are() { said=$(ask); each_queue_its_napi "$@"; }
guest_exec g1 'ethtool -L eth0 combined 1'
if wait_for 20 queues_are 0; then ok "one queue: only that one is listed"; else not_ok "one queue: only that one is listed" "$said"; fi
ping -q -c 5 -i 0.1 "$ip" > /dev/null
counted
if same_all && [ "$(all | cut -d' ' -f2)" -ge $((before + 5)) ]; then ok "the sums still have what the other queue counted"
else not_ok "the sums still have what the other queue counted" "$before before; $said; $(< "$TEST_DIR/counted")"; fi
guest_exec g1 'ethtool -L eth0 combined 2'
if wait_for 20 queues_are 0 1; then ok "two queues again, each with its NAPI instance"; else not_ok "two queues again" "$said"; fi

check "reload" guest_exec g1 -t 60 'pkill iperf3; timeout 30 modprobe -r xen_netfront && modprobe xen_netfront && netup eth0'
check "ping after the reload" wait_ping "$ip" 20
if wait_for 20 queues_are 0 1; then ok "the same mapping after a reload"; else not_ok "the same mapping after a reload" "$said"; fi
