# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Where modules of ours come from: from packages that somebody built, or from DKMS here. Sourced by ctl/doctor.sh, whose checks ask.
# shellcheck disable=SC2154  # installer, visits, ready_made and package are set there

# our_package: the one that brought our scripts. xen-netfront-tools is xen-netfront-dkms without DKMS.
our_package()
{
	if [ -e "$XEN_NETFRONT_LIB/without-dkms" ]; then echo xen-netfront-tools; else echo xen-netfront-dkms; fi
}

# without_dkms: is that how this guest is meant to be?
without_dkms()
{
	[ "$(our_package)" = xen-netfront-tools ] && ! command -v dkms > /dev/null
}

# nothing_to_build: has each of the kernels that are looked at a module that came built?
nothing_to_build()
{
	all_built=1
	for visited in $visits; do
		[ -d "/lib/modules/$visited/kernel" ] || continue
		prebuilt_file "$visited" > /dev/null || return 1
		all_built=0
	done
	return $all_built
}

# unfit_command REASON: of $ready_made, which is of $package
unfit_command()
{
	case $1 in
	*'not enrolled') enrol_advice "$ready_made" ;;
	*)
		if [ -e /etc/debian_version ]; then
			echo "apt install --reinstall $package   # or: apt remove $package; then DKMS builds one, if it is there"
		else
			echo "${installer% install} reinstall $package   # or remove it; then DKMS builds one, if it is there"
		fi
		;;
	esac
}
