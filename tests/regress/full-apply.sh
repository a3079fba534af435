# shellcheck shell=bash
# A full Debian guest, our package installed, one ssh connection over the interface whose driver is
# changed: rollback and apply keep it; a driver that is deaf is noticed and undone within 60 s; what
# cannot be loaded at boot gives way to the distribution's driver.
# full-guests: installed
# timeout: 1500
. /lab/tests/lib/full.sh
begun=$SECONDS
out=$(full_create f1) || fatal "the guest boots to an ssh login" "$out"
ok "the guest boots to an ssh login"
note "in $((SECONDS - begun)) s: $(full f1 'uname -r; systemd-analyze 2>/dev/null | head -n 1; ip -br addr show up; xen-netfrontctl status')"

# ---- from the initramfs on ----
from_image() {
	full f1 'dmesg' > "$TEST_DIR/dmesg.f1"
	awk '/xen_netfront: loading out-of-tree module/ && !ours { ours = NR } /xvda\): mounted/ && !root { root = NR }
		END { print "ours in line " ours ", root file system in line " root; exit !(ours && root && ours < root) }' "$TEST_DIR/dmesg.f1"
}
check "our driver has the device after boot" runs f1 ours
check "and was loaded before the root file system was mounted" from_image
sound() { full f1 'xen-netfrontctl doctor --all'; }
silent() { local out; out=$(sound) && [ -z "$out" ] || { echo "$out"; return 1; }; }
check "the doctor is silent" silent
name=$(full f1 'ls /sys/bus/xen/devices/vif-0/net')

# ---- changes under the connection ----
# changes SECONDS STATUS COMMAND: over the connection, which is there before and after; its output
# is kept
changes() {
	local begun=$SECONDS status
	FULL_LIMIT=150 full f1 "$3" > "$TEST_DIR/change" 2>&1
	status=$?
	cat "$TEST_DIR/change"
	[ $status = "$2" ] || { echo "exit status $status"; return 1; }
	[ $((SECONDS - begun)) -le "$1" ] || { echo "took $((SECONDS - begun)) s"; return 1; }
	full_connected f1
}
as_it_was() {
	full f1 "ip -br addr show dev $name; ip route" > "$TEST_DIR/net.now"
	diff "$TEST_DIR/net.before" "$TEST_DIR/net.now"
}
full f1 "ip -br addr show dev $name; ip route" > "$TEST_DIR/net.before"
check "rollback through ssh over this interface keeps the connection" changes 60 0 'xen-netfrontctl rollback'
check "the distribution's driver runs" runs f1 intree
check "name, addresses and routes are as they were" as_it_was
check "apply through ssh over this interface keeps the connection" changes 60 0 'xen-netfrontctl apply'
note "$(cat "$TEST_DIR/change")"
check "our driver runs" runs f1 ours
check "name, addresses and routes are as they were" as_it_was

# ---- a deaf driver of the same version ----
ours='$(ls /lib/modules/$(uname -r)/updates/dkms/xen_netfront.ko)'
full f1 "cp -p $ours /srv/good.ko; cp /srv/deaf/xen-netfront.ko $ours"
check "a deaf driver: apply goes back within 60 s and keeps the connection" changes 60 1 'xen-netfrontctl apply --reload'
check "and says why" grep -E 'rolled back: no answer from 10.99.0.1' "$TEST_DIR/change"
note "$(cat "$TEST_DIR/change")"
check "the distribution's driver runs" runs f1 intree
check "name, addresses and routes are as they were" as_it_was

# ---- a module that cannot be loaded at boot ----
full f1 "head -c 20000 /srv/good.ko > $ours; update-initramfs -u" > /dev/null 2>&1
doctor_names() { full f1 'xen-netfrontctl doctor' | grep -E "$1"; }
check "the doctor names the broken module" doctor_names 'broken-module'
out=$(full_reboot f1) || fatal "a module that cannot be loaded at boot: the guest is reached after it" "$out"
ok "a module that cannot be loaded at boot: the guest is reached after it"
check "on the distribution's driver" runs f1 intree
check "the doctor says that this boot fell back" doctor_names 'fallback-used'
check "the console says so too" grep 'loaded the distribution.s driver .* instead' /var/log/xen/guest-f1.log
