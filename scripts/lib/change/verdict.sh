# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of swap
# What a change of driver says: its log, how it ends, and that nothing is said any more by whom
# another has taken over from. Sourced by swap, whose words and variables it uses; see there. POSIX
# sh.

# superseded: the watchdog has taken over from the worker that asks, or another swap has begun.
# Whoever finds that ends at once: two of them at work would take the interface away from each
# other.
superseded()
{
	[ "$(cat "$WORK/pid" 2>/dev/null)" != $$ ] || { [ "$role" = worker ] && [ -e "$WORK/taken-over" ]; }
}

# log TEXT: with the time since the boot, for who follows the change, and for the kernel's log
log()
{
	! superseded || exit 1
	echo "$(uptime_seconds) $*" >> "$WORK/log"
	{ echo "<5>xen-netfront: $*" > /dev/kmsg; } 2>/dev/null
}

# uptime_seconds: since the boot, with hundredths
uptime_seconds()
{
	cut -d' ' -f1 < /proc/uptime
}

# last_words: the last line of the log, without the time: what modprobe said, or that it was given
# up.
last_words()
{
	tail -n 1 "$WORK/log" | sed 's/^[0-9.]* //'
}

# remarks: what the verdict has to say besides.
remarks()
{
	[ -z "$late" ] || printf '; not taken back by who looks after it:%s; its addresses end with their leases' "$late"
	lost=$(cat "$WORK"/*/lost "$WORK"/*/on/*/lost 2>/dev/null | awk '!seen[$0]++' | head -n 5 | tr '\n' ';')
	[ -z "$lost" ] || printf '; could not be put back: %s' "$lost"
}

# finish WORD TEXT: the verdict of a network that works.
finish()
{
	more=$(remarks)
	if [ "$1" = ok ] && [ -n "$more" ]; then
		verdict incomplete "$2$more"
	else
		[ "$1" != ok ] || [ "$target" != ours ] || rm -f "$RUN/fallback"
		verdict "$1" "$2$more"
	fi
}

# verdict WORD TEXT: the first one stands.
verdict()
{
	! superseded || exit 1
	[ ! -e "$WORK/verdict" ] || return 0
	# Over what was reserved, which needs no room.
	echo "$1 $2" 1<> "$WORK/verdict.room"
	mv "$WORK/verdict.room" "$WORK/verdict"
	log "$1: $2"
	rm -f "$RUN/names"
}
