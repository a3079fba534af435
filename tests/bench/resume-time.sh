# shellcheck shell=bash
# From a guest's resume to its first packet on the wire, both drivers in one run on
# instruction-counted time. The guest is moved by a live migration that leaves it paused, its
# backend ready; the clock starts with the hypercall that lets it run, and ends when the backend
# sends its first packet. So it is the time that guest kernel and driver take, not the toolstack's.
# The guest itself is idle.
# usage: tests/bench/resume-time
# timeout: 2400
: "${MOVES:=10}"
. /lab/tests/lib/move.sh
figures=$TEST_DIR/figures
: > "$figures"
# The guest sends nothing but what the resume makes it send: no IPv6, whose router solicitations
# come when they like.
guest_create g driver=ours up=0 memory=160 || fatal "the guest to measure comes up"
load() { # load ours|intree
	guest_exec g -t 120 "
		echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
		[ ! -e /sys/bus/xen/drivers/vif/vif-0 ] || { pkill iperf3; echo vif-0 > /sys/bus/xen/drivers/vif/unbind; }
		! lsmod | grep -q xen_netfront || rmmod xen_netfront || exit 1
		if [ $1 = ours ]; then insmod /lab/ours/xen-netfront.ko; else insmod \$(find /lib/modules/*/kernel -name 'xen-netfront.ko*' | head -n 1); fi || exit 1
		for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
		ip addr add 10.99.0.2/24 dev eth0; ip link set eth0 up
		for ((i = 0; i < 100; i++)); do ping -c 1 -W 1 10.99.0.1 >/dev/null && exit 0; done; exit 1"
}
# move: migrates, measures: prints "US TYPE"
move() {
	rm -f /run/lab/console.g "$STATE/g.id"
	timeout 200 xl migrate -s '' g 'xl migrate-receive -p' > "$TEST_DIR/migrate" 2>&1 || { cat "$TEST_DIR/migrate"; return 1; }
	guest_id g > /dev/null
	/lab/firstpacket "$(guest_id g)" "$(vif_of g)" 30
}
for driver in intree ours; do
	out=$(load $driver) || fatal "$driver loads in the guest" "$out"
	for ((i = 0; i < MOVES; i++)); do
		out=$(move) || fatal "$driver: move $i" "$out"
		wait_ping "$(guest_ip g)" 20 > /dev/null || fatal "$driver: the guest answers after move $i" "$(guest_exec g 'dmesg | tail -n 20')"
		echo "$driver $out" | tee -a "$figures" | sed 's/^/# us from resume to the first packet, its type: /'
	done
done
median() { awk -v d="$1" '$1 == d {print $2}' "$figures" | sort -n | awk '{v[NR] = $1} END {m = int((NR + 1) / 2); printf "%d", NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2}'; }
theirs=$(median intree) ours=$(median ours)
note "resume to first packet, median of $MOVES: in-tree $theirs us, ours $ours us, ratio $(awk -v a="$ours" -v b="$theirs" 'BEGIN {printf "%.2f", a / b}')"
check "the first packet comes in at most half of the in-tree driver's time" test $((ours * 2)) -le "$theirs"
