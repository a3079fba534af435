# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Does the kernel's command line keep our driver away?

check_cmdline_machine()
{
	read -r cmdline < /proc/cmdline
	for word in $cmdline; do
		case $word in
		modprobe.blacklist=* | module_blacklist=* | rd.driver.blacklist=*)
			case ",${word#*=}," in
			*,xen_netfront,* | *,xen-netfront,*)
				found critical blacklisted "the kernel's command line has $word" "$(unboot_command "$word")" ;;
			esac
			;;
		esac
	done
	! intree_asked || found warning intree-asked "the kernel's command line asks for the distribution's driver (xen-netfront=intree)" \
		"$(unboot_command xen-netfront=intree)"
}
