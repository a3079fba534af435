# shellcheck shell=bash
# Beside a driver that has the devices already, ours loads under its other name, says that it takes
# nothing, and takes and gives back what an admin hands over. Wants the module of a kernel with the
# driver built in; the in-tree module stands in for the built-in driver:
#   make module KDIR=... CONFIG_XEN_NETDEV_FRONTEND=y
#   tests/lab/run --module src/xen-netfront-dkms.ko tests/regress/beside.sh
# timeout: 400
guest_create g1 up=0 || fatal "a $TYPE guest with $KERNEL comes up"
[ "$(guest_exec g1 'modinfo -F name /lab/ours/xen-netfront.ko')" = xen_netfront_dkms ] ||
	skip_all "the module is not that of a kernel with the driver built in"
driver_of() { guest_exec g1 'basename "$(readlink -f /sys/bus/xen/devices/vif-0/driver)"'; }
has_driver() { [ "$(driver_of)" = "$1" ] || { driver_of; return 1; }; }
hand_over() { guest_exec g1 "echo vif-0 > /sys/bus/xen/drivers/$1/unbind; echo vif-0 > /sys/bus/xen/drivers/$2/bind; netup"; }

check "the kernel's driver loads" guest_exec g1 'insmod "$(find /lib/modules/*/kernel -name xen-netfront.ko)" && sleep 1 && netup'
check "it answers" wait_ping "$(guest_ip g1)" 20
check "ours loads beside it" guest_exec g1 'insmod /lab/ours/xen-netfront.ko'
check "the device stays where it is" has_driver vif
check "ours says so" guest_exec g1 'dmesg | grep "xen_netfront_dkms: the driver built into the kernel keeps its devices"'
check "it answers still" wait_ping "$(guest_ip g1)" 20
hand_over vif vif-dkms
check "handed over" has_driver vif-dkms
check "ours answers" wait_ping "$(guest_ip g1)" 20
hand_over vif-dkms vif
check "given back" has_driver vif
check "the kernel's answers again" wait_ping "$(guest_ip g1)" 20
check "ours unloads" guest_exec g1 'rmmod xen_netfront_dkms'
