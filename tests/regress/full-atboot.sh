# shellcheck shell=bash
# Takeover that lasts, in a full guest whose kernel has the driver built in: opted in, our driver
# has the device before network-pre.target at each of ROUNDS reboots, and the network is there no
# more than 2 s later than with the built-in driver alone (median of five, of reboots in turn);
# devices that are plugged in; xen-netfront=intree; a purge.
# full-guests: beside
# timeout: 7200
. /lab/tests/lib/full.sh
. /lab/tests/lib/boots.sh
export FULL_LIMIT=900
: "${ROUNDS:=10}"
out=$(full_create f1 512) || fatal "the guest boots to an ssh login" "$out"
ok "the guest boots to an ssh login"
check "the guest is prepared" at_boot_guest
keep_as_it_was
check "takeover --yes --at-boot" full f1 'xen-netfrontctl takeover --yes --at-boot'
check "ours has the device" device_of vif-dkms

# ---- reboots ----
# After each second one, up to five, one with the built-in driver alone: it is compared with that.
ours=() builtin=()
for ((round = 1; round <= ROUNDS; round++)); do
	check "reboot $round" full_reboot f1 || break
	check "reboot $round: ours had the device before network-pre.target" at_network_pre vif-dkms vif-0
	check "reboot $round: ours has it" device_of vif-dkms
	ours+=("$(online_ms)")
	[ $((round % 2)) = 0 ] && [ $round -le 10 ] || continue
	full f1 'mv /etc/xen-netfront/takeover-at-boot /srv/'
	check "reboot $round, the built-in driver alone" full_reboot f1 || break
	check "reboot $round, the built-in driver alone: it has the device" at_network_pre vif vif-0
	builtin+=("$(online_ms)")
	full f1 'mv /srv/takeover-at-boot /etc/xen-netfront/'
done
note "network after (ms): ours ${ours[*]}; built-in ${builtin[*]}"
later=$(($(median "${ours[@]:0:5}") - $(median "${builtin[@]}")))
in_time() { echo "$later ms later"; [ $later -le 2000 ]; }
check "the network is there no later than 2 s after the built-in driver alone (median: $later ms)" in_time
full f1 'dmesg; systemd-analyze blame; systemd-analyze critical-chain xen-netfront-takeover.service' > "$TEST_DIR/boot.f1"
check "name, addresses and routes are as they were" as_it_was
check "traffic" traffic "$(full_ip f1)"
doctor() { local out; out=$(full f1 'xen-netfrontctl doctor') && [ -z "$out" ] || { echo "$out"; return 1; }; }
check "the doctor is silent" doctor
check "status says it" full f1 'xen-netfrontctl status | grep -E "at boot +ours, version"'

# ---- plugged in ----
bridge_up 1
full f1 'printf "%s\n" "[Match]" MACAddress=00:16:3e:00:01:02 "[Network]" Address=10.99.1.2/24 LinkLocalAddressing=no > /etc/systemd/network/10-second.network
	networkctl reload'
check "a second interface is plugged in" timeout 60 xl network-attach f1 mac=00:16:3e:00:01:02 bridge=xenbr1
check "ours gets it" wait_for 30 device_of vif-dkms vif-1
check "it is configured, and answers" wait_ping 10.99.1.2 30
check "traffic over it" traffic 10.99.1.2
check "the first keeps its driver" device_of vif-dkms
check "plugged in: reboot" full_reboot f1
check "ours had both before network-pre.target" at_network_pre vif-dkms vif-0 vif-1
check "the second one answers" wait_ping 10.99.1.2 30
check "it is unplugged" timeout 60 xl network-detach f1 1
check "it is gone" full f1 '! ls -d /sys/bus/xen/devices/vif-1 2> /dev/null'
check "and plugged in once more" timeout 60 xl network-attach f1 mac=00:16:3e:00:01:02 bridge=xenbr1
check "ours gets it, it answers" wait_ping 10.99.1.2 30
check "ours has it" device_of vif-dkms vif-1

# ---- ways back ----
command_line() { full f1 "sed -i 's/ xen-netfront=intree//; s/ audit=0/$1&/' /boot/grub/grub.cfg"; }
command_line ' xen-netfront=intree'
check "xen-netfront=intree: reboot" full_reboot f1
check "xen-netfront=intree: the built-in driver has the devices" at_network_pre vif vif-0
check "xen-netfront=intree: ours is not loaded" not_tried
check "xen-netfront=intree: status says it" full f1 'xen-netfrontctl status | grep "asked for on the kernel.s command line"'
command_line ''
check "without it: reboot" full_reboot f1
check "without it: ours has the device" at_network_pre vif-dkms vif-0
check "purge" full f1 'DEBIAN_FRONTEND=noninteractive apt-get purge -y xen-netfront-dkms > /run/purge 2>&1 || { cat /run/purge; exit 1; }'
check "purge: nothing that runs was touched" device_of vif-dkms
check "purge: reboot" full_reboot f1
check "purge: the built-in driver has the device" device_of vif
left() { ! full f1 'find / -xdev \( -path /srv -o -path /proc \) -prune -o -name "*xen[-_]netfront*" -print | grep .'; }
check "purge: nothing of ours is left" left
check "name, addresses and routes are as they were" as_it_was
