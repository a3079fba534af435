# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Is what acts when we are not asked in place: the hook that builds the driver for the next kernel,
# the unit that takes over at boot?

check_hooks_system()
{
	# Red Hat's kernels call one or the other, Debian's the first.
	set -- /etc/kernel/postinst.d/dkms-xen-netfront
	[ -e /etc/debian_version ] || set -- "$@" /usr/lib/kernel/install.d/45-xen-netfront.install
	for hook; do
		[ -x "$hook" ] || found warning hook-missing "$hook is missing or not executable: no build for the next kernel" "$reinstall"
	done
	if [ -e "$AT_BOOT" ] && [ "$(systemctl is-enabled xen-netfront-takeover.service 2>/dev/null)" = masked ]; then
		found warning at-boot-masked "takeover at boot is asked for, and its unit is masked" "systemctl unmask xen-netfront-takeover.service"
	fi
	[ -x "$XEN_NETFRONT_LIB/kernels" ] || found warning hook-missing "$XEN_NETFRONT_LIB/kernels is missing" "$reinstall"
}
