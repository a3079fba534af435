# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Can a module be written for the next kernel, or is /lib/modules on a file system that is mounted
# read-only? Systems that come as an image (ostree, bootc, squashfs) are not asked: there kernel and
# modules are made where the image is.

check_writable_machine()
{
	[ ! -e /run/ostree-booted ] || return 0
	# Spaces in what it prints are \x20. Without findmnt nobody knows, and nobody complains.
	mounted=$(findmnt -fnro OPTIONS,FSTYPE,TARGET -T /lib/modules 2>/dev/null) || return 0
	case ",$mounted" in
	*' squashfs '* | *' erofs '* | *' iso9660 '* | *' cramfs '*) return 0 ;;
	*,ro[,\ ]*) ;;
	*) return 0 ;;
	esac
	found warning modules-readonly "/lib/modules is on a file system that is mounted read-only, so no driver can be built for the next kernel" \
		"mount -o remount,rw ${mounted##* }   # for later boots, look for ro in /etc/fstab"
}
