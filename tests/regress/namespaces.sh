# shellcheck shell=bash
# Interfaces where containers have them: one moved into a network namespace, and renamed there; a
# bridge with a container behind it. Traffic, save and restore, the end of the namespace, an unload
# and a load with it.
# timeout: 700
# modules: more
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
out=$(guest_create g1 type=pv vcpus=2 queues=2 vifs=2 memory=256 modules=more) || fatal "guest up" "$out"
ip=$(guest_ip g1) ip1=$(guest_ip g1 1) inner=10.99.0.200
check "both interfaces answer" eval 'wait_ping "$ip" 20 && wait_ping "$ip1" 20'
# in_box: eth1 and its addresses in a namespace, under another name
in_box() {
	guest_exec g1 "ip netns add box && ip link set eth1 netns box && ip -n box link set lo up && ip -n box link set eth1 name wan0 &&
		ip -n box addr add $ip1/24 dev wan0 && ip -n box link set wan0 up && ip netns exec box ethtool -i wan0 > /dev/null"
}
check "eth1 goes into a namespace and gets another name" in_box
check "it answers there" wait_ping "$ip1" 20
check "and reaches dom0" guest_exec g1 'ip netns exec box ping -c 3 -W 2 10.99.1.1'

# behind: a container with a veth on a bridge that eth0 is a port of, with eth0's address on the
# bridge
behind() {
	guest_exec g1 "for m in bridge veth; do modprobe -d /more \$m || exit 1; done
		ip link add br0 type bridge forward_delay 0 && ip link add inside type veth peer name outside && ip netns add pod &&
		ip link set inside netns pod && ip addr flush dev eth0 && ip link set eth0 master br0 && ip link set outside master br0 &&
		ip link set outside up && ip link set br0 up && ip addr add $ip/24 dev br0 &&
		ip -n pod addr add $inner/24 dev inside && ip -n pod link set inside up && ip -n pod link set lo up"
}
check "a container behind a bridge" behind
check "the guest answers" wait_ping "$ip" 20
check "the container answers" wait_ping $inner 20
# both ways, every byte
tcp() {
	guest_exec g1 'head -c 2000k /dev/urandom > /tmp/a; (ip netns exec pod nc -l -p 7400 < /tmp/a > /tmp/b 2> /dev/null &) ; sleep 0.5'
	head -c 2000k /dev/urandom > /tmp/c
	timeout 60 nc -q 5 $inner 7400 < /tmp/c > /tmp/d
	nap 1
	[ "$(stat -c %s /tmp/d)" = 2048000 ] || { stat -c '%n %s' /tmp/d; return 1; }
	[ "$(md5sum < /tmp/d)" = "$(guest_exec g1 'md5sum < /tmp/a')" ] && [ "$(md5sum < /tmp/c)" = "$(guest_exec g1 'md5sum < /tmp/b')" ]
}
check "TCP with the container both ways, every byte as sent" tcp
check "save and restore" save_and_restore g1
check "the container answers after it" wait_ping $inner 20
check "the one in the namespace, too" wait_ping "$ip1" 20
check "TCP with the container again" tcp

check "the namespace ends" guest_exec g1 'ip netns del box; for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/wan0 ] && exit 0; sleep 0.1; done; ls /sys/class/net; exit 1'
check "its interface is the guest's again, and works" eval "guest_exec g1 'ip link set wan0 down; ip link set wan0 name eth1 && netup eth1' && wait_ping $ip1 20"
check "into a namespace once more" in_box
check "unload: one is a bridge's port, the other in a namespace" guest_exec g1 -t 60 'timeout 40 modprobe -r xen_netfront'
check "load" guest_exec g1 -t 60 'modprobe xen_netfront; for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/eth1 ] && break; sleep 0.1; done
	ip link del br0; ip netns del box; ip netns del pod; netup eth0 eth1'
check "both interfaces answer again" eval 'wait_ping "$ip" 20 && wait_ping "$ip1" 20'
rm -f /tmp/c /tmp/d
