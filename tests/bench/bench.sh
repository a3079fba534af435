# shellcheck shell=bash
# Measures both drivers in one guest, in one run on instruction-counted time: no wall clock, no
# noise of the build host.
#
# Writes TEST_DIR/figures, a line a measurement: "DRIVER KEY packets|bytes N us N guest_us N host_us
# N interrupts N doorbells N", for round trips with " p50 N p99 N max N" (ns) behind it, for memory
# and load times "DRIVER KEY kB|us N". CPU times are the hypervisor's own account of guest and dom0;
# "doorbells" are the interrupts of the vif in dom0. What a guest's pktgen run costs beside its
# packets (the agent, a shell) is measured by a run of one packet and taken off.
#
# REPEAT rounds alternate between the drivers. Environment: COUNT packets a pktgen run, MB megabytes
# a stream, RTT round trips, CASES: tx-SIZE-BURST rx-SIZE[-busy] tcp-in tcp-mtu-in tcp-out udp-in
# udp-out rtt-SIZE[-busy]; CASES2 the same for two queues; "+" between them.
# TSC=native: the guest reads the clock itself, as on real machines; else Xen does it for each
# RDTSC, for QEMU's TSC is not called constant.
# BEFORE=1: a third driver, "before", is /lab/before.ko: what a change of ours costs or gains is
# only seen in the same run, for TCP is chaotic.
# PROFILE=1 leaves the symbols that tests/bench/profile wants (guest and dom0 on the same kernel;
# Xen's are its -dbg package's xen-syms map, given as "--file MAP=xen.map").
# timeout: 4000
: "${REPEAT:=2}" "${COUNT:=8000}" "${MB:=120}" "${RTT:=600}" "${VCPUS:=1}" "${CASES:=tx-60-32+rx-60+tcp-in+tcp-out+rtt-1}" "${CASES2:=}" "${TSC:=}"
IFS=+ read -r -a cases <<< "$CASES"
IFS=+ read -r -a cases2 <<< "$CASES2"
figures=$TEST_DIR/figures
: > "$figures"

drivers=(intree ${BEFORE:+before} ours)
if [ -n "${BEFORE:-}" ]; then	# beside ours in the guest; archives may follow one another
	mkdir -p /tmp/before/lab/before && cp /lab/before.ko /tmp/before/lab/before/xen-netfront.ko &&
		(cd /tmp/before && find . -mindepth 1 | cpio -o -H newc --quiet) >> "/lab/images/$KERNEL/ours.cpio" || fatal "the driver of before gets into the guest"
fi
guest_create g driver=ours up=0 vcpus="$VCPUS" ${CASES2:+queues=2} ${TSC:+config="tsc_mode = \"$TSC\""} || fatal "the guest to measure comes up"
ip=$(guest_ip g) id=$(guest_id g)
vif=vif$id.0

cpu() { echo $(($(/lab/domtime "$1") / 1000)); }
guest_irqs() { guest_exec g "awk '/vif0|eth0/ {for (i = 2; i <= 1 + $VCPUS; i++) n += \$i} END {print n + 0}' /proc/interrupts"; }
doorbells() { awk -v v="$vif-" 'index($0, v) {for (i = 2; i <= 9; i++) if ($i ~ /^[0-9]+$/) n += $i} END {print n + 0}' /proc/interrupts; }
received() { cat "/sys/class/net/$vif/statistics/rx_packets"; }

