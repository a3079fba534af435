# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Is the distribution's driver there, which is the way back from ours?

check_wayback_kernel()
{
	intree_file "$kernel" > /dev/null && return 0
	[ -d "/lib/modules/$kernel/kernel" ] || return 0
	found warning intree-missing "the distribution's driver is missing, there is no way back" \
		"$(if [ -e /etc/debian_version ]; then
			echo "apt install --reinstall linux-image-$kernel"
		else
			# Which of the kernel's packages has it differs from release to release.
			echo "${installer% install} reinstall 'kernel*-${kernel%%+*}'"
		fi)"
}
