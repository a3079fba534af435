# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Is what the package needs there: its sources, DKMS, a compiler?

check_package_system()
{
	source_folder > /dev/null || found warning sources-missing "no sources in /usr/src/$MODULE-$(source_version)" "$reinstall"
	# What is built elsewhere needs none of this here; each kernel without such a module says so
	# itself.
	! without_dkms || return 0
	! nothing_to_build || return 0
	command -v dkms > /dev/null || found warning dkms-missing "dkms is not installed" "$installer dkms"
	command -v make > /dev/null ||
		found warning compiler-missing "make is not installed, so the driver cannot be built" "$installer make"
	# Debian's headers bring a gcc-NN of their own and need no plain gcc.
	[ -n "$(find /usr/bin -name cc -o -name gcc -o -name 'gcc-[0-9]*')" ] ||
		found warning compiler-missing "no gcc is installed, so the driver cannot be built" "$installer gcc"
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
