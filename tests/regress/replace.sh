# shellcheck shell=bash disable=SC2034,SC2154
# An interface is taken away and another one comes in its place while the guest cannot look: it is
# paused, as by an admin, a snapshot or a debugger. A bus before 7.0 sees a device go only while its
# folder is not there, so it goes on with the one before, whose backend nobody serves any more. The
# new one has its backend in the same domain, in a driver domain, and in dom0 again, in the end
# while that driver domain stands still, so that its backend never lets go.
# usage: tests/lab/run --type pv tests/regress/replace.sh[:ROUNDS=2]
# DRIVER=intree is the yardstick: before 7.0 it answers in none of these cases.
# timeout: 900
. /lab/tests/lib/driverdomain.sh
: "${ROUNDS:=2}"
LIMIT=$((20 * SLOW))		# seconds until it answers again
check "a driver domain" driver_domain dd1 || exit 0
out=$(guest_create g1 type=pv memory=192) || fatal "guest up" "$out"
id=$(guest_id g1) ip=$(guest_ip g1) mac=$(xs "$(fe_path g1)/mac")
check "answers before" wait_ping "$ip" 10

# The guest does not answer, so libxl waits 10 s and takes the folders away.
detached() {
	local out
	out=$(timeout 60 xl network-detach g1 0 2>&1)
	! xs "/local/domain/$id/device/vif/0/state" > /dev/null || { echo "its folder is still there: $out"; return 1; }
}
attached() {
	local out
	if [ "$1" = dd1 ]; then dd_add g1 dd1 || return
	else out=$(timeout 60 xl network-attach g1 "mac=$mac,bridge=xenbr0" 2>&1) || { echo "xl: $out"; return 1; }
	fi
	xs "/local/domain/$id/device/vif/0/state" > /dev/null || { echo "the new one is not number 0: $(xenstore-ls "/local/domain/$id/device/vif")"; return 1; }
}
# replaced DOMAIN: by an interface with its backend there
replaced() {
	local rc=0
	xl pause g1 || return
	detached && attached "$1" || rc=1
	xl unpause g1
	return $rc
}
# answers DOMAIN: the guest has that interface, gets its address there, and is reached
answers() {
	local net=$DD_NET address=$DD_MAC
	[ "$1" = dd1 ] || { net=${ip%.*} address=$mac; }
	guest_exec g1 -t $((LIMIT + 20)) "end=\$((SECONDS + $LIMIT))
		while [ \$SECONDS -lt \$end ]; do
			for d in /sys/class/net/*; do [ \"\$(< \$d/address)\" = $address ] || continue
				d=\${d##*/}; ip link set \$d up; ip addr replace $net.${ip##*.}/24 dev \$d
				ping -c 1 -W 1 $net.1 > /dev/null && exit 0; done 2> /dev/null
			sleep 0.2; done
		ip addr; dmesg | tail -n 20; cat /sys/kernel/debug/xen_netfront/*/why 2> /dev/null; exit 1" ||
		{ xenstore-ls -f "/local/domain/$id/device/vif/0" | grep -E 'backend|state'; return 1; }
}
# What a domain that stands still maps is lost while it does; that may be said.
allow_message 'grants .*still in use by domain [0-9]+|backend .* did not close'
for ((n = 1; n <= ROUNDS; n++)); do
	for domain in dom0 dd1 dom0; do
		check "replaced by one of $domain, round $n" replaced $domain || break 2
		check "it answers within $LIMIT s, round $n" answers $domain
	done
done
check "replaced by one of dd1" replaced dd1
check "it answers within $LIMIT s" answers dd1
xl pause dd1
check "replaced by one of dom0, the other backend stands still" replaced dom0
check "it answers within $LIMIT s, the other backend stands still" answers dom0
xl unpause dd1
[ "$DRIVER" != ours ] || check "unload and load afterwards" guest_exec g1 -t 60 'timeout 40 modprobe -r xen_netfront && modprobe xen_netfront'
check "it answers" answers dom0
