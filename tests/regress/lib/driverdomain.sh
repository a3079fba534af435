# shellcheck shell=bash
# A backend in another guest (a driver domain, as Qubes has them): netback runs there, and no
# hotplug script, whose part is done here.
DD_NET=10.94.0 DD_MAC=00:16:3e:77:00:02

# driver_domain NAME: a guest that runs netback, which debug kernels do not have
driver_domain() {
	local out kernel=${KERNEL:?}
	[ "${KERNEL%%-*}" != debug ] || kernel=bookworm
	out=$(guest_create "$1" kernel="$kernel" type=pv memory=192 driver=intree hardened='' config='driver_domain = 1') || { echo "$out"; return 1; }
	allow_guest "$1"
	guest_exec "$1" 'modprobe xen-netback'
}
# dd_attach GUEST DD: a further interface of GUEST with its backend in DD; sets DD_HANDLE, its
# number. Waits until it is connected.
dd_attach() { dd_add "$1" "$2" && dd_up "$1"; }
# dd_add GUEST DD: as far as the toolstack goes, so with a GUEST that is paused, too
dd_add() {
	local g=$1 d=$2 id dd h='' end=$((SECONDS + 30 * SLOW)) xl rc
	id=$(guest_id "$g") dd=$(guest_id "$d")
	timeout 60 xl network-attach "$g" "mac=$DD_MAC" backend="$d" > "$TEST_DIR/attach" 2>&1 & xl=$!
	until h=$(xenstore-list "/local/domain/$dd/backend/vif/$id" 2>/dev/null | tail -n 1) && [ -n "$h" ]; do
		[ $SECONDS -lt $end ] || { echo "no backend folder"; kill $xl; cat "$TEST_DIR/attach"; return 1; }
		nap 0.3
	done
	echo "$h" > "$STATE/handle"
	guest_exec "$d" -t 40 "for ((i = 0; i < 200; i++)); do [ -e /sys/class/net/vif$id.$h ] && break; sleep 0.1; done
		ip link set vif$id.$h up && ip addr replace $DD_NET.1/24 dev vif$id.$h" || { echo "no vif in $d: $(guest_exec "$d" 'ls /sys/class/net; dmesg | tail -n 5')"; kill $xl; return 1; }
	xenstore-write "/local/domain/$dd/backend/vif/$id/$h/hotplug-status" connected
	wait $xl; rc=$?
	[ $rc = 0 ] || { echo "xl: $(cat "$TEST_DIR/attach")"; return $rc; }
}
dd_handle() { cat "$STATE/handle"; }
# dd_up GUEST: finds that interface in the guest (its name goes to /run/second there) and sets its
# address
dd_up() {
	guest_exec "$1" -t 40 "for ((i = 0; i < 200; i++)); do for d in /sys/class/net/*; do [ \"\$(< \$d/address)\" = $DD_MAC ] && break 2; done; sleep 0.1; done
		d=\${d##*/}; echo \$d > /run/second; ip link set \$d up; ip addr replace $DD_NET.2/24 dev \$d"
}
dd_name() { guest_exec "$1" 'cat /run/second'; }
# dd_reach GUEST SECONDS: the driver domain answers the guest
dd_reach() {
	guest_exec "$1" -t $(($2 + 20)) "end=\$((SECONDS + $2)); while [ \$SECONDS -lt \$end ]; do ping -c 1 -W 1 $DD_NET.1 > /dev/null 2>&1 && exit 0; sleep 0.2; done
		ip -o addr; dmesg | tail -n 5; exit 1"
}
