# shellcheck shell=bash
# Unload plus load of both drivers in one guest, until the carrier is back, on instruction-counted time.
# timeout: 1500
: "${CYCLES:=5}"
guest_create g driver=ours up=0 || fatal "the guest to measure comes up"
figures=$TEST_DIR/figures
for driver in intree ours; do
	module=/lab/ours/xen-netfront.ko
	# shellcheck disable=SC2016
	[ $driver = ours ] || module='$(find /lib/modules/*/kernel -name "xen-netfront.ko*" | head -n 1)'
	out=$(guest_exec g -t 600 "
		now() { echo \${EPOCHREALTIME/./}; }
		module=$module
		insmod \$module; for ((i = 0; i < 200; i++)); do [ -e /sys/class/net/eth0 ] && break; sleep 0.05; done; netup
		for ((n = 0; n < $CYCLES; n++)); do
			for ((i = 0; i < 500; i++)); do read -r c < /sys/class/net/eth0/carrier; [ \"\$c\" = 1 ] && break; sleep 0.01; done
			ping -c 1 -W 2 10.99.0.1 >/dev/null || { echo no answer in cycle \$n; exit 1; }
			t0=\$(now)
			[ $driver = ours ] || echo vif-0 > /sys/bus/xen/drivers/vif/unbind
			rmmod xen_netfront || exit 1
			t1=\$(now)
			insmod \$module || exit 1
			ip link set eth0 up
			for ((i = 0; i < 500; i++)); do read -r c < /sys/class/net/eth0/carrier; [ \"\$c\" = 1 ] && break; sleep 0.01; done
			t2=\$(now)
			netup
			echo \$((t1 - t0)) \$((t2 - t1))
		done
		[ $driver = ours ] || echo vif-0 > /sys/bus/xen/drivers/vif/unbind
		rmmod xen_netfront") || fatal "$driver: $CYCLES cycles" "$out"
	echo "$out" | sed "s/^/$driver /" | tee -a "$figures" | sed 's/^/# unload us, load us: /'
done
total() { awk -v d="$1" '$1 == d {n++; s += $2 + $3} END {printf "%d", s / n}' "$figures"; }
note "unload and load: in-tree $(total intree) us, ours $(total ours) us"
check "unload plus load take at most half of the in-tree driver's time" test $(($(total ours) * 2)) -le "$(total intree)"
