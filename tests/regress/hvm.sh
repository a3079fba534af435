# shellcheck shell=bash disable=SC2034,SC2154
# What only an HVM guest meets: an emulated network card beside the paravirtual one, and the
# toolstack's shutdown and reboot by ACPI's side.
#   unplug    by default the emulated card is gone before any driver looks, and the paravirtual one
#             works
#   keep      xen_emul_unplug=unnecessary: both are there, ours has the paravirtual one
#   never     xen_emul_unplug=never: the emulated card is the guest's; ours does not load, says why
#             in a line, and writes nothing to xenstore
#   end       xl shutdown, xl reboot: each within its time, the network is there after the reboot
# usage: tests/lab/run --type hvm tests/regress/hvm.sh[:PARTS=never+end]
# hvm
# modules: more
# timeout: 1200
: "${PARTS:=unplug+keep+never+end}"
[ "$TYPE" = hvm ] || skip_all "only HVM guests have emulated network cards"
modprobe tun
e1000='grep -l "^0x100e" /sys/bus/pci/devices/*/device'
driver_of() { guest_exec g1 'basename $(readlink /sys/class/net/'"$1"'/device/driver)'; }
# emulated EXTRA: a guest with an e1000 and a vif of the same MAC
emulated() { guest_create g1 vif=model=e1000 modules=more "$@"; }

unplug() {
	local out
	out=$(emulated) || { not_ok "unplug: guest up" "$out"; return; }
	check "unplug: no emulated card is left" guest_exec g1 "! $e1000"
	check "unplug: eth0 is the paravirtual one's" [ "$(driver_of eth0)" = vif ]
	check "unplug: answers" wait_ping "$(guest_ip g1)" 20
	guest_destroy g1
}
keep() {
	local out
	out=$(emulated extra=xen_emul_unplug=unnecessary) || { not_ok "keep: guest up" "$out"; return; }
	check "keep: the emulated card is there" guest_exec g1 "$e1000"
	check "keep: its driver has it" guest_exec g1 'modprobe -d /more e1000; sleep 1; [ -d /sys/class/net/eth1 ]'
	check "keep: ours has the paravirtual one" [ "$(driver_of eth0) $(driver_of eth1)" = "vif e1000" ]
	check "keep: answers" wait_ping "$(guest_ip g1)" 20
	guest_destroy g1
}
never() {
	local out fe before
	out=$(emulated extra=xen_emul_unplug=never up=0) || { not_ok "never: guest up" "$out"; return; }
	fe=$(fe_path g1)
	before=$(xenstore-ls -f "$fe")
	out=$(guest_exec g1 'dmesg -C; modprobe xen_netfront' 2>&1)
	check "never: modprobe fails, with a reason" grep 'No such device' <<< "$out"
	[ "$DRIVER" != ours ] || check "never: the kernel's log has one line of it" guest_exec g1 '[ "$(dmesg | grep -v "out-of-tree\|taint\|verification" | grep -c xen_netfront)" = 1 ]' || note "$(guest_exec g1 dmesg)"
	check "never: not loaded" guest_exec g1 '! grep -q xen_netfront /proc/modules'
	check "never: nothing is written" [ "$before" = "$(xenstore-ls -f "$fe")" ]
	check "never: the emulated card works" guest_exec g1 'modprobe -d /more e1000; sleep 1; netup eth0; ping -c 3 -W 2 10.99.0.1'
	guest_destroy g1
}
end() {
	local out
	out=$(guest_create g1 reboot=restart) || { not_ok "end: guest up" "$out"; return; }
	check "end: answers" wait_ping "$(guest_ip g1)" 20
	guest_exec g1 'echo before > /tmp/mark'
	check "end: xl reboot" xl reboot g1
	rm -f "$STATE/g1.id"
	check "end: another kernel is there" wait_for 400 eval 'rm -f /run/lab/console.g1 "$STATE/g1.id"; [ "$(guest_exec g1 -t 5 "cat /tmp/mark 2> /dev/null || echo fresh" 2> /dev/null)" = fresh ]'
	check "end: answers after it" wait_ping "$(guest_ip g1)" 60
	check "end: xl shutdown" within 90 xl shutdown -w g1
	guest_destroy g1
}
[[ $PARTS != *unplug* ]] || unplug
[[ $PARTS != *keep* ]] || keep
[[ $PARTS != *never* ]] || never
[[ $PARTS != *end* ]] || end
