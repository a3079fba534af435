# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Is there room for what a kernel update writes?

check_space_system()
{
	for place in "/boot 30" "/var/lib 50" "/lib/modules 5"; do
		free=$(df -Pk "${place% *}" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
		[ "${free:-999}" -ge "${place#* }" ] ||
			found warning disk-full "${place% *} has $free MB free, a kernel update wants ${place#* }" \
				"du -xsh ${place% *}/* | sort -h   # and make room there"
	done
}
