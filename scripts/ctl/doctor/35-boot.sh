# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What became of this boot: a driver of ours that could not be loaded, a device without an
# interface?

check_boot_machine()
{
	# What was mended since, by apply, is no finding.
	[ ! -s "$RUN/fallback" ] || [ "$(running_driver)" = ours ] ||
		found warning fallback-used "this boot took the distribution's driver: $(cat "$RUN/fallback")" "xen-netfrontctl apply"
	for device in $(vif_devices); do
		interface_of "$device" > /dev/null && continue
		# One that has its driver has its interface, too: in a container's network
		# namespace. The next boot is sound.
		if [ -e "/sys/bus/xen/devices/$device/driver" ] || [ "$(cat "/sys/bus/xen/devices/$device/state" 2>/dev/null)" = Connected ]; then
			found warning interface-elsewhere "$device has no interface here; it may be in another network namespace, and apply refuses" \
				"lsns -t net   # of a process there: nsenter -t PID -n ip link set INTERFACE netns 1"
		else
			found critical no-interface "$device has no interface" "dmesg | grep -i -e netfront -e $device"
		fi
	done
}
