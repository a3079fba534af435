# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# How long a round trip takes, how fast TCP is: figures for compare, each of several measurements.
# Changes nothing.

# shellcheck source=kit/guest/tests/traffic.sh
. "$kit/guest/tests/traffic.sh"

interfaces_of_timings()
{
	:
}

# round_trip: median of the averages of five times 40 pings, in ms
round_trip()
{
	for turn in 1 2 3 4 5; do
		ping -q -c 40 -i 0.01 "$REMOTE_V4" 2>&1 | sed -n 's/^r[^=]*= [0-9.]*\/\([0-9.]*\)\/.*/\1/p'
	done | median
}

test_timings()
{
	begin
	comes_back 10 > /dev/null
	rtt=$(round_trip)
	if [ -n "$rtt" ]; then
		figure "$rtt" ms lower
		result ok "round trip of a ping"
	else
		result not-ok "round trip of a ping" "$(ping -q -c 3 -i 0.01 "$REMOTE_V4" 2>&1)"
	fi
	bytes=$((MB * 1048576))
	blob "$bytes"
	ups='' downs=''
	for turn in 1 2 3; do
		speed=$(TALK_LIMIT=120 talk tcp "$REMOTE_V4" "$kit/blob" "$bytes") || { speed_rc=$?; break; }
		ups="$ups ${speed% *}" downs="$downs ${speed#* }"
		speed_rc=0
	done
	for way in "from:$ups" "to:$downs"; do
		name="TCP ${way%%:*} the guest"
		if [ "$speed_rc" = 0 ]; then
			# shellcheck disable=SC2086  # words
			figure "$(printf '%s\n' ${way#*:} | median | awk -v b=$bytes '{ printf "%.2f", b / 1e6 / (($1 > 0 ? $1 : 1) / 100) }')" MB/s higher
		fi
		result_of "$speed_rc" "$name" "$speed"
	done
}