# load DRIVER QUEUES: also what the load took and what memory the idle driver holds, where one queue
# is asked for
load() {
	local out queues=$2
	out=$(guest_exec g -t 120 "
		free() { sync; echo 3 > /proc/sys/vm/drop_caches; sleep 0.3; awk '/^MemFree/ {print \$2}' /proc/meminfo; }
		now() { echo \${EPOCHREALTIME/./}; }
		if [ -e /sys/bus/xen/drivers/vif/vif-0 ]; then echo vif-0 > /sys/bus/xen/drivers/vif/unbind; fi
		lsmod | grep -q xen_netfront && modprobe -r xen_netfront
		if [ $1 != intree ]; then module=/lab/$1/xen-netfront.ko
		else module=\$(find /lib/modules/*/kernel -name 'xen-netfront.ko*' | head -n 1); fi
		before=\$(free)
		insmod \$module max_queues=$queues || exit 1
		for i in \$(seq 100); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
		netup
		for i in \$(seq 100); do [ \"\$(cat /sys/class/net/eth0/carrier 2>/dev/null)\" = 1 ] && break; sleep 0.1; done
		ping -c 3 -i 0.2 10.99.0.1 >/dev/null || exit 2
		after=\$(free)
		pidof iperf3 >/dev/null || iperf3 -s -D >/dev/null 2>&1
		pidof traffic >/dev/null || traffic echo 7777 >/dev/null 2>&1 &
		echo \$((before - after)) \$(cat /sys/class/net/eth0/address) \$(ls -d /sys/class/net/eth0/queues/tx-* | wc -l)") ||
		fatal "$1 loads in the guest" "$out"
	read -r kb mac queues <<< "$out"
	[ "$queues" = "$2" ] || fatal "$1 has $2 queues" "$out"
	[ "$2" != 1 ] || echo "$1 memory kB $kb" | tee -a "$figures" | sed 's/^/# /'
	note "$1: $2 queue(s), $(guest_exec g 'ethtool -i eth0 | head -n 2' | tr '\n' ' ')"
}

# measured KEY UNIT COMMAND...: COMMAND prints "N US"; guest_off and host_off are taken off the CPU
# times
measured() {
	local key=$1 unit=$2 i0 i1 d0 d1 g0 g1 h0 h1 out rest; shift 2
	i0=$(guest_irqs); d0=$(doorbells); g0=$(cpu "$id"); h0=$(cpu 0)
	say "P $driver-$key"			# for tests/bench/profile
	out=$("$@") || { say "P -"; not_ok "$driver: $key" "$out"; return 1; }
	say "P -"
	g1=$(cpu "$id"); h1=$(cpu 0); d1=$(doorbells); i1=$(guest_irqs)
	[ -n "$out" ] || out=$(arrived) || { not_ok "$driver: $key" "$(cat "$TEST_DIR/iperf3.json")"; return 1; }
	rest=${out#* * }; [ "$rest" != "$out" ] || rest=
	# shellcheck disable=SC2086
	set -- $out
	g1=$((g1 - g0 - guest_off)) h1=$((h1 - h0 - host_off))
	echo "$driver $key $unit $1 us $2 guest_us $((g1 > 0 ? g1 : 0)) host_us $((h1 > 0 ? h1 : 0)) interrupts $((i1 - i0)) doorbells $((d1 - d0)) $rest" |
		tee -a "$figures" | sed 's/^/# /'
}

tx() { guest_exec g -t 900 "bash /run/bench.sh tx $1 $2 $3"; }

rx() { # rx SIZE: dom0's pktgen into the guest's vif, at a rate that the slower driver stands
	local t p0 p1
	[ -e /proc/net/pktgen ] || modprobe pktgen
	for t in rem_device_all "add_device $vif"; do echo "$t" > /proc/net/pktgen/kpktgend_0; done
	for t in "count $COUNT" "clone_skb 0" "pkt_size $1" "delay 20000" "dst $ip" "dst_mac $mac"; do echo "$t" > "/proc/net/pktgen/$vif"; done
	p0=$(cat "/sys/class/net/$vif/statistics/tx_packets")
	echo start > /proc/net/pktgen/pgctrl
	nap 0.2
	p1=$(cat "/sys/class/net/$vif/statistics/tx_packets")
	echo "$((p1 - p0)) $(sed -n 's/.*Result: OK: \([0-9]*\)(.*/\1/p' "/proc/net/pktgen/$vif")"
	echo rem_device_all > /proc/net/pktgen/kpktgend_0
}

stream() { # stream tcp|udp in|out MEGABYTES (TCP)
	local r=(-n "${3}M")
	# by time: the end of a count is never seen if one is lost
	[ "$1" = tcp ] || r=(-u -b 0 -l 1448 -t 5)
	[ "$2" = in ] || r+=(-R)
	timeout 900 iperf3 -c "$ip" -J "${r[@]}" > "$TEST_DIR/iperf3.json"
}
# what arrived, after the counters were read: Python takes as long as a stream
arrived() {
	python3 -c 'import json, sys
e = json.load(sys.stdin)["end"]
s = e["sum"] if "lost_percent" in e.get("sum", {}) else e["sum_received"]
print(int(s["bytes"] * (1 - s.get("lost_percent", 0) / 100)), int(s["seconds"] * 1e6))' < "$TEST_DIR/iperf3.json"
}

rtt() {
	local n mean p50 p99 max
	read -r n mean p50 p99 max < <(/lab/rr "$ip" 7777 "$RTT" "$1") && echo "$n $((n * mean / 1000)) p50 $p50 p99 $p99 max $max"
}

run_case() { # run_case CASE SUFFIX
	local w
	IFS=- read -r -a w <<< "$1"
	guest_off=0 host_off=0
	case $1 in
	tx-*)	guest_off=$null_guest host_off=$null_host
		measured "$1$2" packets tx "${w[1]}" "${w[2]}" "$COUNT" ;;
	*-busy)
		busy on || fatal "the guest can poll"
		measured "$1$2" packets "${w[0]}" "${w[1]}"
		busy off ;;
	rx-*)	measured "$1$2" packets rx "${w[1]}" ;;
	# In frames of the MTU, as from a wire without offloads: what the guest's GRO makes of them
	tcp-mtu-in)
		ethtool -K "$vif" tso off gso off > /dev/null
		measured "$1$2" bytes stream tcp in "$MB"
		ethtool -K "$vif" tso on gso on > /dev/null ;;
	tcp-*|udp-*) measured "$1$2" bytes stream "${w[0]}" "${w[1]}" "$MB" ;;
	rtt-*)	measured "$1$2" packets rtt "${w[1]}" ;;
	esac
}
# busy on|off: sockets of the guest poll for 50 us before they sleep, and interrupts stay off for a
# timer of 200 us after a poll that found something: what people set for latency and for many
# packets a second
busy() {
	local poll=0 defer=0 timer=0
	[ "$1" = off ] || poll=50 defer=2 timer=200000
	guest_exec g "cd /sys/class/net/eth0 && echo $poll > /proc/sys/net/core/busy_read && echo $defer > napi_defer_hard_irqs && echo $timer > gro_flush_timeout"
}

