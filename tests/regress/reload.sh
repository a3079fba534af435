# shellcheck shell=bash
# Unload and load, CYCLES times (30) under traffic both ways: each time the interface comes back with MAC, link and traffic, no key of
# the driver stays in xenstore, and it takes no more than the in-tree driver's time.
# timeout: 1500
. /lab/tests/lib/traffic.sh
: "${CYCLES:=30}"
# What the toolstack writes for a frontend; everything else below its node is the driver's.
toolstack_keys='^(backend|backend-id|handle|mac|mtu|state|trusted)( |$)'

# unload GUEST / load GUEST MAC: print the seconds it took; load includes the link's coming up, for only then is the machine back. Load
# fails, and says so, when the MAC is another or when not both directions move within 10 s.
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
		ip link set eth0 up || exit 1
		for ((i = 0; i < 400; i++)); do [ "$(< /sys/class/net/eth0/carrier)" = 1 ] && break; read -r -t 0.02 -u $n; done
		e=$EPOCHREALTIME; netup eth0; cd /sys/class/net/eth0
		[ "$(< carrier)" = 1 ] || { echo "no link after 8 s"; exit 1; }
		[ "$(< address)" = '"$2"' ] || { echo "MAC $(< address), not '"$2"'"; exit 1; }
		a=$(< statistics/rx_packets) b=$(< statistics/tx_packets)
		for ((i = 0; i < 100; i++)); do
			c=$(< statistics/rx_packets) d=$(< statistics/tx_packets)
			[ $c -gt $a ] && [ $d -gt $b ] && { awk -v a=$t -v b=$e "BEGIN {print b - a}"; exit 0; }
			read -r -t 0.1 -u $n
		done
		echo "link is up, but in 10 s $((c - a)) packets came and $((d - b)) went"; exit 1'
}
sum() { awk '{s += $1} END {printf "%.2f", s}'; }
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
	out=$(load g1 "$mac") || { not_ok "load, MAC, link, traffic, cycle $cycle" "$out
$(guest_exec g1 -t 20 'ip link show; dmesg | tail -n 8')"; break; }
	echo "$out" >> "$STATE/times"
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
		{ unload_intree g2 && load g2 "$(xs "$(fe_path g2)/mac")"; } >> "$STATE/times.intree" || { not_ok "in-tree driver unbound, unloaded, loaded, to compare" "cycle $cycle"; break; }
	done
	load_stop g2
	ours=$(head -n 10 "$STATE/times" | sum) theirs=$(head -n 10 "$STATE/times.intree" | sum)
	cp "$STATE"/times* "$TEST_DIR/"
	note "unload and load until the link is up, 5 cycles: ours $ours s, in-tree $theirs s"
	# The aim is half. Measured on instruction-counted time (tests/bench/reload-time.sh) it is 0.73, so what is held here is less.
	note "ratio $(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "%.2f", b ? a / b : 9}'), the aim is 0.50"
	if awk -v a="$ours" -v b="$theirs" 'BEGIN {exit !(a > 0 && a <= b)}'; then ok "unload and load take no more than the in-tree driver's time"
	else not_ok "unload and load take no more than the in-tree driver's time" "ours $ours s, in-tree $theirs s for 5 cycles"; fi
	# what the in-tree driver's own unbinding says is not ours
	allow_guest g2
fi
