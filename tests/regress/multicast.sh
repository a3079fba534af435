# shellcheck shell=bash
# Multicast filtering by netback: groups that the guest joined arrive and others do not; neighbour
# discovery and mDNS keep working; more than 64 groups, or a promiscuous interface, switch the
# filter off; the list is replayed after a reload and a restore; a backend without.
# timeout: 600
. /lab/tests/lib/mask.sh
requires tcpdump tar nc
out=$(guest_create g1 type=pv memory=192 vif=script=vif-mask) || fatal "guest up" "$out"
out=$(guest_create g2 type=pv memory=192) || fatal "a guest that sends is up" "$out"
ip=$(guest_ip g1)
# Guests have no tcpdump: it comes with its libraries.
ship() {
	local libs
	libs=$(ldd "$(command -v tcpdump)" | grep -o '/[^ ]*')
	guest_exec g1 'mkdir -p /tmp/td; nc -l -p 7000 < /dev/null | tar -x -C /tmp/td > /dev/null 2>&1 & true'
	nap 0.5
	# shellcheck disable=SC2086  # a list of files
	tar -ch -C / "$(command -v tcpdump)" $libs 2>/dev/null | nc -N "$ip" 7000
	guest_exec g1 "wait_gone nc 20; printf '%s\n' '#!/bin/bash' 'exec \$(ls -d /tmp/td/lib64/ld-linux* /tmp/td/usr/lib64/ld-linux* 2>/dev/null | head -n 1) --library-path /tmp/td/lib/x86_64-linux-gnu:/tmp/td/usr/lib/x86_64-linux-gnu /tmp/td$(command -v tcpdump) \"\$@\"' > /bin/tcpdump; chmod 755 /bin/tcpdump; tcpdump --version 2>&1" | grep -q 'tcpdump version'
}
check "tcpdump runs in the guest" ship
# heard GROUP...: those of these groups of which a packet arrived; -p: tcpdump must not make the
# interface promiscuous
heard() {
	guest_exec g1 -t 60 'rm -f /tmp/cap; tcpdump -p -n -U -i eth0 -w /tmp/cap "icmp and net 224.0.0.0/4" > /tmp/cap.err 2>&1 &
		for i in $(seq 40); do grep -q "listening on" /tmp/cap.err && break; sleep 0.2; done'
	guest_exec g2 -t 60 "for g in $*; do ping -c 1 -W 1 -I eth0 \$g > /dev/null 2>&1; done; true"
	guest_exec g1 'kill $(pidof ld-linux-x86-64.so.2 tcpdump) 2>/dev/null; sleep 0.5; tcpdump -n -r /tmp/cap 2>/dev/null' |
		grep -o '> 2[0-9.]*' | tr -d '> :' | sort -u | tr '\n' ' '
}
# hears TEXT "JOINED" GROUP...
hears() {
	local text=$1 want=$2 got; shift 2
	got=$(heard "$@")
	if [ "${got% }" = "$want" ]; then ok "$text"; else not_ok "$text" "sent to $*, heard ${got:-none}, expected ${want:-none}; key: $(filter)"; fi
}
filter() { xs "$(fe_path g1)/request-multicast-control"; }
filter_is() { wait_for 10 eval "[ \"\$(filter)\" = '$1' ]" || { echo "request-multicast-control is '$(filter)', expected '$1'"; return 1; }; }
check "the filter is on" filter_is 1
guest_exec g1 'ip maddr add 01:00:5e:01:01:01 dev eth0; ip maddr add 01:00:5e:00:00:fb dev eth0; sleep 0.5'
hears "groups that were joined (and mDNS) arrive, others do not" "224.0.0.251 239.1.1.1" 239.1.1.1 239.1.1.2 224.0.0.251
guest_exec g1 'ip maddr del 01:00:5e:01:01:01 dev eth0; sleep 0.5'
hears "a group that was left arrives no more" "" 239.1.1.1
# From the other guest: what dom0 itself sends passes the filter in any case.
neighbour() { guest_exec g2 "ip -6 neigh flush dev eth0; ping -6 -c 2 -W 3 $1 && ip -6 neigh show dev eth0 | grep -q '^${1/:0::/::} .*lladdr'"; }
check "IPv6 neighbour discovery works" neighbour "$(guest_ip6 g1)"
new6() { guest_exec g1 'ip -6 addr add fd99::77/64 dev eth0 nodad' && neighbour fd99:0::77; }
check "an IPv6 address added later is found" new6
guest_exec g1 'for i in $(seq 70); do ip maddr add $(printf 01:00:5e:02:02:%02x $i) dev eth0; done'
check "70 groups more: the filter goes off" filter_is 0
hears "and every group arrives" "239.1.1.2 239.2.2.70" 239.1.1.2 239.2.2.70
guest_exec g1 'for i in $(seq 70); do ip maddr del $(printf 01:00:5e:02:02:%02x $i) dev eth0; done'
check "without them it comes back" filter_is 1
hears "and filters" "224.0.0.251" 239.1.1.2 239.2.2.70 224.0.0.251
guest_exec g1 'ip link set eth0 promisc on'
check "promiscuous: off" filter_is 0
guest_exec g1 'ip link set eth0 promisc off; ip link set eth0 allmulticast on'
check "all multicast: off" filter_is 0
guest_exec g1 'ip link set eth0 allmulticast off'
check "and on again" filter_is 1
moved() { guest_save g1 /tmp/g1.save && guest_restore g1 /tmp/g1.save && rm -f /tmp/g1.save && wait_ping "$ip" 30; }
check "save and restore" moved && check "the filter is on again" filter_is 1
hears "the list came along" "224.0.0.251" 239.1.1.2 224.0.0.251
reload() { guest_reload g1 && guest_exec g1 'ip maddr add 01:00:5e:00:00:fb dev eth0' && wait_ping "$ip" 30; }
check "unload and load" reload && check "the filter is on after that" filter_is 1
hears "and filters after that" "224.0.0.251" 239.1.1.2 224.0.0.251
mask feature-dynamic-multicast-control
check "restored at a backend without" moved
hears "everything arrives there" "224.0.0.251 239.1.1.2" 239.1.1.2 224.0.0.251
mask
check "and back" moved && check "it filters again" filter_is 1
hears "with its list" "224.0.0.251" 239.1.1.2 224.0.0.251
