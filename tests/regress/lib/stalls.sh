# shellcheck shell=bash
# Queues that stand still: seen by TCP that carries nothing, by the driver's own counters, by the
# kernel's watchdog.

# steady TEXT [ARGUMENTS]: TCP for SECS seconds to address $ip; no stream carries nothing for two
# seconds in a row. Both are longer with a debug kernel, and what is written at a time is smaller:
# of four streams iperf3 serves one after the other, and one that is full ends its round, so that
# the last one got nothing for 15 s of 0.5 MB/s.
steady() {
	local text=$1 out rc still; shift
	[ "$SLOW" = 1 ] || set -- "$@" -l 8K
	# shellcheck disable=SC2154  # set by the test
	out=$(within $((SECS + 15)) iperf3 -c "$ip" -t $((SECS * SLOW)) -i 1 -f k "$@" 2>&1); rc=$?
	still=$(awk -v most=$((2 * SLOW)) '/sec/ && !/sender|receiver|SUM/ {
			id = $0; sub(/\].*/, "", id)
			if (/ 0\.00 Bytes/) { if (++idle[id] == most) n++ } else { idle[id] = 0; some = 1 }
		} END { print n + !some }' <<< "$out")
	if [ $rc = 0 ] && [ "$still" = 0 ]; then
		ok "$text: $(awk '/receiver/ {a = $(NF - 2); b = $(NF - 1)} END {print a, b}' <<< "$out")"
	else
		not_ok "$text" "iperf3's status $rc, $still streams stood still:
$(grep -E 'sec|error' <<< "$out" | head -n 40)"
	fi
}

# never_stopped GUEST: no watchdog spoke, and where the driver counts what it found stopped and its
# resets, it counted none
never_stopped() {
	local out rc=0
	out=$(guest_exec "$1" 'dmesg | grep -iE "NETDEV WATCHDOG|transmit (queue|timed)|kicking"
		ethtool -S eth0 | sed -nE "s/^ *((tx[0-9]+_timeouts|resets): [0-9]+)$/\1/p"')
	echo "$out"
	grep -qvE '^$|: 0$' <<< "$out" && rc=1
	[ "$DRIVER" != ours ] || grep -q '_timeouts: ' <<< "$out" || { echo "the driver does not count timeouts"; rc=1; }
	return $rc
}
