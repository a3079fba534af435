# shellcheck shell=bash
# Unload and load, CYCLES times (30) under traffic both ways: each time the interface comes back
# with MAC, link and traffic, no key of the driver stays in xenstore. How long it takes, compared
# with the in-tree driver: tests/bench/reload-time.sh.
# timeout: 1500
. /lab/tests/lib/traffic.sh
: "${CYCLES:=30}"
# What the toolstack writes for a frontend; everything else below its node is the driver's.
toolstack_keys='^(backend|backend-id|handle|mac|mtu|state|trusted)( |$)'

unload() { guest_exec "$1" -t 60 'timeout 40 modprobe -r xen_netfront && [ ! -e /sys/module/xen_netfront ]'; }
# load GUEST MAC: fails, and says so, when no link comes within 8 s, the MAC is another or not both
# directions move within 10 s (SLOW times longer with a debug kernel)
load() {
	guest_exec "$1" -t 60 "SLOW=$SLOW"'
		timeout 40 modprobe xen_netfront || exit 1; exec {n}<> <(:)
		for ((i = 0; i < 400 * SLOW; i++)); do [ -e /sys/class/net/eth0 ] && break; read -r -t 0.02 -u $n; done
		ip link set eth0 up || exit 1
		for ((i = 0; i < 400 * SLOW; i++)); do [ "$(< /sys/class/net/eth0/carrier)" = 1 ] && break; read -r -t 0.02 -u $n; done
		netup eth0; cd /sys/class/net/eth0
		[ "$(< carrier)" = 1 ] || { echo "no link after $((8 * SLOW)) s"; exit 1; }
		[ "$(< address)" = '"$2"' ] || { echo "MAC $(< address), not '"$2"'"; exit 1; }
		a=$(< statistics/rx_packets) b=$(< statistics/tx_packets)
		for ((i = 0; i < 100 * SLOW; i++)); do
			c=$(< statistics/rx_packets) d=$(< statistics/tx_packets)
			[ $c -gt $a ] && [ $d -gt $b ] && exit 0
			read -r -t 0.1 -u $n
		done
		echo "link is up, but in $((10 * SLOW)) s $((c - a)) packets came and $((d - b)) went"; exit 1'
}
out=$(guest_create g1) || fatal "guest up" "$out"
mac=$(xs "$(fe_path g1)/mac")
load_start g1
done_cycles=0
for ((cycle = 1; cycle <= CYCLES; cycle++)); do
	out=$(unload g1) || { not_ok "unload, cycle $cycle" "$out
$(guest_exec g1 -t 20 'cat /proc/modules | head -n 3; dmesg | tail -n 8')"; break; }
	left=$(fe_keys g1 | grep -vE "$toolstack_keys")
	[ -z "$left" ] || { not_ok "no key of ours in xenstore after unload, cycle $cycle" "$left"; break; }
	out=$(load g1 "$mac") || { not_ok "load, MAC, link, traffic, cycle $cycle" "$out
$(guest_exec g1 -t 20 'ip link show; dmesg | tail -n 8')"; break; }
	done_cycles=$cycle
done
[ $done_cycles != "$CYCLES" ] || ok "$CYCLES cycles under traffic both ways: unloaded, keys gone, loaded, MAC, link and traffic each time"
check "ping after the cycles" wait_ping "$(guest_ip g1)" 15
out=$(guest_exec g1 -t 20 'ping -c 2 -W 3 10.99.0.1') && ok "ping from the guest after the cycles" || not_ok "ping from the guest after the cycles" "$out"
load_stop g1
