# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Would modprobe load a driver of Xen's network at all, and know the way back from ours to the
# distribution's?

check_modprobe_system()
{
	config=$(modprobe_config)
	if echo "$config" | grep -q '^blacklist xen_netfront$'; then
		found critical blacklisted "modprobe's configuration blacklists xen_netfront" "$(unset_command blacklist)"
	fi
	# The first of several is run.
	installs=$(printf '%s\n' "$config" | grep '^install xen_netfront ' | head -n 1)
	case $installs in
	*xen-netfront/load*) ;;
	'') found warning no-fallback "modprobe does not know the way back to the distribution's driver" \
		"grep ^install $XEN_NETFRONT_LIB/modprobe.conf >> /etc/modprobe.d/xen-netfront.conf" ;;
	*) found critical foreign-install "modprobe runs a command of somebody else's instead of loading the driver: ${installs#install xen_netfront }" \
		"$(unset_command install)" ;;
	esac
	[ -x "$XEN_NETFRONT_LIB/load" ] ||
		found warning no-fallback "$XEN_NETFRONT_LIB/load is missing: no way back to the distribution's driver" "$reinstall"
}
