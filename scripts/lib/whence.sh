# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# The doctor's questions about where modules of ours come from: from packages that somebody built, or from DKMS here, with what that needs; for the
# kernels that are there and for those that come. Sourced by ctl/doctor.sh, whose found, installer and kernels_to_visit it uses.
# shellcheck disable=SC2154  # installer, reinstall, kernel, our, version are set there

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

# nothing_to_build all|next: has each of the kernels that are looked at a module that came built?
nothing_to_build()
{
	all_built=1
	for visited in $(kernels_to_visit "$1"); do
		[ -d "/lib/modules/$visited/kernel" ] || continue
		prebuilt_file "$visited" > /dev/null || return 1
		all_built=0
	done
	return $all_built
}

# check_package all|next
check_package()
{
	source_folder > /dev/null || found warning sources-missing "no sources in /usr/src/$MODULE-$(source_version)" "$reinstall"
	# What is built elsewhere needs none of this here; each kernel without such a module says so itself.
	! without_dkms || return 0
	! nothing_to_build "$1" || return 0
	command -v dkms > /dev/null || found warning dkms-missing "dkms is not installed" "$installer dkms"
	command -v make > /dev/null ||
		found warning compiler-missing "make is not installed, so the driver cannot be built" "$installer make"
	# Debian's headers bring a gcc-NN of their own and need no plain gcc.
	[ -n "$(find /usr/bin -name cc -o -name gcc -o -name 'gcc-[0-9]*')" ] ||
		found warning compiler-missing "no gcc is installed, so the driver cannot be built" "$installer gcc"
}

# The next kernel: what brings kernels of this flavour has a twin that brings their headers, for DKMS. Where there is no DKMS, one package brings all
# modules that were built; on Red Hat's distributions dnf picks them by itself.
check_next_kernels()
{
	if without_dkms; then
		# shellcheck disable=SC2016  # dpkg's own variable
		[ -z "$(image_meta)" ] || [ "$(dpkg-query -W -f='${db:Status-Status}' xen-netfront-modules 2>/dev/null)" = installed ] ||
			found warning modules-of-next "$(image_meta | head -n 1) will bring kernels, and nothing brings built modules for them" \
				"$installer xen-netfront-modules"
		return
	fi
	for meta in $(image_meta); do
		headers=linux-headers-${meta#linux-image-}
		# shellcheck disable=SC2016  # dpkg's own variable
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$headers" 2>/dev/null)" = installed ] ||
			found warning headers-of-next "$meta will bring kernels without their headers: no build for them" "apt install $headers"
	done
}

# check_source_of_module: can our driver be had for $kernel, and is what came built for it in use?
check_source_of_module()
{
	if ! ready_made=$(prebuilt_there "$kernel"); then
		if without_dkms; then
			found warning no-module "nobody built our driver for it, and there is no DKMS to do it here" \
				"$installer $(prebuilt_wanted "$kernel")   # or dkms and $(header_package "$kernel")"
		elif ! has_headers "$kernel"; then
			found warning headers-missing "kernel headers are not installed" "$installer $(header_package "$kernel")"
		fi
		return 0
	fi
	package=$(prebuilt_package "$ready_made") || package=$ready_made
	if why=$(prebuilt_misfit "$kernel" "$ready_made") && [ "$(id -u)" != 0 ] && [ "${why%not enrolled}" != "$why" ]; then
		found note signer-unseen "only root can see whether the key that signed $ready_made is enrolled" "sudo xen-netfrontctl doctor"
	elif [ -n "$why" ]; then
		found warning module-unfit "the built module of $package does not fit: $why$(prebuilt_file "$kernel" > /dev/null || echo "; it is passed over")" \
			"$(unfit_command "$why")"
	elif ! prebuilt_file "$kernel" > /dev/null; then
		found warning module-unused "the built module of $package fits, and is passed over" "xen-netfrontctl build $kernel"
	elif dkms_file "$kernel" > /dev/null; then
		found warning module-twice "DKMS built a module as well, where that of $package is used" "xen-netfrontctl build $kernel"
	fi
	return 0
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

# check_prebuilt: of $our and its version. Whether it fits was said.
check_prebuilt()
{
	! prebuilt_misfit "$kernel" "$our" > /dev/null || return 1
	[ "$version" = "$(source_version)" ] || found warning outdated \
		"the built module of $(prebuilt_package "$our") is version $version, $(our_package) is $(source_version)" \
		"$(if [ -e /etc/debian_version ]; then echo "apt install"; else echo "${installer% install} upgrade"; fi) $(prebuilt_package "$our")"
}
