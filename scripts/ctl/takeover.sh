# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl takeover: on a kernel with the driver built in, hand the devices to ours, which
# lives beside it under another name; and give them back. The change itself is swap's, under its
# watchdog; that of each boot is boot/takeover's.

# shellcheck source=/dev/null
. "$XEN_NETFRONT_LIB/ctl/apply.sh"
# shellcheck source=scripts/lib/atboot.sh
. "$XEN_NETFRONT_LIB/atboot.sh"
# shellcheck source=scripts/lib/images.sh
. "$XEN_NETFRONT_LIB/images.sh"

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
The next boot starts with the built-in driver again. With --yes --at-boot, at each boot from now on:
  1. before the network is configured, each device goes to ours; one that ours cannot drive goes back at once
  2. with --peer ADDRESS: unless it answers after the network is configured, the built-in driver gets the devices back
  3. what did not work, hung or crashed is not tried again with the same version and kernel
Give the devices back at any time: xen-netfrontctl takeover --undo. At the boot loader: xen-netfront=intree
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
	# shellcheck disable=SC2086
	find_witnesses $peers
	asked=0
	! takeover_wanted || asked=1
	mkdir -p "${TAKEOVER%/*}"
	: > "$TAKEOVER"
	"$XEN_NETFRONT_LIB/kernels" build "$kernel" || {
		[ $asked = 1 ] || rm -f "$TAKEOVER"
		fail "there is no driver to take over with; nothing was changed"
	}
	# shellcheck disable=SC2153  # from lib/common.sh
	file=$(beside_file "$kernel") || fail "DKMS installed no xen_netfront_dkms for $kernel; see $STATE/log/$kernel"
	modinfo -k "$kernel" -n xen_netfront_dkms > /dev/null 2>&1 || depmod "$kernel"
	change_driver beside "version $(driver_version "$file")" "$seconds"
	# What became of it at this boot is told no more.
	rm -f "$AT_BOOT_SAID"
}

# settings_at_boot: what the file shall hold: what it holds, with the peers that are given now, if
# any.
settings_at_boot()
{
	if [ -n "$peers" ]; then
		grep -sv '^[[:space:]]*peer[[:space:]]*=' "$AT_BOOT"
		for peer in $peers; do echo "peer=$peer"; done
	elif [ -e "$AT_BOOT" ]; then
		cat "$AT_BOOT"
	fi
}

# takeover_at_boot: ours has the devices now, and works.
takeover_at_boot()
{
	forgive "$(uname -r)"
	{ mkdir -p "$RUN" "${AT_BOOT%/*}" && settings_at_boot > "$AT_BOOT.new" && mv "$AT_BOOT.new" "$AT_BOOT"; } ||
		fail "$AT_BOOT could not be written (is the disk full?), so the next boot starts with the built-in driver; do it again"
	: > "$TAKES_NEW"
	rewrite_images
	echo "from now on at each boot ($AT_BOOT); take it back with: xen-netfrontctl takeover --undo"
}

# rewrite_images: they hold our driver from now on, or no longer.
rewrite_images()
{
	for each in $(all_kernels); do
		! beside_file "$each" > /dev/null || image_is_due "$each"
	done
	"$XEN_NETFRONT_LIB/kernels" image
}

# no_more_at_boot: also where the change of what runs is refused, as with a root on the network.
no_more_at_boot()
{
	[ -e "$AT_BOOT" ] || return 0
	rm -f "$AT_BOOT" "$AT_BOOT_SAID" "$TAKES_NEW"
	rmdir "${AT_BOOT%/*}" 2>/dev/null
	attempt_ends
	rewrite_images
	echo "from the next boot on the built-in driver has the devices"
}

takeover_undo()
{
	driver=$(running_driver)
	if [ "$driver" = beside ]; then
		# shellcheck disable=SC2034  # of check_obstacles
		[ ! -e "$AT_BOOT" ] || instead="For the next boot alone: xen-netfrontctl takeover --undo --at-boot"
		check_obstacles "$force"
		# shellcheck disable=SC2086
		find_witnesses $peers
	fi
	rm -f "$TAKEOVER"
	no_more_at_boot
	if [ "$driver" = beside ]; then
		change_driver builtin "the built-in driver" "$seconds"
	else
		echo "the built-in driver has the devices already"
	fi
	version=$(source_version)
	for kernel in $(all_kernels); do
		beside_file "$kernel" > /dev/null || continue
		with_dkms uninstall -m "$MODULE" -v "$version" -k "$kernel" < /dev/null > /dev/null 2>&1
		"$XEN_NETFRONT_LIB/kernels" build "$kernel" > /dev/null
	done
	return 0
}

ctl_takeover()
{
	# shellcheck source=scripts/lib/netstate.sh
	. "$XEN_NETFRONT_LIB/netstate.sh"
	how=say
	at_boot=0
	peers=
	seconds=$SWAP_SECONDS
	force=0
	while [ $# -gt 0 ]; do
		case $1 in
		--yes) how=now ;;
		--undo) how=undo ;;
		--at-boot) at_boot=1 ;;
		*)
			change_option "$@" || wrong_usage "takeover does not know '$1'"
			# shellcheck disable=SC2154 # change_option's word
			shift $((words - 1))
			;;
		esac
		shift
	done
	check_timeout "$seconds"
	[ $at_boot = 0 ] || [ $how != say ] || wrong_usage "--at-boot goes with --yes or --undo"
	case $(running_driver) in
	builtin | beside) ;;
	*) fail "the running kernel's driver is not built in, so there is nothing to take over; see: xen-netfrontctl apply" ;;
	esac
	[ -n "$(vif_devices)" ] || fail "this machine has no network device from Xen"
	case $how in
	say) takeover_says ;;
	now)
		need_root takeover
		take_turn "takeover --yes"
		takeover_now
		[ $at_boot = 0 ] || takeover_at_boot
		;;
	undo)
		need_root takeover
		take_turn "takeover --undo"
		if [ $at_boot = 0 ]; then
			takeover_undo
		elif [ -e "$AT_BOOT" ]; then
			no_more_at_boot
		else
			echo "takeover at boot is not asked for"
		fi
		;;
	esac
}
