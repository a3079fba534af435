# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What the kernel's command line asks of us. Sourced, also in the boot image, where there are the
# shell's own commands only. POSIX sh.

# intree_asked: the distribution's driver, by who has only the boot loader?
intree_asked()
{
	cmdline=
	# Not there in a chroot without /proc.
	{ read -r cmdline < /proc/cmdline; } 2>/dev/null
	case " $cmdline " in
	*' xen-netfront=intree '*) return 0 ;;
	esac
	return 1
}
