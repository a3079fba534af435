# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of swap
# Which driver has the devices: unloading and loading, and handing them over between the built-in
# driver and ours beside it. Sourced by swap, whose words and variables it uses; see there. POSIX
# sh.

# hand_over DRIVER: every device, from whichever driver has it.
hand_over()
{
	for device in $(vif_devices); do
		move "$1" "$device" "$step_seconds" 2>> "$WORK/log" || {
			log "$device could not be given to $1"
			return 1
		}
	done
}

# replace_driver TARGET: sets why on failure.
replace_driver()
{
	case $1 in
	beside)
		# shellcheck disable=SC2046  # a list of words
		[ -d "$BUS/drivers/vif-dkms" ] || within "$step_seconds" modprobe xen_netfront_dkms $(driver_options) 2>> "$WORK/log" || {
			why="our driver could not be loaded: $(last_words)"
			return 1
		}
		why="a device could not be handed over"
		hand_over vif-dkms
		;;
	builtin)
		why="a device could not be handed back"
		hand_over vif && { [ ! -d "$BUS/drivers/vif-dkms" ] || within "$step_seconds" rmmod xen_netfront_dkms 2>> "$WORK/log"; }
		;;
	*)
		why="the running driver could not be removed"
		remove_driver || return 1
		log "old driver removed"
		load_driver "$1" || {
			why="the driver could not be loaded: $(last_words)"
			return 1
		}
		;;
	esac
}

# remove_driver: status 1 when it stays. Newer kernels' own driver cannot be removed while it has a
# device, so the devices are taken from it first.
remove_driver()
{
	[ -d /sys/module/xen_netfront ] || return 0
	for device in $(vif_devices); do
		[ ! -e "$BUS/drivers/vif/$device" ] || within "$step_seconds" unbind_one "$device" || {
			log "$device could not be taken from the running driver"
			return 1
		}
	done
	# "In use" passes when whoever looks at the driver right now is done. A driver that hangs
	# stays hung.
	for _ in 1 2 3 4 5 6 7 8; do
		within "$step_seconds" rmmod xen_netfront 2>> "$WORK/log"
		case $? in
		0) return 0 ;;
		124) return 1 ;;
		esac
		sleep 0.25
	done
	return 1
}

# load_driver ours|intree
load_driver()
{
	if [ "$1" = ours ]; then
		within "$step_seconds" modprobe --ignore-install xen_netfront 2>> "$WORK/log"
	else
		file=$(intree_file "$(uname -r)") && within "$step_seconds" insmod "$file" 2>> "$WORK/log"
	fi
}

# reattach: a driver that could not be removed gets its devices back.
reattach()
{
	for device in $(vif_devices); do
		interface_of "$device" > /dev/null || echo "$device" > "$BUS/drivers/vif/bind"
	done 2>> "$WORK/log"
	restore_all
}
