# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of swap
# The watchdog of a change of driver: waits for the verdict of the worker, and takes over the way
# back when none comes. Sourced by swap, whose words and variables it uses; see there. POSIX sh.

# killed PROCESS: it is gone or a zombie. Whoever ends by itself has left a verdict.
killed()
{
	read -r _ _ state _ 2>/dev/null < "/proc/$1/stat" || return 0
	[ "$state" = Z ]
}

# unfinished WORD: what the watchdog found, with the reason for the way back if it was that which
# did not come to an end
unfinished()
{
	[ -s "$WORK/why" ] || { echo "the swap $1"; return; }
	echo "$(cat "$WORK/why"), and going back $1"
}

# its_steps_end: what the worker started does not end with it, and a driver that the kernel takes
# away or brings meanwhile would be too late for us.
its_steps_end()
{
	command -v flock > /dev/null || return 0
	look_at_clock
	until=$((now + step_seconds))
	until flock -n "$WORK/steps" true; do
		look_at_clock
		[ "$now" -lt "$until" ] || {
			log "what the worker began has no end in $step_seconds s"
			return
		}
		nap 0.1
	done
}

# take_over WORKER REASON: from now on the worker changes nothing; five seconds more for the way
# back
take_over()
{
	: > "$WORK/taken-over"
	kill -9 "$1" 2>/dev/null
	log "$2, the watchdog takes over"
	deadline=$((deadline + 5))
}

# seconds_left: until the deadline, whole seconds.
seconds_left()
{
	look_at_clock
	echo $((deadline - now))
}

# watchdog WORKER: waits for its end. The verdict may be gone again, with all of $WORK, before it is
# seen here, when another swap begins: what is there then is not this one's.
watchdog()
{
	while [ ! -e "$WORK/verdict" ]; do
		! superseded || exit 1
		if [ "$(seconds_left)" -le $((seconds / 3)) ]; then
			take_over "$1" "no end in sight"
			go_back "$(unfinished hung)"
			return
		elif killed "$1" && [ ! -e "$WORK/verdict" ]; then
			take_over "$1" "the swap was killed"
			its_steps_end
			go_back "$(unfinished "was killed")"
			return
		fi
		sleep 0.5
	done
	wait "$1"
}
