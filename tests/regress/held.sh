# shellcheck shell=bash
# What may hold an interface when its driver goes: unread data in sockets, packets in a delay, half
# a datagram in reassembly, a packet socket, a bond, VLAN, macvlan and vxlan on top. The unload ends
# in time, the interface works after the load, and the kernel does not complain, now or later, about
# received data that a process has not read.
# That complaint comes a minute later. What it comes from is seen at once in the trace: a page pool
# is given up with pages still out.
# WAIT=70 waits for the words as well.
# modules: more
# timeout: 700
. /lab/tests/lib/uses.sh
. /lab/tests/lib/traffic.sh
: "${WAIT:=0}"
out=$(guest_create g1 type=pv memory=256 queues=2 modules=more) || fatal "guest up" "$out"
ip=$(guest_ip g1)
out=$(guest_exec g1 -t 90 'for m in macvlan vxlan bonding; do modprobe -d /more $m || exit 1; done; modprobe sch_netem && modprobe 8021q' 2>&1) || fatal "further modules" "$out"
big_bursts g1
# The kernel's own driver waits in unloading for interfaces that it does not give up by itself
unload() {
	guest_exec g1 -t 60 "[ $DRIVER = ours ] || for d in /sys/bus/xen/drivers/vif/vif-*; do timeout 30 bash -c \"echo \${d##*/} > /sys/bus/xen/drivers/vif/unbind\"; done
		timeout 40 modprobe -r xen_netfront"
}
load() { guest_exec g1 -t 60 'modprobe xen_netfront && for ((i = 0; i < 50; i++)); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; netup eth0' && wait_ping "$ip" 20; }
cycle() { unload && load; }
trace() { guest_exec g1 "cd /sys/kernel/tracing && echo $1 > events/page_pool/page_pool_release/enable && echo $1 > tracing_on"; }
check "the trace of page pools is on" trace 1

# Unread data: the reader stands still; 8 MB may wait in its socket
guest_exec g1 'sysctl -qw net.ipv4.tcp_rmem="4096 8388608 8388608"; nc -l -p 7100 > /tmp/got < /dev/null & echo $! > /run/reader
	for ((i = 0; i < 100; i++)); do [ -z "$(ss -Hltn "sport = :7100")" ] || break; sleep 0.1; done; kill -STOP $(< /run/reader)'
head -c 6M /dev/urandom > /tmp/sent
timeout 600 nc -N "$ip" 7100 < /tmp/sent > /dev/null 2>&1 & sender=$!
unread() { guest_exec g1 'set -- $(ss -Htn "sport = :7100"); echo "${2:-0}"'; }
# It has come to rest: twice the same
still() { local a b; a=$(unread); nap 1; b=$(unread); [ "$a" -gt 100000 ] && [ "$a" = "$b" ]; }
wait_for 20 still
check "data waits in the guest: $(unread) bytes" test "$(unread)" -gt 100000
check "unload and load with unread data in a socket" cycle

# Half a datagram: first fragments only
python3 - "$ip" <<-'PY'
	import socket, struct, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
	for i in range(200):
	    h = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + 1400, 5000 + i, 0x2000, 64, 17, 0, socket.inet_aton('10.99.0.1'), socket.inet_aton(sys.argv[1]))
	    s.sendto(h + b'x' * 1400, (sys.argv[1], 0))
	PY
halves() { guest_exec g1 'while read -r what _ _ _ m; do [ "$what" = FRAG: ] && echo "$m"; done < /proc/net/sockstat'; }
check "half datagrams wait there: $(halves) bytes" test "$(halves)" -gt 100000
check "unload and load with half datagrams in reassembly" cycle

# Packets in a delay of 8 s
guest_exec g1 'tc qdisc replace dev eth0 root netem delay 8s limit 5000; for i in $(seq 200); do echo x > /dev/udp/10.99.0.1/9; done'
check "packets wait in a delay" guest_exec g1 'tc -s qdisc show dev eth0 | grep -E "backlog [0-9]+b [1-9][0-9]*p"'
check "unload and load with packets in a delay" cycle

# A packet socket, and devices on top
out=$(guest_exec g1 'udhcpc -f -i eth0 -t 1000 -T 1 -s /bin/true > /dev/null 2>&1 &
	ip link add link eth0 name v5 type vlan id 5 && ip link set v5 up && ip link add link eth0 name m0 type macvlan mode bridge && ip link set m0 up &&
	ip link add vx0 type vxlan id 7 remote 10.99.0.1 dstport 4789 dev eth0 && ip link set vx0 up && ip addr add 10.95.0.2/24 dev vx0 &&
	ip netns add box && ip link set m0 netns box && ip netns exec box ip link set m0 up' 2>&1) || fatal "VLAN, macvlan and vxlan" "$out"
check "unload and load with VLAN, macvlan (in a namespace), vxlan and a packet socket on it" cycle
out=$(guest_exec g1 "kill \$(pidof udhcpc) 2>/dev/null; ip link add bond7 type bond mode active-backup miimon 100 && ip addr flush dev eth0 && ip link set eth0 down &&
	ip link set eth0 master bond7 && ip link set bond7 up && ip addr add $ip/24 dev bond7" 2>&1) || fatal "a bond" "$out"
check "a bond over eth0 works" wait_ping "$ip" 20
check "unload as a port of a bond" unload
guest_exec g1 'ip link del bond7'
check "load after that" load

# The reader still holds pages of the first connection
check "the reader still holds its data" test "$(unread)" -gt 100000
nap 2
out=$(guest_exec g1 'grep -o "page_pool_release:.*" /sys/kernel/tracing/trace | grep -v "inflight=0 " | tail -n 5')
if [ -z "$out" ]; then ok "no page pool waits for what a process holds"; else not_ok "no page pool waits for what a process holds" "$out"; fi
[ "$WAIT" = 0 ] || nap "$WAIT"
check "the kernel does not complain$([ "$WAIT" = 0 ] || echo ", $WAIT s later")" quiet g1 'stalled pool|waiting for .* to become free|WARNING|hung'
# What it holds is right
guest_exec g1 'kill -CONT $(cat /run/reader)'
arrived() { guest_exec g1 'wait_gone nc 10; n=$(stat -c %s /tmp/got); [ $n -gt 100000 ] && echo $n && md5sum < /tmp/got'; }
kill $sender 2>/dev/null; wait $sender 2>/dev/null
guest_exec g1 'sleep 2; kill $(cat /run/reader) 2>/dev/null; true'
read -r n sum <<< "$(arrived | paste -s -d' ')"
check "what the process reads at last is what was sent: ${n:-0} bytes" test "$(head -c "${n:-0}" /tmp/sent | md5sum)" = "$sum"
rm -f /tmp/sent
