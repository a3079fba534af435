# shellcheck shell=bash
# Unload and load, CYCLES times (30) under traffic both ways: each time the interface comes back with MAC, link and traffic, no key of
# the driver stays in xenstore, and it takes at most half of the in-tree driver's time.
# timeout: 1500
. /lab/tests/lib/traffic.sh
: "${CYCLES:=30}"
# What the toolstack writes for a frontend; everything else below its node is the driver's.
toolstack_keys='^(backend|backend-id|handle|mac|mtu|state|trusted)( |$)'

# unload GUEST / load GUEST: print the seconds it took; load includes the link's coming up, for only then is the machine back
unload() {
	guest_exec "$1" -t 60 't=$EPOCHREALTIME; timeout 40 modprobe -r xen_netfront || exit 1
		awk -v a=$t -v b=$EPOCHREALTIME "BEGIN {print b - a}"; [ ! -e /sys/module/xen_netfront ]'
}
unload_intree() {
	guest_exec "$1" -t 60 't=$EPOCHREALTIME; echo vif-0 > /sys/bus/xen/drivers/vif/unbind; timeout 40 modprobe -r xen_netfront || exit 1
		awk -v a=$t -v b=$EPOCHREALTIME "BEGIN {print b - a}"'
}
load() {
	guest_exec "$1" -t 60 't=$EPOCHREALTIME; timeout 40 modprobe xen_netfront || exit 1; exec {n}<> <(:)
		for ((i = 0; i < 400; i++)); do [ -e /sys/class/net/eth0 ] && break; read -r -t 0.02 -u $n; done
		netup eth0 || exit 1
		for ((i = 0; i < 400; i++)); do [ "$(< /sys/class/net/eth0/carrier)" = 1 ] && break; read -r -t 0.02 -u $n; done
		awk -v a=$t -v b=$EPOCHREALTIME "BEGIN {print b - a}"; [ "$(< /sys/class/net/eth0/carrier)" = 1 ]'
}
sum() { awk '{s += $1} END {printf "%.2f", s}'; }
# traffic_both_ways GUEST: packets arrive in both directions
traffic_both_ways() {
	local a b c d i
	for ((i = 0; i < 20; i++)); do
		read -r a b < <(counters "$1"); nap 0.3; read -r c d < <(counters "$1")
		[ "${c:-0}" -le "${a:-0}" ] || [ "${d:-0}" -le "${b:-0}" ] || return 0
	done
	echo "eth0 received $((c - a)) and sent $((d - b)) packets"
	return 1
}

out=$(guest_create g1) || fatal "guest up" "$out"
mac=$(xs "$(fe_path g1)/mac")
load_start g1
done_cycles=0
for ((cycle = 1; cycle <= CYCLES; cycle++)); do
	out=$(unload g1) || { not_ok "unload, cycle $cycle" "$out
$(guest_exec g1 -t 20 'cat /proc/modules | head -n 3; dmesg | tail -n 8')"; break; }
	echo "$out" >> "$STATE/times"
	left=$(fe_keys g1 | grep -vE "$toolstack_keys")
	[ -z "$left" ] || { not_ok "no key of ours in xenstore after unload, cycle $cycle" "$left"; break; }
	out=$(load g1) || { not_ok "load, cycle $cycle" "$out
$(guest_exec g1 -t 20 'ip link show; dmesg | tail -n 8')"; break; }
	echo "$out" >> "$STATE/times"
	[ "$(guest_exec g1 'cat /sys/class/net/eth0/address')" = "$mac" ] ||
		{ not_ok "MAC of the toolstack, cycle $cycle" "$(guest_exec g1 'ip link show eth0')"; break; }
	out=$(traffic_both_ways g1) || { not_ok "traffic both ways, cycle $cycle" "$out"; break; }
	done_cycles=$cycle
done
[ $done_cycles != "$CYCLES" ] || ok "$CYCLES cycles under traffic both ways: unloaded, keys gone, loaded, MAC, link and traffic each time"
check "ping after the cycles" wait_ping "$(guest_ip g1)" 15
out=$(guest_exec g1 -t 20 'ping -c 2 -W 3 10.99.0.1') && ok "ping from the guest after the cycles" || not_ok "ping from the guest after the cycles" "$out"
load_stop g1

# The same in the same run with the in-tree driver, which has to be unbound first on kernels that hold a reference for each device
if [ "$DRIVER" = ours ] && [ $done_cycles -gt 4 ]; then
	out=$(guest_create g2 driver=intree) || fatal "a guest with the in-tree driver up, to compare" "$out"
	load_start g2
	for ((cycle = 1; cycle <= 5; cycle++)); do
		{ unload_intree g2 && load g2; } >> "$STATE/times.intree" || { not_ok "in-tree driver unbound, unloaded, loaded, to compare" "cycle $cycle"; break; }
	done
	load_stop g2
	ours=$(head -n 10 "$STATE/times" | sum) theirs=$(head -n 10 "$STATE/times.intree" | sum)
	cp "$STATE"/times* "$TEST_DIR/"
	note "unload and load until the link is up, 5 cycles: ours $ours s, in-tree $theirs s"
	if awk -v a="$ours" -v b="$theirs" 'BEGIN {exit !(a > 0 && a <= b / 2)}'; then ok "unload and load take at most half of the in-tree driver's time"
	else not_ok "unload and load take at most half of the in-tree driver's time" "ours $ours s, in-tree $theirs s for 5 cycles"; fi
	# what the in-tree driver's own unbinding says is not ours
	allow_guest g2
fi
