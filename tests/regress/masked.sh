# shellcheck shell=bash
# Netback with its features taken away one by one, and with none at all: the driver connects each
# time and says what was agreed, ethtool and /proc/interrupts show the same, and TCP goes both ways;
# with the keys back all is as before.
# timeout: 600
out=$(guest_create g1 type=pv vcpus=2 queues=2 memory=192) || fatal "guest up" "$out"
ip=$(guest_ip g1)
be=$(be_path g1)
guest_exec g1 'iperf3 -s -D' > /dev/null
agreed() { guest_exec g1 'dmesg | sed -n "s/.*connected to domain 0: //p" | tail -n 1'; }
shown() {
	guest_exec g1 'ethtool -k eth0 | awk "/^(scatter-gather|receive-hashing|tcp-segmentation-offload):|\ttx-(tcp-segm|tcp6-segm|checksum-ipv6)/ {print \$1, \$2}"
		ethtool -l eth0 | sed -n "/^Current/,\$s/^Combined:[^0-9]*/queues: /p"; echo "interrupts: $(grep -c "vif.*-q[0-9]" /proc/interrupts)"'
}
reload() { guest_reload g1 && wait_ping "$ip" 20; }
# both ways, 400 KB each; the server needs a moment from one client to the next
tcp() { stream && stream -R; }
stream() {
	for _ in 1 2 3; do
		timeout 30 iperf3 -c "$ip" -n 400K "$@" > "$TEST_DIR/iperf" 2>&1 && return
		grep -q 'Connection refused\|server is busy' "$TEST_DIR/iperf" || break
		nap 0.5
	done
	return 1
}

# without TEXT AGREED SHOWN KEY...: what is agreed matches AGREED, what ethtool and /proc/interrupts
# show otherwise than before is SHOWN
without() {
	local text=$1 want=$2 show=$3 key value said seen; shift 3
	declare -A was=()
	for key; do
		value=$(xs "$be/$key") || { note "this netback has no $key"; continue; }
		was[$key]=$value
		xenstore-rm "$be/$key"
	done
	[ ${#was[@]} != 0 ] || { skip "$text" "this netback has none of it"; return; }
	out=$(reload) && said=$(agreed) && out=$(tcp)
	local rc=$?
	seen=$(diff <(echo "$shown") <(shown) | sed -n 's/^> //p' | paste -s -d' ')
	if [ $rc = 0 ] && grep -qE "$want" <<< "$said" && [ "$seen" = "$show" ]; then ok "$text: $said; shown: ${seen:-nothing else}"
	else not_ok "$text: connects, agrees on '$want', shows '$show', TCP both ways" "$said
$seen
$out
$(cat "$TEST_DIR/iperf")"; fi
	for key in "${!was[@]}"; do xenstore-write "$be/$key" "${was[$key]}"; done
}
no_tso='tcp-segmentation-offload: off tx-tcp-segmentation: off tx-tcp6-segmentation: off'
check "the driver is loaded anew, nothing masked" reload
everything=$(agreed) shown=$(shown)
note "agreed with all there: $everything"
without "no scatter-gather" 'sg off, tso off' "scatter-gather: off $no_tso" feature-sg
without "no TSO for IPv4" 'tso ipv6' 'tx-tcp-segmentation: off' feature-gso-tcpv4
without "no TSO for IPv6" 'tso ipv4,' 'tx-tcp6-segmentation: off' feature-gso-tcpv6
without "no TSO at all" 'tso off' "$no_tso" feature-gso-tcpv4 feature-gso-tcpv6
without "no checksums of IPv6" 'csum ipv4,' 'tx-checksum-ipv6: off tx-tcp6-segmentation: off' feature-ipv6-csum-offload
without "one event channel a queue" 'shared event channels' 'interrupts: 2' feature-split-event-channels
without "one queue" '^1 queue,' 'queues: 1 interrupts: 2' multi-queue-max-queues
without "no control ring" 'hash not offered' 'receive-hashing: off' feature-ctrl-ring
without "no multicast filter" 'multicast filter not offered' '' feature-dynamic-multicast-control feature-multicast-control
without "no room for XDP" '^2 queues' '' feature-xdp-headroom
without "nothing but the rings" '^1 queue, shared event channels, sg off, tso off, csum ipv4, hash not offered, multicast filter not offered' \
	"tx-checksum-ipv6: off scatter-gather: off $no_tso receive-hashing: off queues: 1 interrupts: 1" \
	feature-sg feature-gso-tcpv4 feature-gso-tcpv6 feature-ipv6-csum-offload \
	feature-split-event-channels multi-queue-max-queues feature-ctrl-ring feature-dynamic-multicast-control feature-multicast-control \
	feature-xdp-headroom
check "the driver is loaded anew, all keys back" reload
if [ "$(agreed)" = "$everything" ] && [ "$(shown)" = "$shown" ]; then ok "all is agreed as before: $everything"
else not_ok "all is agreed as before" "$everything, now $(agreed)
$(diff <(echo "$shown") <(shown))"; fi
