# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl takeover: on a kernel with the driver built in, hand the devices to ours, which lives beside it under
# another name; and give them back. The change itself is swap's, under its watchdog.

# shellcheck source=/dev/null
. "$XEN_NETFRONT_LIB/ctl/apply.sh"

takeover_says()
{
	cat << END
The driver for Xen network devices is built into kernel $(uname -r); no module can replace it.
With --yes, now and on this kernel:
  1. DKMS builds our driver as module xen_netfront_dkms, for this kernel and for later ones like it
  2. addresses, routes and settings of $(vif_devices | tr '\n' ' ')are written down
  3. each device is taken from the built-in driver and given to ours; the network is away for some seconds
  4. addresses, routes and settings are put back, link and gateway are tried
  5. unless they work, the built-in driver gets the devices back, within a minute, also without your session
The next boot starts with the built-in driver again. Give the devices back at any time: xen-netfrontctl takeover --undo
END
}

takeover_now()
{
	[ "$(running_driver)" != beside ] || {
		echo "version $(running_version) has the devices already"
		return 0
	}
	kernel=$(uname -r)
	check_obstacles "$force"
	mkdir -p "${TAKEOVER%/*}"
	: > "$TAKEOVER"
	"$XEN_NETFRONT_LIB/kernels" build "$kernel" || fail "there is no driver to take over with; nothing was changed"
	# shellcheck disable=SC2153  # from lib/common.sh
	file=$(beside_file "$kernel") || fail "DKMS installed no xen_netfront_dkms for $kernel; see $STATE/log/$kernel"
	modinfo -k "$kernel" -n xen_netfront_dkms > /dev/null 2>&1 || depmod "$kernel"
	# shellcheck disable=SC2086
	change_driver beside "version $(driver_version "$file")" "$seconds" $peers
}

takeover_undo()
{
	kernel=$(uname -r)
	rm -f "$TAKEOVER"
	if [ "$(running_driver)" = beside ]; then
		check_obstacles "$force"
		# shellcheck disable=SC2086
		change_driver builtin "the built-in driver" "$seconds" $peers
	else
		echo "the built-in driver has the devices already"
	fi
	version=$(source_version)
	for kernel in $(all_kernels); do
		beside_file "$kernel" > /dev/null || continue
		dkms uninstall -m "$MODULE" -v "$version" -k "$kernel" < /dev/null > /dev/null 2>&1
		"$XEN_NETFRONT_LIB/kernels" build "$kernel" > /dev/null
	done
	return 0
}

ctl_takeover()
{
	# shellcheck source=scripts/lib/netstate.sh
	. "$XEN_NETFRONT_LIB/netstate.sh"
	how=say
	peers=
	seconds=$SWAP_SECONDS
	force=0
	while [ $# -gt 0 ]; do
		case $1 in
		--yes) how=now ;;
		--undo) how=undo ;;
		--peer) peers="$peers ${2:?--peer needs an ADDRESS}" && shift ;;
		--timeout) seconds=${2:?--timeout needs SECONDS} && shift ;;
		--force) force=1 ;;
		*) wrong_usage "takeover does not know '$1'" ;;
		esac
		shift
	done
	check_timeout "$seconds"
	case $(running_driver) in
	builtin | beside) ;;
	*) fail "the running kernel's driver is not built in, so there is nothing to take over; see: xen-netfrontctl apply" ;;
	esac
	[ -n "$(vif_devices)" ] || fail "this machine has no network device from Xen"
	case $how in
	say) takeover_says ;;
	now) need_root takeover && takeover_now ;;
	undo) need_root takeover && takeover_undo ;;
	esac
}
