# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# The headers of the next kernel: what brings kernels of this flavour has a twin that brings their headers.

check_headers_system()
{
	for meta in $(image_meta); do
		headers=linux-headers-${meta#linux-image-}
		# shellcheck disable=SC2016  # dpkg's own variable
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$headers" 2>/dev/null)" = installed ] ||
			found warning headers-of-next "$meta will bring kernels without their headers: no build for them" "apt install $headers"
	done
}
