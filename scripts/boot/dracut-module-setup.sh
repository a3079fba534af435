#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dracut module: our driver, the distribution's as the way back, and the script that chooses, for a kernel that our
# driver is installed for. The files are named by path: some dracut versions do not look below updates/ by themselves.

xnf_modules()
{
	local file
	# shellcheck disable=SC2154  # dracut sets kernel and moddir
	for file in "/lib/modules/$kernel/updates/dkms/xen_netfront.ko"* "/lib/modules/$kernel/extra/xen_netfront.ko"* \
		"/lib/modules/$kernel/kernel/drivers/net/xen-netfront.ko"*; do
		[[ ! -f $file ]] || echo "$file"
	done
}

check()
{
	[[ $(xnf_modules) == *xen_netfront.ko* ]]
}

depends()
{
	return 0
}

installkernel()
{
	local file
	hostonly='' instmods xen_netfront
	while read -r file; do
		inst_simple "$file"
	done < <(xnf_modules)
}

install()
{
	inst_simple /usr/lib/xen-netfront/load
	inst_simple /etc/modprobe.d/xen-netfront.conf
	inst_multiple sh modprobe insmod mkdir
}
