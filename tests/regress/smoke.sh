# shellcheck shell=bash
# The driver loads in a guest, connects, answers a ping.
# timeout: 300
guest_create g1 || fatal "a $TYPE guest with $KERNEL and driver $DRIVER comes up"
ok "a $TYPE guest with $KERNEL and driver $DRIVER comes up"
note "$(guest_exec g1 'ethtool -i eth0 | head -n 2; cat /sys/module/xen_netfront/version 2>/dev/null; dmesg | grep -i -E "xen.netfront|eth0"')"
check "ping v4" wait_ping "$(guest_ip g1)" 10
check "ping v6" wait_ping "$(guest_ip6 g1)" 10
