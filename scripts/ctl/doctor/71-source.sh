# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Can our driver be had for this kernel, from a package or by DKMS, and is what came built for it in
# use? Sets misfit: why the kernel would not take what came built.

check_source_kernel()
{
	[ "$way" = module ] || return 0
	if ready_made=$(prebuilt_there "$kernel"); then
		check_source_built
	elif without_dkms; then
		found warning no-module "nobody built our driver for it, and there is no DKMS to do it here" \
			"$installer $(prebuilt_wanted "$kernel")   # or dkms and $(header_package "$kernel")"
	elif ! has_headers "$kernel"; then
		found warning headers-missing "kernel headers are not installed" "$installer $(header_package "$kernel")"
	fi
}

# check_source_built: of the module $ready_made
check_source_built()
{
	package=$(prebuilt_package "$ready_made") || package=$ready_made
	if misfit=$(prebuilt_misfit "$kernel" "$ready_made") && [ "$(id -u)" != 0 ] && [ "${misfit%not enrolled}" != "$misfit" ]; then
		found note signer-unseen "only root can see whether the key that signed $ready_made is enrolled" "sudo xen-netfrontctl doctor"
	elif [ -n "$misfit" ]; then
		found warning module-unfit "the built module of $package does not fit: $misfit$(prebuilt_file "$kernel" > /dev/null || echo "; it is passed over")" \
			"$(check_source_command)"
	elif ! prebuilt_file "$kernel" > /dev/null; then
		found warning module-unused "the built module of $package fits, and is passed over" "xen-netfrontctl build $kernel"
	elif dkms_file "$kernel" > /dev/null; then
		found warning module-twice "DKMS built a module as well, where that of $package is used" "xen-netfrontctl build $kernel"
	fi
}

# check_source_command: what mends $misfit of $ready_made, which is of $package
check_source_command()
{
	case $misfit in
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
