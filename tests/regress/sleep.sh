# shellcheck shell=bash disable=SC2034,SC2154
# The guest sleeps by itself (suspend to idle; pm_test, which wakes it after five seconds), with its
# domain, backend and rings as they were:
#   plain    ROUNDS times: traffic, no new connection, no message; what an unload leaves is nothing
#   other    its backend is on other rings afterwards, as that of a hibernated image is when the
#            kernel that loaded it has connected the interface: both ends say Connected. It heals
#            within ten seconds, without traffic of the guest's own.
#   watch    xenstore has no watch left for the bus: the probe fails behind the driver's back, and
#            no interface stays; with watches again there is one, and it works
# usage: tests/lab/run tests/regress/sleep.sh[:ROUNDS=10][,PARTS=other]
# timeout: 900
: "${ROUNDS:=10}" "${PARTS:=plain+other+watch}"
out=$(guest_create g1 vifs=2 vcpus=2 queues=1) || fatal "guest up" "$out"
ip=$(guest_ip g1) fe=$(fe_path g1) be=$(be_path g1) id=$(guest_id g1)
con=/var/log/xen/guest-g1.log
connects() { guest_exec g1 "ethtool -S eth0 | sed -n 's/^ *connects: //p'"; }
guest_exec g1 '[ -w /sys/power/pm_test ] && grep -q freeze /sys/power/state' || skip_all "the guest's kernel has no pm_test"
sleep_once() { guest_exec g1 -t 60 'echo devices > /sys/power/pm_test; echo freeze > /sys/power/state'; }
check "answers before" wait_ping "$ip" 20

plain() {
	local n before after out=''
	before=$(connects)
	guest_exec g1 'dmesg -C'
	for ((n = 1; n <= ROUNDS; n++)); do
		out=$(sleep_once 2>&1) || { out="round $n: it does not sleep: $out"; break; }
		out=''
		wait_ping "$ip" 5 || { out="round $n: no answer"; break; }
	done
	after=$(connects)
	if [ -n "$out" ]; then not_ok "plain: $ROUNDS sleeps, answers after each" "$out"; else ok "plain: $ROUNDS sleeps, answers after each"; fi
	check "plain: the connection is the one of before" [ "$before" = "$after" ] || note "connects $before, then $after"
	check "plain: the driver says nothing" guest_exec g1 '! dmesg | grep -E "eth0|vif vif"'
}

# The backend of eth0 is put on the rings of eth1, whose own backend goes. The guest is paused, so
# it sees the end of it only.
other_rings() {
	local k v d fe1
	fe1=$(fe_path g1 1)
	d=/sys/bus/xen-backend/drivers/vif
	echo "vif-$id-1" > "$d/unbind"
	echo "vif-$id-0" > "$d/unbind"
	xenstore-write "$fe/state" 1 "$be/state" 1
	for k in tx-ring-ref rx-ring-ref event-channel event-channel-tx event-channel-rx; do
		v=$(xs "$fe1/$k")
		if [ -n "$v" ]; then xenstore-write "$fe/$k" "$v"; else xenstore-rm "$fe/$k" 2> /dev/null; fi
	done
	echo "vif-$id-0" > "$d/bind"
	ip link set "vif$id.0" master xenbr0 up
	xenstore-write "$be/hotplug-status" connected "$fe/state" 4
	wait_for 3 eval '[ "$(xs '"$be"'/state)" = 4 ]' || echo "the backend is $(xs "$be/state")"
}
other() {
	local out
	guest_exec g1 'ip link set eth1 down'
	# eth1 lets go of rings that eth0's backend maps
	allow_message 'still in use|deferring g'
	xl pause g1
	out=$(other_rings)
	xl unpause g1
	[ -z "$out" ] || note "$out"
	nap 1
	check "other: both ends say Connected, and nobody answers" eval '[ "$(xs "$fe/state") $(xs "$be/state")" = "4 4" ] && ! ping -c 2 -W 1 "$ip"'
	out=$(sleep_once 2>&1) || not_ok "other: it sleeps" "$out"
	# A ping of dom0's is what comes to the backend; the guest sends nothing unless it gets it.
	check "other: heals within 10 s" wait_ping "$ip" 10 || note "$(guest_exec g1 'cat /sys/kernel/debug/xen_netfront/*/why; dmesg | tail -n 8')"
	check "other: it is said" guest_exec g1 'dmesg | grep -q "other rings"'
}

# Watches of the guest's own until xenstored refuses; they go with the file
eat_watches='exec 9<> /dev/xen/xenbus; for ((w = 0; w < 140; w++)); do p="eat/$w"; n=$((${#p} + ${#w} + 3)); printf "\4\0\0\0\0\0\0\0\0\0\0\0\\x$(printf %x $n)\0\0\0$p\0t$w\0" >&9; done'
watch() {
	local out
	out=$(guest_exec g1 -t 60 'v=vif-0; d=/sys/bus/xen/drivers/vif; echo $v > $d/unbind; sleep 1
		'"$eat_watches"'; sleep 1
		echo $v > $d/bind; sleep 2
		echo "driver: $(readlink /sys/bus/xen/devices/$v/driver)"
		for i in /sys/class/net/*; do [ "$(< $i/address)" != '"$(xs "$fe/mac")"' ] || echo "left: ${i##*/}"; done
		exec 9>&-; sleep 1')
	note "$out"
	if grep -q 'driver: .*vif' <<< "$out"; then note "watch: there was a watch left, this says nothing"; fi
	check "watch: a probe that fails leaves no interface" eval '! grep -q "^left: " <<< "$out" || grep -q "driver: .*vif" <<< "$out"'
	allow_message 'watch_otherend|cannot watch'
	check "watch: with watches again, bound" guest_exec g1 'd=/sys/bus/xen/drivers/vif; [ -e $d/vif-0 ] || echo vif-0 > $d/bind; sleep 1; netup eth0; [ -e $d/vif-0 ]'
	check "watch: answers" wait_ping "$ip" 20
	check "watch: unload and load" guest_reload g1
	check "watch: answers after that" wait_ping "$ip" 20
}
[[ $PARTS != *plain* ]] || plain
[[ $PARTS != *other* ]] || other
[[ $PARTS != *watch* ]] || watch
