# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# When the running driver is changed by itself: never, unless an admin named a window with apply
# --when. What is read by status and doctor.
#
# Sourced after common.sh. The window is in /etc/xen-netfront/apply-when, lines of:
#   when=idle | when=at TIME | when=next-boot
#   peer=ADDRESS, timeout=SECONDS, force=1       as with apply
#   packets=NUMBER, quiet=SECONDS                what counts as idle
# shellcheck disable=SC2034  # read by the scripts that source this file

APPLY_WHEN=/etc/xen-netfront/apply-when
WINDOW_FAILED=$STATE/window-failed      # "VERSION why": what a change in the window came to; that version is not tried again
TIMER=xen-netfront-apply.timer
UNITS=/etc/systemd/system

# window_setting NAME DEFAULT: of the file
window_setting()
{
	sed -n "s/^$1=//p" "$APPLY_WHEN" 2>/dev/null | tail -n 1 | grep . || echo "$2"
}

# pending: "INSTALLED RUNNING" when they are not the same version. The distribution's driver has no
# version, and counts when ours is installed.
pending()
{
	case $(running_driver) in
	ours | intree) ;;
	*) return 1 ;;
	esac
	pending_file=$(our_file "$(uname -r)") && installed_version=$(driver_version "$pending_file") || return 1
	[ "$(chosen_file "$(uname -r)")" = "$pending_file" ] || return 1
	now_runs=$(running_version) || now_runs=
	[ "$installed_version" != "$now_runs" ] || return 1
	echo "$installed_version ${now_runs:-distribution}"
}

# window_refused VERSION: why a change to it in the window is not tried again
window_refused()
{
	[ -s "$WINDOW_FAILED" ] && read -r failed_version failed_why < "$WINDOW_FAILED" && [ "$failed_version" = "$1" ] && echo "$failed_why"
}

# window_words: when the change comes, in words
window_words()
{
	case $(window_setting when next-boot) in
	idle) echo "when the network is idle" ;;
	at\ *) window_setting when '' ;;
	*) echo "at the next boot" ;;
	esac
}

# running_since: when the running driver's oldest interface came, in seconds since 1970. As udev
# wrote it down; without udev, when the driver was changed last, or the boot.
running_since()
{
	read -r up _ < /proc/uptime
	up=${up%.*}
	first=
	for device in $(vif_devices); do
		name=$(interface_of "$device") || continue
		index=$(cat "/sys/class/net/$name/ifindex" 2>/dev/null) || continue
		seen=$(sed -n 's/^I:\([0-9]*\)[0-9]\{6\}$/\1/p' "/run/udev/data/n$index" 2>/dev/null)
		[ -n "$seen" ] || continue
		[ -n "$first" ] && [ "$first" -le "$seen" ] || first=$seen
	done
	if [ -n "$first" ]; then
		echo $(($(date +%s) - up + first))
	elif [ -e "$RUN/swap/verdict" ]; then
		stat -c %Y "$RUN/swap/verdict"
	else
		echo $(($(date +%s) - up))
	fi
}
