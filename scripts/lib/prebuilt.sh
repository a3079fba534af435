# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Modules of ours that somebody else built: packages of packaging/modules, one for each kernel. The
# rule, in one place:
#   where such a module is there and fits its kernel, it is used, and DKMS builds none for that
#   kernel;
#   where it does not fit, or the admin holds that kernel back, depmod is told to pass it over:
#   DKMS's is used, else the distribution's.
# Its file belongs to its package, so that it is never removed here. Sourced by common.sh, never
# run. POSIX sh.

PREBUILT=xen-netfront        # the folder that its files have to themselves, below updates, extra,
                             # weak-updates

# our_package: the one that brought our scripts. xen-netfront-tools is xen-netfront-dkms without
# DKMS.
our_package()
{
	if [ -e "$XEN_NETFRONT_LIB/without-dkms" ]; then echo xen-netfront-tools; else echo xen-netfront-dkms; fi
}

# without_dkms: is that how this guest is meant to be?
without_dkms()
{
	[ "$(our_package)" = xen-netfront-tools ] && ! command -v dkms > /dev/null
}

# pass_file KERNEL: there: depmod passes its prebuilt module over. zz: what depmod reads last comes
# first.
pass_file()
{
	echo "/etc/depmod.d/zz-xen-netfront-$1.conf"
}

# prebuilt_there KERNEL: its file, whether it is used or not. In weak-updates is a link that
# weak-modules of Red Hat's kmod made: to a module that was built for another kernel, whose symbols
# this one has all the same.
prebuilt_there()
{
	module_file "/lib/modules/$1/updates/$PREBUILT/xen_netfront" "/lib/modules/$1/extra/$PREBUILT/xen_netfront" \
		"/lib/modules/$1/weak-updates/$PREBUILT/xen_netfront"
}

# prebuilt_file KERNEL: the one that is used.
prebuilt_file()
{
	[ ! -e "$(pass_file "$1")" ] && prebuilt_there "$1"
}

# prebuilt_package FILE: the package that it came with.
prebuilt_package()
{
	prebuilt_real=$(readlink -f "$1")
	if command -v dpkg-query > /dev/null && [ -e /etc/debian_version ]; then
		# dpkg knows a file by the name that it came under, also where /lib is a link.
		{ dpkg-query -S "$prebuilt_real" || dpkg-query -S "${prebuilt_real#/usr}"; } 2>/dev/null | sed -n '1s/:.*//p' | grep .
	else
		rpm -qf --qf '%{NAME}\n' "$prebuilt_real" 2>/dev/null | head -n 1 | grep .
	fi
}

# prebuilt_wanted KERNEL: the name of the package that would bring one.
prebuilt_wanted()
{
	if [ -e /etc/debian_version ]; then echo "xen-netfront-modules-$1"; else echo "kmod-xen-netfront-$1"; fi
}

# prebuilt_certificate FILE: the public half of the key that signed it, which came along; for
# mokutil.
prebuilt_certificate()
{
	prebuilt_real=$(readlink -f "$1")
	prebuilt_real=${prebuilt_real#/usr}
	prebuilt_real=${prebuilt_real#/lib/modules/}
	for prebuilt_cert in "/usr/share/xen-netfront/modules/${prebuilt_real%%/*}"/*.der; do
		if [ -r "$prebuilt_cert" ]; then
			echo "$prebuilt_cert"
			return 0
		fi
	done
	return 1
}

# is_prebuilt FILE: by its folder
is_prebuilt()
{
	case $1 in
	*/updates/"$PREBUILT"/* | */extra/"$PREBUILT"/* | */weak-updates/"$PREBUILT"/*) return 0 ;;
	esac
	return 1
}

# prebuilt_misfit KERNEL FILE: why the kernel would not take it; status 1 when it would.
prebuilt_misfit()
{
	prebuilt_magic=$(modinfo -F vermagic "$2" 2>/dev/null)
	if [ -z "$prebuilt_magic" ] || ! driver_version "$2" > /dev/null; then
		echo "it cannot be read as a module of ours"
	elif [ "${prebuilt_magic%% *}" != "$1" ] && [ "${2#*/weak-updates/}" = "$2" ]; then
		echo "it was built for ${prebuilt_magic%% *}"
	elif signatures_enforced && [ -z "$(modinfo -F signer "$2" 2>/dev/null)" ]; then
		echo "Secure Boot is on and it carries no signature"
	elif signatures_enforced && ! signer_trusted "$2"; then
		echo "Secure Boot is on and the key that signed it is not enrolled"
	else
		return 1
	fi
}

# prebuilt_advice KERNEL FILE REASON: the command that mends it.
prebuilt_advice()
{
	case $3 in
	*'not enrolled') enrol_advice "$2" ;;
	*) echo "install $(prebuilt_wanted "$1") anew, as the build machine has it now" ;;
	esac
}

# pass_over KERNEL: where there is such a module. The lines say what comes before it: DKMS's folder,
# on either family, then the distribution's file under both of its spellings.
pass_over()
{
	if [ -e "$(pass_file "$1")" ] || ! prebuilt_there "$1" > /dev/null; then return 0; fi
	mkdir -p /etc/depmod.d
	{
		echo "# xen-netfront: the built module of a package is not used for $1, see: xen-netfrontctl doctor"
		echo "override xen_netfront $1 kernel/drivers/net"
		echo "override xen-netfront $1 kernel/drivers/net"
		echo "override xen_netfront $1 extra"
		echo "override xen_netfront $1 updates/dkms"
	} > "$(pass_file "$1")"
	depmod "$1" > /dev/null 2>&1
}

# pass_no_more KERNEL
pass_no_more()
{
	[ -e "$(pass_file "$1")" ] || return 0
	rm -f "$(pass_file "$1")"
	rmdir /etc/depmod.d 2>/dev/null
	[ ! -d "/lib/modules/$1/kernel" ] || depmod "$1" > /dev/null 2>&1
}

# prebuilt_changed KERNEL: those that a package of modules built for KERNEL concerns: it, and others
# with a link to it, now or before.
prebuilt_changed()
{
	for prebuilt_kernel in $(all_kernels); do
		[ -d "/lib/modules/$prebuilt_kernel/kernel" ] || continue
		if [ "$prebuilt_kernel" = "$1" ]; then
			echo "$1"
			continue
		fi
		prebuilt_link=/lib/modules/$prebuilt_kernel/weak-updates/$PREBUILT/xen_netfront.ko
		case $(readlink "$prebuilt_link")$(recorded "$prebuilt_kernel" detail) in
		*/lib/modules/"$1"/* | *"$prebuilt_link"*) echo "$prebuilt_kernel" ;;
		esac
	done
}
