# shellcheck shell=bash
# Measures both drivers in one guest, in one run on instruction-counted time: no wall clock, no noise of the build host.
#
# Writes TEST_DIR/figures, a line a measurement: "DRIVER KEY packets|bytes N us N cpu_us N interrupts N".
# REPEAT rounds alternate between the drivers. Environment: COUNT packets a pktgen run, SECONDS_TCP seconds a stream.
# timeout: 4000
: "${REPEAT:=2}" "${COUNT:=20000}" "${SECONDS_TCP:=2}" "${QUEUES:=1}"
figures=$TEST_DIR/figures

guest_create g driver=ours up=0 queues="$QUEUES" || fatal "the guest to measure comes up"
ip=$(guest_ip g)

id=$(guest_id g)
# CPU time of the guest in microseconds, from the hypervisor's own account
guest_cpu() { echo $(($(/lab/domtime "$id") / 1000)); }
guest_irqs() { guest_exec g "awk '/vif0|eth0/ {n += \$2} END {print n + 0}' /proc/interrupts"; }

load() { # load ours|intree
	local out
	out=$(guest_exec g -t 120 "
		if [ -e /sys/bus/xen/drivers/vif/vif-0 ]; then echo vif-0 > /sys/bus/xen/drivers/vif/unbind; fi
		lsmod | grep -q xen_netfront && modprobe -r xen_netfront
		if [ $1 = ours ]; then insmod /lab/ours/xen-netfront.ko max_queues=$QUEUES
		else insmod \$(find /lib/modules/*/kernel -name 'xen-netfront.ko*' | head -n 1) max_queues=$QUEUES; fi || exit 1
		for i in \$(seq 100); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
		netup
		for i in \$(seq 100); do [ \"\$(cat /sys/class/net/eth0/carrier 2>/dev/null)\" = 1 ] && break; sleep 0.1; done
		ping -c 3 -i 0.2 10.99.0.1 >/dev/null || exit 2
		pidof iperf3 >/dev/null || iperf3 -s -D >/dev/null 2>&1
		ethtool -i eth0 | head -n 2") || fatal "$1 loads in the guest" "$out"
	note "$1: $(echo "$out" | tr '\n' ' ')"
}

# line KEY UNIT N US CPU_US IRQS
line() { echo "$driver $1 $2 $3 us $4 cpu_us $5 interrupts $6" | tee -a "$figures" | sed 's/^/# /'; }

tx() { # tx SIZE BURST
	local c0 c1 i0 i1 out
	i0=$(guest_irqs); c0=$(guest_cpu)
	out=$(guest_exec g -t 900 "bash /run/bench.sh tx $1 $2 $COUNT") || { not_ok "$driver: pktgen transmit $1/$2" "$out"; return; }
	c1=$(guest_cpu); i1=$(guest_irqs)
	line "tx-$1-burst$2" packets "${out% *}" "${out#* }" $((c1 - c0)) $((i1 - i0))
}

rx() { # rx SIZE: dom0's pktgen into the guest's vif
	local c0 c1 p0 p1 i0 i1 vif t
	vif=$(vif_of g)
	[ -e /proc/net/pktgen ] || modprobe pktgen
	for t in rem_device_all "add_device $vif"; do echo "$t" > /proc/net/pktgen/kpktgend_0; done
	for t in "count $COUNT" "clone_skb 0" "pkt_size $1" "delay 20000" "dst $ip" "dst_mac $(guest_exec g 'cat /sys/class/net/eth0/address')"; do
		echo "$t" > "/proc/net/pktgen/$vif"
	done
	p0=$(guest_exec g 'cat /sys/class/net/eth0/statistics/rx_packets'); i0=$(guest_irqs); c0=$(guest_cpu)
	echo start > /proc/net/pktgen/pgctrl
	nap 0.3
	c1=$(guest_cpu); i1=$(guest_irqs); p1=$(guest_exec g 'cat /sys/class/net/eth0/statistics/rx_packets')
	t=$(sed -n 's/.*Result: OK: \([0-9]*\)(.*/\1/p' "/proc/net/pktgen/$vif")
	echo rem_device_all > /proc/net/pktgen/kpktgend_0
	line "rx-$1" packets $((p1 - p0)) "${t:-0}" $((c1 - c0)) $((i1 - i0))
}

tcp() { # tcp in|out
	local c0 c1 i0 i1 out r=()
	[ "$1" = in ] || r=(-R)
	i0=$(guest_irqs); c0=$(guest_cpu)
	out=$(timeout 900 iperf3 -c "$ip" -t "$SECONDS_TCP" -J "${r[@]}") || { not_ok "$driver: TCP $1" "$out"; return; }
	c1=$(guest_cpu); i1=$(guest_irqs)
	out=$(echo "$out" | python3 -c 'import json, sys; e = json.load(sys.stdin)["end"]["sum_received"]; print(e["bytes"], int(e["seconds"] * 1e6))')
	line "tcp-$1" bytes "${out% *}" "${out#* }" $((c1 - c0)) $((i1 - i0))
}

guest_exec g "cat > /run/bench.sh <<'END'
$(cat /lab/guest.sh)
END"
for ((round = 1; round <= REPEAT; round++)); do
	for driver in intree ours; do
		load $driver
		for size in 60 1500; do for burst in 1 32; do tx $size $burst; done; done
		rx 60; rx 1500
		tcp in; tcp out
	done
done
check "every measurement of both drivers is there" test "$(wc -l < "$figures")" = $((REPEAT * 2 * 8))
