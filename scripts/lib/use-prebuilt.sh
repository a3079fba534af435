# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# The part of kernels that is about modules of packages: which rule decides is in prebuilt.sh.
# Sourced by kernels, whose say, left_alone, run_dkms and build_for it calls; never run.
# shellcheck disable=SC2034  # version and unused are read there

# use_prebuilt KERNEL: the module of a package, where there is one that fits; what DKMS built for
# that kernel goes. Sets unused, when it is not the one that modprobe would load. Status 1 when
# there is none that fits; then misfit says why, and package and advice are set, if it is there.
use_prebuilt()
{
	misfit=
	unused=0
	if ! ready_made=$(prebuilt_there "$1"); then
		pass_no_more "$1"
		return 1
	fi
	package=$(prebuilt_package "$ready_made") || package=$ready_made
	if misfit=$(prebuilt_misfit "$1" "$ready_made"); then
		advice=$(prebuilt_advice "$1" "$ready_made" "$misfit")
		pass_over "$1"
		! command -v dkms > /dev/null || say "$1: the built module of $package does not fit: $misfit; DKMS builds one. Next: $advice"
		return 1
	fi
	pass_no_more "$1"
	if dkms_file "$1" > /dev/null; then
		! command -v dkms > /dev/null || run_dkms "$1" remove
		drop_kept "$1"
	fi
	[ "$(chosen_file "$1")" = "$ready_made" ] || depmod "$1" > /dev/null 2>&1
	if [ "$(chosen_file "$1")" != "$ready_made" ]; then
		left_alone "$1" shadowed "modprobe would load $(chosen_file "$1" || echo nothing) and not the built module of $package" \
			"$(override_advice "$1" "$ready_made")"
		unused=1
		return 0
	fi
	record "$1" installed "$ready_made" ""
	say "$1: $(driver_version "$ready_made") installed, built module of $package; used from the next boot on, or at once with: xen-netfrontctl apply"
}

# without_module KERNEL: after use_prebuilt, where nothing else can be done.
without_module()
{
	if [ -n "$misfit" ]; then
		left_alone "$1" no-module "the built module of $package does not fit ($misfit), and there is no DKMS to build one" "$advice"
	else
		left_alone "$1" no-module "nobody built our driver for it, and there is no DKMS to do it here" \
			"install $(prebuilt_wanted "$1"), or dkms and $(header_package "$1")"
	fi
}

# modules KERNEL: what came, changed or went was built for KERNEL. Its file is in place or gone
# already, so that nobody can tell from it whether an image is old: each is written anew.
modules()
{
	version=$(source_version)
	for each in $(prebuilt_changed "$1"); do
		depmod "$each" > /dev/null 2>&1
		image_is_due "$each"
		build_for "$each" || :
	done
	return 0
}
