# shellcheck shell=bash
# What `make demo` shows, in dom0: one guest after the other with our driver and with the in-tree
# one, reloaded and live-migrated under a TCP stream both ways; then a PV guest with ours saved and
# restored. Leaves facts, events and streams for tests/lab/demo to draw.
# timeout: 900
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh

event() { printf '%s\t%s\n' "$EPOCHREALTIME" "$1" >> "$TEST_DIR/$driver.events"; }
fact() { printf '%s\n' "$1" >> "$TEST_DIR/$driver.facts"; note "$1"; }
iperf() { timeout 40 iperf3 -c "$(guest_ip g)" -t 3 -f m "$@" 2>&1 | awk '/receiver/ {print $(NF-2), $(NF-1)}' | tail -n 1; }
reload_ours() { guest_exec g -t 60 'modprobe -r xen_netfront && modprobe xen_netfront && until netup eth0 2>/dev/null; do :; done'; }
reload_intree() {
	guest_exec g -t 60 'modprobe -r xen_netfront 2>&1; echo vif-0 > /sys/bus/xen/drivers/vif/unbind
		modprobe -r xen_netfront && modprobe xen_netfront && until netup eth0 2>/dev/null; do :; done'
}

for driver in ours intree; do
	out=$(guest_create g type=pvh driver=$driver memory=176) || fatal "$driver: guest up" "$out"
	ok "$driver: a guest is up"
	fact "$(guest_exec g 'echo "kernel $(uname -r), $(ethtool -i eth0 | sed -n "1,2p" | paste -s -d " "), $(modinfo -n xen_netfront)"')"
	big_bursts g
	[ $driver != ours ] || { fact "TCP to the guest: $(iperf)"; fact "TCP from the guest: $(iperf -R)"; }
	check "$driver: TCP both ways" pump_start g || { guest_destroy g; continue; }
	nap 5
	event reload
	if out=$(reload_$driver); then ok "$driver: reloaded under traffic"; else not_ok "$driver: reloaded under traffic" "$out"; fi
	[ -z "$out" ] || fact "modprobe -r said: $(head -n 1 <<< "$out")"
	nap 1
	check "$driver: the stream goes on after the reload" pump_moves g 60
	nap 5
	event migration
	dom0_first
	check "$driver: live migration under traffic" guest_migrate g
	check "$driver: the stream goes on after the migration" pump_moves g 60
	dom0_equal
	nap 5
	event end
	check "$driver: every byte as sent" pump_stop g
	mv "$TEST_DIR/g.pump" "$TEST_DIR/$driver.pump"
	out=$(guest_exec g -t 30 'ip link set eth0 down; if [ -e /sys/bus/xen/drivers/vif/vif-0 ]; then echo vif-0 > /sys/bus/xen/drivers/vif/unbind; fi; modprobe -r xen_netfront 2>&1')
	fact "keys of the driver left in xenstore after unload: $(fe_keys g | grep -cvE '^(backend|backend-id|handle|mac|mtu|state|trusted)( |$)')"
	guest_destroy g
done

driver=ours
out=$(guest_create p type=pv vcpus=2 memory=192) || fatal "a PV guest up" "$out"
ok "a PV guest with two vCPUs is up"
check "TCP both ways" pump_start p
dom0_first
check "save and restore under traffic" eval 'guest_save p /tmp/saved && guest_restore p /tmp/saved'
check "the stream goes on after the restore" pump_moves p 60
check "every byte as sent" pump_stop p
fact "save and restore (PV, two vCPUs): the TCP connection went on"
# the in-tree driver's messages are its own affair here
allow_guest g
