# shellcheck shell=bash
# Receive hashing through the control ring: each flow arrives with the Toeplitz hash of its
# addresses and ports and on the queue that the table names, both computed here from what ethtool
# shows; settings outlive a migration to a backend without a control ring and back.
# timeout: 900
. /lab/tests/lib/mask.sh
FLOWS=${FLOWS:-8}
out=$(guest_create g1 queues=2 memory=192 vif=script=vif-mask) || fatal "guest up" "$out"
ip=$(guest_ip g1) ip6=$(guest_ip6 g1)

# toeplitz DATA: its hash by the key in $key, 8 hex digits; both are hex. Written from the
# definition: for each bit of the data that is set, the 32 bits of the key that begin there are
# added.
toeplitz() {
	local data=$1 i b window hash=0
	for ((i = 0; i < ${#data} * 4; i++)); do
		b=$((16#${data:i / 4:1} >> (3 - i % 4) & 1))
		[ $b = 1 ] || continue
		window=$((16#${key:i / 8 * 2:10} >> (8 - i % 8) & 0xffffffff))
		hash=$((hash ^ window))
	done
	printf '%08x' $hash
}
hex4() { local part; IFS=. read -r -a part <<< "$1"; printf '%02x%02x%02x%02x' "${part[@]}"; }
hex6() { case $1 in fd99:0::*) printf 'fd99000000000000000000000000%04x' "0x${1##*:}" ;; *) printf 'fd990000000000000000000000000001' ;; esac; }
# settings: reads key and table from the guest
settings() {
	local out
	out=$(guest_exec g1 'ethtool -x eth0') || { echo "$out"; return 1; }
	key=$(sed -n '/^RSS hash key/{n;s/://g;p}' <<< "$out")
	read -r -d '' -a table <<< "$(sed -n 's/^ *[0-9]*: //p' <<< "$out")"
	[ ${#key} = 80 ] && [ ${#table[@]} = 128 ] || { echo "no key of 40 bytes or no table of 128: $out"; return 1; }
}
# expect NAME DATA L4: adds the line that a packet of this flow must have left
expect() {
	local hash
	hash=$(toeplitz "$2")
	echo "$hash $3 $((table[16#$hash & 127] + 1)) $1" >> "$STATE/want"
}
# flows TEXT: sends flows, compares hash, kind of hash and queue of each with what key and table say
flows() {
	local p missing queues
	rm -f "$STATE/want"
	guest_trace g1 'echo > trace; echo 1 > tracing_on; echo 1 > events/net/napi_gro_receive_entry/enable'
	for ((p = 3001; p <= 3000 + FLOWS; p++)); do
		nc -w 2 -p $p "$ip" 9 < /dev/null
		expect "tcp4 port $p" "$(hex4 10.99.0.1)$(hex4 "$ip")$(printf '%04x0009' $p)" "$tcp4"
	done
	for p in 4001 4002 4003; do
		nc -6 -w 2 -p $p "$ip6" 9 < /dev/null
		expect "tcp6 port $p" "$(hex6 fd99::1)$(hex6 "$ip6")$(printf '%04x0009' $p)" 1
	done
	ping -c 1 -W 2 "$ip" > /dev/null
	expect "ping" "$(hex4 10.99.0.1)$(hex4 "$ip")" 0
	ping -c 1 -W 2 "$ip6" > /dev/null
	expect "ping6" "$(hex6 fd99::1)$(hex6 "$ip6")" 0
	guest_trace g1 'echo 0 > events/net/napi_gro_receive_entry/enable; cat trace' > "$TEST_DIR/trace.$1"
	sed -n 's/.*queue_mapping=\([0-9]*\).* hash=0x\([0-9a-f]*\) l4_hash=\([01]\).*/\2 \3 \1/p' "$TEST_DIR/trace.$1" | sort -u > "$STATE/seen"
	missing=$(while read -r hash l4 queue name; do grep -qx "$hash $l4 $queue" "$STATE/seen" || echo "$name: $hash $l4 $queue"; done < "$STATE/want")
	queues=$(cut -d' ' -f3 "$STATE/want" | sort -u | wc -l)
	if [ -z "$missing" ]; then ok "$1: $(wc -l < "$STATE/want") flows, each with its hash and on its queue ($queues queues)"
	else not_ok "$1: each flow with its hash and on its queue" "missing (hash, l4, queue + 1):
$missing
seen:
$(head -n 40 "$STATE/seen")"; fi
}
tcp4=1
# judge TEXT COMMAND...: as check, but in this shell, for what COMMAND sets
judge() {
	local text=$1; shift
	if "$@" > "$STATE/judged" 2>&1; then ok "$text"; else not_ok "$text" "$(< "$STATE/judged")"; fi
}
judge "key and table" settings && flows "defaults"

change() {
	guest_exec g1 'ethtool -X eth0 hkey 6d:5a:56:da:25:5b:0e:c2:41:67:25:3d:43:a3:8f:b0:d0:ca:2b:cb:ae:7b:30:b4:77:cb:2d:a3:80:30:f2:0c:6a:42:b7:3b:be:ac:01:fa weight 1 3' &&
		settings && [ "${key:0:8}" = 6d5a56da ] && [ "$(printf '%s\n' "${table[@]}" | grep -c 1)" = 96 ]
}
judge "another key, one queue in four" change && flows "after ethtool -X"
[ "$(toeplitz 420995bba18e6450)" = 323e8fc2 ] && ok "this test's Toeplitz gives the published value" ||
	not_ok "this test's Toeplitz gives the published value" "$(toeplitz 420995bba18e6450)"
types() {
	guest_exec g1 'ethtool -n eth0 rx-flow-hash tcp4 | grep -q "L4 bytes 0" && ! ethtool -n eth0 rx-flow-hash udp4 | grep -q "L4 bytes 0" &&
		ethtool -N eth0 rx-flow-hash tcp4 sd && ! ethtool -n eth0 rx-flow-hash tcp4 | grep -q "L4 bytes 0" &&
		ethtool -N eth0 rx-flow-hash udp4 sdfn 2>&1 | grep -q "Invalid argument"'
}
if check "rx-flow-hash: TCP without ports, UDP with ports refused" types; then
	tcp4=0
	hash4() { expect "$1" "$(hex4 10.99.0.1)$(hex4 "$ip")" 0; }
	rm -f "$STATE/want"; hash4 tcp4
	guest_trace g1 'echo > trace; echo 1 > events/net/napi_gro_receive_entry/enable'
	nc -w 2 -p 3001 "$ip" 9 < /dev/null
	read -r hash l4 queue _ < "$STATE/want"
	got=$(guest_trace g1 'echo 0 > events/net/napi_gro_receive_entry/enable; cat trace')
	if grep -q "queue_mapping=$queue.* hash=0x$hash l4_hash=$l4" <<< "$got"; then ok "TCP is hashed by its addresses"
	else not_ok "TCP is hashed by its addresses" "$got"; fi
	guest_exec g1 'ethtool -N eth0 rx-flow-hash tcp4 sdfn'
	tcp4=1
fi

before=("$key" "${table[@]}")
mask feature-ctrl-ring
check "migrates to a backend without a control ring" guest_migrate g1
without() {
	wait_ping "$ip" 60 &&
		guest_exec g1 'ethtool -k eth0 | grep -q "receive-hashing: off" && dmesg | grep -c "no control ring" | grep -qx 1 &&
			! ethtool -X eth0 equal 2 2>/dev/null'
}
check "there hashing is off, said once, and packets flow" without
mask
check "and back" guest_migrate g1
back() { wait_ping "$ip" 60 && wait_for 10 settings && [ "$key ${table[*]}" = "${before[*]}" ]; }
judge "key and table are in force again" back && flows "after two migrations"

reload() {
	guest_reload g1
	wait_ping "$ip" 30 && wait_for 10 settings
}
judge "unload and load" reload && FLOWS=2 flows "after a reload"
off() { guest_exec g1 'ethtool -K eth0 rxhash off' && ping -c 1 -W 2 "$ip" && ! guest_exec g1 'ethtool -X eth0 equal 1 2>/dev/null'; }
check "rxhash off: the backend picks queues itself" off

# One queue has no use for a hash, so a connection that begins with hashing off has no control ring,
# until somebody wants it.
ring() { xs "$(fe_path g1)/ctrl-ring-ref" > /dev/null; }
no_ring() { ! ring; }
alone() {
	guest_exec g1 'ethtool -L eth0 combined 1' && wait_for 10 no_ring && wait_ping "$ip" 20 &&
		guest_exec g1 'ethtool -k eth0 | grep -q "receive-hashing: off"'
}
check "a connection that begins with rxhash off has no control ring" alone
wished() { guest_exec g1 'ethtool -K eth0 rxhash on' && wait_for 10 ring && wait_ping "$ip" 20; }
check "rxhash on gets one" wished
# netback does not ask for a queue, nor for a hash, where there is one queue
two() { guest_exec g1 'ethtool -L eth0 combined 2' && wait_for 10 in_use && wait_ping "$ip" 20 && settings; }
in_use() { [ "$(xs "$(fe_path g1)/multi-queue-num-queues")" = 2 ] && [ "$(xs "$(be_path g1)/state")" = 4 ] && nap 1; }
judge "and two queues again" two && FLOWS=2 flows "after rxhash on"