run_cases() { # run_cases SUFFIX CASE...
	local c g0 h0 suffix=$1; shift
	# the first of each kind pays for what it leaves in memory
	tx 60 1 1 >/dev/null; stream tcp in 10; stream tcp out 10; /lab/rr "$ip" 7777 20 1 >/dev/null
	g0=$(cpu "$id"); h0=$(cpu 0)
	tx 60 1 1 >/dev/null
	null_guest=$(($(cpu "$id") - g0)) null_host=$(($(cpu 0) - h0))
	for c; do run_case "$c" "$suffix"; done
}

guest_exec g "cat > /run/bench.sh <<'END'
$(cat /lab/guest.sh)
END"
for ((round = 1; round <= REPEAT; round++)); do
	for driver in "${drivers[@]}"; do
		load "$driver" 1
		run_cases '' "${cases[@]}"
		[ -z "$CASES2" ] || { load "$driver" 2; run_cases -2q "${cases2[@]}"; }
	done
done
if [ -n "${PROFILE:-}" ]; then
	cat /proc/kallsyms > "$TEST_DIR/kallsyms.dom0"
	{ grep -v '\[' /proc/kallsyms; guest_exec g -t 200 "grep -E 'xen_netfront|pktgen' /proc/kallsyms"; } > "$TEST_DIR/kallsyms.guest"
	[ ! -e /lab/xen.map ] || cp /lab/xen.map "$TEST_DIR/kallsyms.xen"
fi
check "every measurement of both drivers is there" test "$(grep -c ' us ' "$figures")" = $((REPEAT * ${#drivers[@]} * (${#cases[@]} + ${#cases2[@]})))
