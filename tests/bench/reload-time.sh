# shellcheck shell=bash
# Unload plus load of both drivers in one guest, on instruction-counted time: what the commands
# take, and until the link is back. The in-tree driver's load waits for the backend inside the
# command, ours connects after it; so both are shown and held.
# timeout: 1500
: "${CYCLES:=5}"
# The in-tree driver of 7.3 puts pages that it freed; its functions are called xennet_, ours xnf_.
# Other kernels may not say so.
if [ "$KERNEL" = trixie-backports ]; then
	allow_message 'WARNING: .* at xennet_'
	allow_message 'Call Trace:$'
fi
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
			t2=\$(now)
			ip link set eth0 up
			for ((i = 0; i < 500; i++)); do read -r c < /sys/class/net/eth0/carrier; [ \"\$c\" = 1 ] && break; sleep 0.01; done
			t3=\$(now)
			netup
			echo \$((t1 - t0)) \$((t2 - t1)) \$((t3 - t2))
		done
		[ $driver = ours ] || echo vif-0 > /sys/bus/xen/drivers/vif/unbind
		rmmod xen_netfront") || fatal "$driver: $CYCLES cycles" "$out"
	echo "$out" | sed "s/^/$driver /" | tee -a "$figures" | sed 's/^/# unload, load, link after that, in us: /'
done
# mean DRIVER FIRST LAST: microseconds of those columns, on average
mean() { awk -v d="$1" -v a="$2" -v b="$3" '$1 == d {n++; for (i = a; i <= b; i++) s += $(i + 1)} END {printf "%d", s / n}' "$figures"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
theirs=$(mean intree 1 2) ours=$(mean ours 1 2)
note "unload and load: in-tree $theirs us, ours $ours us, ratio $(ratio "$ours" "$theirs")"
check "unload plus load take at most half of the in-tree driver's time" test $((ours * 2)) -le "$theirs"
theirs=$(mean intree 1 3) ours=$(mean ours 1 3)
note "unload and load until the link is up: in-tree $theirs us, ours $ours us, ratio $(ratio "$ours" "$theirs")"
check "unload plus load until the link is up take at most three quarters of the in-tree driver's" test $((ours * 4)) -le $((theirs * 3))
