# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of doctor.sh
# Is our file a module, for this kernel, of the version that is installed? Sets version, and
# readable to 1.

check_file_kernel()
{
	[ -n "$our" ] || return 0
	version=$(driver_version "$our")
	if is_prebuilt "$our"; then
		check_file_prebuilt
		return
	fi
	if ! magic=$(modinfo -F vermagic "$our" 2>/dev/null) || [ -z "$magic" ]; then
		found warning broken-module "$our cannot be read as a module" "xen-netfrontctl build $kernel"
		return
	fi
	readable=1
	[ "${magic%% *}" = "$kernel" ] ||
		found warning wrong-kernel "$our was built for ${magic%% *}" "xen-netfrontctl build $kernel"
	[ "$version" = "$(source_version)" ] || check_file_kept ||
		found warning outdated "version ${version:-none} is installed, the sources are $(source_version)" "xen-netfrontctl build $kernel"
}

# check_file_kept: why is there a driver of an earlier version? What is missing is said elsewhere.
check_file_kept()
{
	[ "$(kept "$kernel")" = "$our" ] || return 1
	case $(recorded "$kernel" result) in
	build-failed) found warning build-failed "the build of $(source_version) failed, see $STATE/log/$kernel; version $version stays in use" \
		"xen-netfrontctl report" ;;
	not-trusted) found warning not-enrolled "$(recorded "$kernel" detail); version $version stays in use" "$(recorded "$kernel" next)" ;;
	headers-missing) has_headers "$kernel" && return 1 ;;
	*) return 1 ;;
	esac
	return 0
}

# check_file_prebuilt: whether it fits was said
check_file_prebuilt()
{
	[ -z "$misfit" ] || return 0
	readable=1
	[ "$version" = "$(source_version)" ] || found warning outdated \
		"the built module of $(prebuilt_package "$our") is version $version, $(our_package) is $(source_version)" \
		"$(if [ -e /etc/debian_version ]; then echo "apt install"; else echo "${installer% install} upgrade"; fi) $(prebuilt_package "$our")"
}
