# shellcheck shell=bash
# Traffic of every kind through one guest: ping v4 and v6, TCP, a 100 MB file each way by hash, MTU
# 9000, UDP of every size, two queues.
# timeout: 1800
. /lab/tests/lib/traffic.sh
: "${MB:=100}"
# STEP=N FROM=F: in the large sweep only each Nth size from F on, for runs that share the sizes
# among several guests
: "${STEP:=1}" "${FROM:=1}"
out=$(guest_create g1 vcpus="$TWO_QUEUES_CPUS" queues=2 memory=384) || fatal "a $TYPE guest with $KERNEL and driver $DRIVER comes up" "$out"
ok "a $TYPE guest with $KERNEL and driver $DRIVER comes up"
ip=$(guest_ip g1) vif=$(vif_of g1)
check "ping v4" ping -c 3 -W 5 "$ip"
check "ping v6" ping -c 3 -W 5 "$(guest_ip6 g1)"

# iperf_moves TEXT ARGUMENTS: bits arrive
iperf_moves() {
	local text=$1 out; shift
	out=$(within 60 iperf3 -c "$ip" -t 2 -f k "$@" 2>&1) && grep -q ' [1-9][0-9.]* .*receiver' <<< "$out" &&
		{ ok "$text: $(awk '/receiver/ {print $(NF-2), $(NF-1)}' <<< "$out" | tail -n 1)"; return; }
	not_ok "$text" "$out"
}
big_bursts g1
iperf_moves "TCP to the guest"
iperf_moves "TCP from the guest" -R
iperf_moves "TCP v6 to the guest" -6 -c "$(guest_ip6 g1)"

# A file there and back, compared by hash
head -c "${MB}M" /dev/urandom > /tmp/blob
want=$(md5sum < /tmp/blob)
guest_exec g1 'nc -l -p 7100 > /tmp/blob < /dev/null & true'
nap 0.5
within 300 nc -N "$ip" 7100 < /tmp/blob
got=$(guest_exec g1 -t 120 'wait_gone nc 10; md5sum < /tmp/blob')
if [ "$got" = "$want" ]; then ok "$MB MB to the guest, same hash"; else not_ok "$MB MB to the guest, same hash" "sent $want, arrived $got"; fi
within 300 nc -l -p 7101 < /dev/null > /tmp/blob2 & back=$!
nap 0.5
guest_exec g1 -t 300 'nc -N 10.99.0.1 7101 < /tmp/blob; rm /tmp/blob'
wait $back
got=$(md5sum < /tmp/blob2)
if [ "$got" = "$want" ]; then ok "$MB MB from the guest, same hash"; else not_ok "$MB MB from the guest, same hash" "sent $want, arrived $got"; fi
rm -f /tmp/blob /tmp/blob2

guest_exec g1 'traffic echo 7 >/dev/null 2>&1 & true'
nap 0.3
check "UDP of every size from 1 to 4000 bytes there and back, MTU 1500" within 300 traffic sweep "$ip" 7 1 4000

set_mtu() { ip link set "$vif" mtu "$1" && ip link set xenbr0 mtu "$1" && guest_exec g1 "ip link set eth0 mtu $1"; }
if check "MTU 9000 can be set" set_mtu 9000; then
	check "a ping of 8972 bytes in one packet, MTU 9000" ping -M "do" -s 8972 -c 3 -W 5 "$ip"
	iperf_moves "TCP to the guest, MTU 9000"
	iperf_moves "TCP from the guest, MTU 9000" -R
fi
# With a large MTU, so that 65507 datagrams do not become 1.5 million packets
if check "MTU 65000 can be set" set_mtu 65000; then
	check "UDP of every$([ "$STEP" = 1 ] || echo " ${STEP}th") size from $FROM to 65507 bytes there and back" \
		within 900 traffic sweep "$ip" 7 "$FROM" 65507 "$STEP"
fi
set_mtu 1500

# netback's own word: where the response producers of each queue's two rings stand
rings() {
	local q
	[ -d /sys/kernel/debug/xen-netback ] || mount -t debugfs none /sys/kernel/debug
	for q in /sys/kernel/debug/xen-netback/"$vif"/io_ring_q*; do
		awk -v q="${q##*_}" '/^[TR]X:/ {ring = q "-" substr($1, 1, 2)} /^rsp prod/ {print ring, $3}' "$q"
	done | sort
}
before=$(rings)
within 60 iperf3 -c "$ip" -t 3 -P 8 >/dev/null 2>&1; within 60 iperf3 -c "$ip" -t 3 -P 8 -R >/dev/null 2>&1
after=$(rings)
idle=$(join <(echo "$before") <(echo "$after") | awk '$3 - $2 < 50')
if [ "$(grep -c . <<< "$after")" = 4 ] && [ -z "$idle" ]; then ok "two queues, traffic on both, both ways"
else not_ok "two queues, traffic on both, both ways" "responses before:
$before
after:
$after"; fi
