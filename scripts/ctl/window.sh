# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl apply --when: have the running driver changed in a window; and what the timer
# calls, apply --due. Sourced by apply.sh.

# shellcheck source=scripts/lib/window.sh
. "$XEN_NETFRONT_LIB/window.sh"

# window_check WHEN: is it one?
window_check()
{
	case $1 in
	idle | next-boot | never | 'at '?*) ;;
	*) wrong_usage "--when wants idle, 'at TIME', next-boot or never, not '$1'" ;;
	esac
	case $1 in
	*'
'*) wrong_usage "--when wants one line" ;;
	esac
}

window_off()
{
	[ -e "$UNITS/$TIMER.d/when.conf" ] || [ -L "$UNITS/timers.target.wants/$TIMER" ] || return 0
	[ ! -d /run/systemd/system ] || systemctl stop "$TIMER" 2>/dev/null
	rm -f "$UNITS/$TIMER.d/when.conf" "$UNITS/timers.target.wants/$TIMER"
	rmdir "$UNITS/$TIMER.d" 2>/dev/null
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
}

# window_timer CALENDAR: now, and at each boot. Status 1 when systemd does not take it.
window_timer()
{
	unit=/usr/lib/systemd/system/$TIMER
	mkdir -p "$UNITS/$TIMER.d" "$UNITS/timers.target.wants" &&
		printf '%s\n' '# By xen-netfrontctl apply --when.' '[Timer]' 'OnCalendar=' "OnCalendar=$1" > "$UNITS/$TIMER.d/when.conf" &&
		ln -sf "$unit" "$UNITS/timers.target.wants/$TIMER" && systemctl daemon-reload && systemctl restart "$TIMER"
}

# window_set WHEN SECONDS FORCE [PEER...]
window_set()
{
	when=$1
	case $when in
	idle | at\ *)
		{ command -v systemctl > /dev/null && [ -d /run/systemd/system ]; } ||
			fail "systemd does not run here, whose timer does it; have cron call: xen-netfrontctl apply"
		[ -e "/usr/lib/systemd/system/$TIMER" ] || fail "/usr/lib/systemd/system/$TIMER is missing; reinstall the package"
		;;
	esac
	window_off
	if [ "$when" = never ]; then
		rm -f "$APPLY_WHEN" "$WINDOW_FAILED"
		echo "the running driver is not changed by itself"
		return 0
	fi
	mkdir -p "${APPLY_WHEN%/*}"
	{
		echo "when=$when"
		echo "timeout=$2"
		echo "force=$3"
		shift 3
		for peer; do echo "peer=$peer"; done
		grep -sE '^(packets|quiet)=' "$APPLY_WHEN"
	} > "$APPLY_WHEN.new"
	{ grep -q '^when=' "$APPLY_WHEN.new" 2>/dev/null && mv "$APPLY_WHEN.new" "$APPLY_WHEN"; } ||
		fail "$APPLY_WHEN could not be written; nothing was changed"
	# Whoever asks again has it tried again.
	rm -f "$WINDOW_FAILED"
	case $when in
	idle) calendar='*:0/5' ;;
	at\ *) calendar=${when#at } ;;
	*) calendar= ;;
	esac
	if [ -n "$calendar" ] && ! window_timer "$calendar"; then
		window_off
		rm -f "$APPLY_WHEN"
		fail "systemd does not take '$calendar' as a time, see systemd.time(7); nothing will be changed by itself"
	fi
	if change=$(pending); then
		echo "installed ${change% *}, running ${change#* }: changed $(window_words)"
	else
		echo "what is installed later is changed to $(window_words)"
	fi
}

# packets_now: that went through the interfaces of Xen
packets_now()
{
	sum=0
	for device in $(vif_devices); do
		interface=$(interface_of "$device") || continue
		for way in rx tx; do
			read -r count 2>/dev/null < "/sys/class/net/$interface/statistics/${way}_packets" || count=0
			sum=$((sum + count))
		done
	done
	echo $sum
}

# idle: for a minute there were few packets, in each part of it
idle()
{
	most=$(window_setting packets 50)
	quiet=$(window_setting quiet 60)
	step=$((quiet / 6))
	[ $step -ge 1 ] || step=1
	waited=0
	before=$(packets_now)
	while [ $waited -lt "$quiet" ]; do
		sleep $step
		waited=$((waited + step))
		after=$(packets_now)
		if [ $((after - before)) -gt $((most * step)) ]; then
			echo "not idle: $((after - before)) packets in $step s, idle is $((most * step)) at most"
			return 1
		fi
		before=$after
	done
}

# window_due: called by the timer, in the window. What is running already is nothing to do, nor is a
# version that failed here before.
window_due()
{
	need_root apply
	change=$(pending) || return 0
	version=${change% *}
	case $(window_setting when never) in
	idle | at\ *) ;;
	*) return 0 ;;
	esac
	if why=$(window_refused "$version"); then
		echo "version $version is not tried again: $why"
		return 0
	fi
	if [ "$(window_setting when never)" = idle ]; then
		idle || return 0
	fi
	set -- --timeout "$(window_setting timeout "$SWAP_SECONDS")"
	[ "$(window_setting force 0)" != 1 ] || set -- "$@" --force
	# shellcheck disable=SC2013  # words
	for peer in $(sed -n 's/^peer=//p' "$APPLY_WHEN"); do set -- "$@" --peer "$peer"; done
	said=$(ctl_apply "$@" 2>&1)
	status=$?
	echo "$said"
	# What was refused with nothing changed is tried again in the next window; a version that
	# cost the network once is not.
	[ $status = 0 ] || case $said in
	*'nothing was changed'*) ;;
	*)
		mkdir -p "$STATE"
		echo "$version $(echo "$said" | tail -n 1 | sed 's/^xen-netfrontctl: //')" > "$WINDOW_FAILED"
		;;
	esac
	return $status
}
