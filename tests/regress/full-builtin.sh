# shellcheck shell=bash
# A full Debian guest whose kernel has the Xen network driver built in: installing says what that
# means and changes nothing; takeover says what it will do, does it under an ssh connection, and is
# undone.
# full-guests: builtin
# timeout: 2400
. /lab/tests/lib/full.sh
out=$(full_create f1 512) || fatal "the guest boots to an ssh login" "$out"
ok "the guest boots to an ssh login"
check "its kernel has the driver built in" runs f1 builtin
name=$(full f1 'ls /sys/bus/xen/devices/vif-0/net')
full f1 "ip -br addr show dev $name; ip route" > "$TEST_DIR/net.before"
as_it_was() {
	full f1 "ip -br addr show dev $name; ip route" > "$TEST_DIR/net.now"
	diff "$TEST_DIR/net.before" "$TEST_DIR/net.now"
}
device_of() { local d; d=$(full f1 'basename $(readlink -f /sys/bus/xen/devices/vif-0/driver)'); [ "$d" = "$1" ] || { echo "the device has the driver $d"; return 1; }; }
# run_in TEXT COMMAND: its output is kept, and ssh's connection
run_in() {
	FULL_LIMIT=1200 full f1 "$2" > "$TEST_DIR/$1" 2>&1 || { cat "$TEST_DIR/$1"; return 1; }
	full_connected f1
}
check "apt-get install" run_in install 'export DEBIAN_FRONTEND=noninteractive; apt-get update && apt-get install -y xen-netfront-dkms'
check "it says what it means" grep 'its Xen network driver is built in and cannot be replaced by a module; the in-tree driver stays' "$TEST_DIR/install"
note "$(grep '^xen-netfront' "$TEST_DIR/install")"
check "the network stays" as_it_was
check "takeover alone says what it would do" run_in says 'xen-netfrontctl takeover'
check "and does nothing" device_of vif
begun=$SECONDS
check "takeover --yes keeps the connection" run_in takeover 'xen-netfrontctl takeover --yes'
note "in $((SECONDS - begun)) s, with the build: $(cat "$TEST_DIR/takeover")"
check "our driver has the device" device_of vif-dkms
check "status says so" full f1 'xen-netfrontctl status | grep "beside the one built into the kernel"'
check "name, addresses and routes are as they were" as_it_was
check "takeover --undo keeps the connection" run_in undo 'xen-netfrontctl takeover --undo'
check "the built-in driver has the device" device_of vif
check "our module is gone" full f1 '! find /lib/modules -name "xen_netfront_dkms*" | grep . && [ ! -d /sys/module/xen_netfront_dkms ]'
check "name, addresses and routes are as they were" as_it_was
