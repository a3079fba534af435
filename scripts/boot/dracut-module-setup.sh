#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dracut module: our driver, the distribution's as the way back, and the script that chooses, for a
# kernel that our driver is installed for; where it takes over from a built-in one at boot, ours and
# the script that does it. The files are named by path: some dracut versions do not look below
# updates/ by themselves.

xnf_modules()
{
	local file
	# Modules of packages, unless they are passed over: lib/prebuilt.sh
	# shellcheck disable=SC2154  # dracut sets kernel and moddir
	for file in "/lib/modules/$kernel"/{updates,extra,weak-updates}/xen-netfront/xen_netfront.ko*; do
		[[ ! -f $file || -e /etc/depmod.d/zz-xen-netfront-$kernel.conf ]] || echo "$file"
	done
	for file in "/lib/modules/$kernel/updates/dkms/xen_netfront.ko"* "/lib/modules/$kernel/extra/xen_netfront.ko"* \
		"/lib/modules/$kernel/kernel/drivers/net/xen-netfront.ko"*; do
		[[ ! -f $file ]] || echo "$file"
	done
}

xnf_takes_over()
{
	/usr/lib/xen-netfront/takeover wanted-in-image "$kernel"
}

check()
{
	[[ $(xnf_modules) == *xen_netfront.ko* ]] || xnf_takes_over
}

depends()
{
	return 0
}

installkernel()
{
	local file
	! xnf_takes_over || hostonly='' instmods xen_netfront_dkms
	[[ $(xnf_modules) == *xen_netfront.ko* ]] || return 0
	hostonly='' instmods xen_netfront
	while read -r file; do
		inst_simple "$file"
	done < <(xnf_modules)
}

install()
{
	local file
	inst_simple /usr/lib/xen-netfront/load
	inst_simple /usr/lib/xen-netfront/cmdline.sh
	inst_simple /etc/modprobe.d/xen-netfront.conf
	inst_multiple sh modprobe insmod mkdir
	if xnf_takes_over; then
		inst_multiple sleep
		for file in takeover common.sh prebuilt.sh bus.sh atboot.sh cmdline.sh; do
			inst_simple "/usr/lib/xen-netfront/$file"
		done
		# shellcheck disable=SC2154  # dracut sets moddir
		inst_hook pre-udev 10 "$moddir/takeover.sh"
	fi
}
