# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# The next kernel: what brings kernels of this flavour has a twin that brings their headers, for
# DKMS. Where there is no DKMS, one package brings all modules that were built; on Red Hat's
# distributions dnf picks them by itself.

check_nextkernels_system()
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
