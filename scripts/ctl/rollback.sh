# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl rollback: back to the distribution's driver, now or for good. Needs no network.

# shellcheck source=/dev/null
. "$XEN_NETFRONT_LIB/ctl/apply.sh"

# rollback_now SECONDS
rollback_now()
{
	# shellcheck source=scripts/lib/netstate.sh
	. "$XEN_NETFRONT_LIB/netstate.sh"
	case $(running_driver) in
	intree | builtin)
		echo "the distribution's driver is running already"
		return 0
		;;
	beside) fail "ours has the devices of a built-in driver; give them back with: xen-netfrontctl takeover --undo" ;;
	esac
	file=$(intree_file "$(uname -r)") || fail "the distribution's driver is missing for $(uname -r); reinstall the kernel's package"
	check_obstacles "$force"
	# shellcheck disable=SC2086
	find_witnesses $peers
	change_driver intree "the distribution's driver ($file)" "$1"
}

# rollback_for_good all|KERNEL
rollback_for_good()
{
	mkdir -p "${HOLD%/*}"
	held "$1" || { echo "$1" >> "$HOLD"; } 2>/dev/null
	held "$1" || fail "$HOLD could not be written (is the disk full?); nothing was changed"
	version=$(source_version)
	stale=
	for kernel in $(all_kernels); do
		held "$kernel" || continue
		pass_over "$kernel"
		if our_file "$kernel" > /dev/null; then
			with_dkms uninstall -m "$MODULE" -v "$version" -k "$kernel" < /dev/null > /dev/null 2>&1
			drop_kept "$kernel"
			our_file "$kernel" > /dev/null && fail "$kernel: DKMS left our driver installed; look at: dkms status $MODULE"
		fi
		depmod "$kernel"
		record "$kernel" held "held back by 'xen-netfrontctl rollback --for-good'" "xen-netfrontctl rollback --undo"
		if "$XEN_NETFRONT_LIB/kernels" image "$kernel"; then
			echo "$kernel: the distribution's driver from the next boot on"
		else
			stale="$stale $kernel"
		fi
	done
	[ -z "$stale" ] ||
		fail "our driver is still in the boot image of$stale, for the reason above; mend that, then: xen-netfrontctl rollback --for-good"
}

# rollback_undo all|KERNEL
rollback_undo()
{
	if [ "$1" = all ]; then
		rm -f "$HOLD"
		set --
	elif grep -qxs all "$HOLD"; then
		fail "all kernels are held back; undo it for all: xen-netfrontctl rollback --undo"
	else
		grep -vxF -e "$1" "$HOLD" > "$HOLD.new"
		# 1: nobody else is held back.
		if [ $? -gt 1 ] || ! mv "$HOLD.new" "$HOLD"; then
			fail "$HOLD could not be written (is the disk full?); nothing was changed"
		fi
	fi
	"$XEN_NETFRONT_LIB/kernels" build "$@"
	status=$?
	# shellcheck disable=SC2046
	[ $# -gt 0 ] || set -- $(all_kernels)
	"$XEN_NETFRONT_LIB/kernels" image "$@"
	return $status
}

ctl_rollback()
{
	how=now
	which=all
	seconds=
	peers=
	force=0
	while [ $# -gt 0 ]; do
		case $1 in
		--now | --for-good | --undo) how=${1#--} ;;
		--kernel)
			option_value "$@"
			which=$2
			[ -d "/lib/modules/$which" ] || fail "no kernel $which is installed"
			shift
			;;
		*)
			change_option "$@" || wrong_usage "rollback does not know '$1'"
			# shellcheck disable=SC2154 # change_option's word
			shift $((words - 1))
			;;
		esac
		shift
	done
	[ "$how" != now ] || [ "$which" = all ] || wrong_usage "--kernel goes with --for-good or --undo"
	[ "$how" = now ] || [ "$seconds$peers$force" = 0 ] || wrong_usage "--timeout, --peer and --force go with --now"
	seconds=${seconds:-$SWAP_SECONDS}
	check_timeout "$seconds"
	need_root rollback
	take_turn "rollback --$how"
	case $how in
	now) rollback_now "$seconds" ;;
	for-good) rollback_for_good "$which" ;;
	undo) rollback_undo "$which" ;;
	esac
}
