# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of doctor.sh
# Is our module there for this kernel, and if not, why? Sets our, its file.

check_built_kernel()
{
	case $way in
	module) our=$(our_file "$kernel") || check_built_missing ;;
	beside)
		our=$(beside_file "$kernel") ||
			found warning at-boot-not-built "takeover at boot is asked for, and our driver is not built for it: $(recorded "$kernel" detail ||
				echo "nobody built it yet")" "$(has_headers "$kernel" || echo "$installer $(header_package "$kernel") && ")xen-netfrontctl build $kernel"
		;;
	esac
}

# check_built_missing: as it was recorded when it was tried
check_built_missing()
{
	case $(recorded "$kernel" result) in
	build-failed) found warning build-failed "the build failed, see $STATE/log/$kernel" "xen-netfrontctl report" ;;
	not-trusted) found warning not-enrolled "built, but not installed: $(recorded "$kernel" detail)" \
		"$(recorded "$kernel" next)" ;;
	# The check source says so.
	no-module) command -v dkms > /dev/null && found warning not-installed "DKMS came after the package and our driver was not built since" \
		"xen-netfrontctl build $kernel" ;;
	put-off) found warning put-off "this system was made where DKMS could not work; its first boot builds our driver" "reboot" ;;
	# The check source says so, unless they came since.
	headers-missing)
		! has_headers "$kernel" || found warning not-installed \
			"its headers came after the package and our driver was not built since" "xen-netfrontctl build $kernel"
		;;
	*) found warning not-installed "our driver is not installed for it" "xen-netfrontctl build $kernel" ;;
	esac
}
