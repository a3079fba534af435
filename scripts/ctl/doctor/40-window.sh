# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# A change in the admin's window that failed, and the timer that would make it.

check_window_machine()
{
	[ -e "$APPLY_WHEN" ] || return 0
	if change=$(pending) && why=$(window_refused "${change% *}"); then
		found warning window-failed "the change to version ${change% *} in the window failed: $why" \
			"xen-netfrontctl apply --when '$(window_setting when)'   # has it tried again"
	fi
	case $(window_setting when) in
	idle | at\ *)
		[ -L "$UNITS/timers.target.wants/$TIMER" ] || found warning window-off "a window is set, and its timer is off" \
			"xen-netfrontctl apply --when '$(window_setting when)'"
		;;
	esac
}
