# shellcheck shell=bash
# The kernel's own tests of network drivers on a guest of 7.3 with four queues: queues.py,
# napi_threaded.py, napi_id.py, stats.py. eth0 is the interface under test, eth1, on the same bridge
# and in a namespace, what the tests call the remote end. Each of their cases is one here, with its
# own words; a test that ends without a verdict, and a message of the kernel, fail.
# usage: make check-kselftest, or
#        tests/lab/run --mem 5200 --dom0-mem 2400 --file "$(tests/lab/kselftest)" \
#            tests/regress/kselftest.sh:KERNEL=trixie-backports,TYPE=pv
# TESTS=queues+stats picks some; DRIVER=intree beside it shows what the kernel's own driver does.
# timeout: 1500
image=/lab/kselftest.cpio
[ -e $image ] || [ -e /run/lab/kselftest ] || skip_all "no kselftest.cpio: see the head of kselftest.sh"
: "${TESTS:=queues+napi_threaded+napi_id+stats}"
# Guests of this suite get it with their modules. Memory is short: it is there once.
[ ! -e $image ] || { cat $image >> "/lab/images/$KERNEL/modules.cpio" && rm $image && : > /run/lab/kselftest; }
[ "$DRIVER" = ours ] || allow_guest g1
out=$(guest_create g1 vifs=2 bridge=xenbr0 queues=4 memory=800) || fatal "guest up" "$out"
out=$(guest_exec g1 -t 120 '
	# a mount of its own, or "ip netns exec" could not do what it does to "/"
	mount -o bind /ks /ks
	for d in proc sys dev; do mount -o rbind /$d /ks/$d; done
	mount -t tmpfs tmpfs /ks/run; mount -t tmpfs tmpfs /ks/tmp
	cd /ks/src/tools/testing/selftests/drivers/net || exit 1
	printf "%s\n" NETIF=eth0 LOCAL_V4=10.99.0.50 REMOTE_V4=10.99.0.60 LOCAL_V6=fd99:0::50 REMOTE_V6=fd99:0::60 REMOTE_TYPE=netns REMOTE_ARGS=ns > net.config
	chroot /ks /bin/bash -ec "
		ip addr flush dev eth0; ip addr flush dev eth1
		# a test sets it down, the next wants its address
		echo 1 > /proc/sys/net/ipv6/conf/eth0/keep_addr_on_down
		ip netns add ns; ip link set eth1 netns ns
		ip addr add 10.99.0.50/24 dev eth0; ip addr add fd99:0::50/64 dev eth0 nodad
		ip netns exec ns sh -ec \"ip link set lo up; ip link set eth1 up; ip addr add 10.99.0.60/24 dev eth1; ip addr add fd99:0::60/64 dev eth1 nodad\"
		for i in 1 2 3 4 5 6 7 8 9; do ping -c 1 -W 1 10.99.0.60 > /dev/null && exit 0; done; exit 1"') ||
	fatal "two interfaces, one of them in a namespace, reach each other" "$out"
for t in ${TESTS//+/ }; do
	guest_exec g1 "dmesg -C"
	# Who hangs in the kernel cannot be killed, so nobody waits for it.
	guest_exec g1 -t 400 "rm -f /tmp/out /tmp/status; (cd /ks/src/tools/testing/selftests/drivers/net && timeout -s TERM -k 5 300 chroot /ks /bin/sh -c 'cd /src/tools/testing/selftests/drivers/net && exec ./$t.py' > /tmp/out 2>&1
			echo \$? > /tmp/status) < /dev/null > /dev/null 2>&1 &
		for ((i = 0; i < 3200; i++)); do [ ! -s /tmp/status ] || break; sleep 0.1; done
		cat /tmp/out; echo \"# status \$(cat /tmp/status || echo none: it hangs)\"" > "$TEST_DIR/$t.out" 2>&1
	said=$(< "$TEST_DIR/$t.out")
	planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' <<< "$said")
	verdicts=0
	while read -r line; do
		case $line in
		ok*\#\ SKIP*) skip "$t: ${line%% #*}" "${line##*# SKIP }"; verdicts=$((verdicts + 1)) ;;
		ok*) ok "$t: $line"; verdicts=$((verdicts + 1)) ;;
		'not ok'*) not_ok "$t: $line" "$said"; verdicts=$((verdicts + 1)) ;;
		esac
	done <<< "$said"
	if [ -n "$planned" ] && [ "$verdicts" = "$planned" ]; then ok "$t: all of its $planned cases ran"
	else fatal "$t: each of its ${planned:-} cases has a verdict" "$said
$(guest_exec g1 'dmesg | tail -n 30')"; fi
	said=$(guest_exec g1 'dmesg' | grep -E "$BAD")
	if [ -z "$said" ]; then ok "$t: no message"; else not_ok "$t: no message" "$said"; fi
done
