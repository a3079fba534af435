# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Can our driver be had for this kernel, from a package or by DKMS, and is what came built for it in use?

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
}
