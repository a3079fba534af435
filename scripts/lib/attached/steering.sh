# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Which queue receives what: the receive hash's table and key (ethtool -X), where both drivers have
# them.

steering_table()
{
	ethtool -x "$1" 2>/dev/null | sed -n '/^RX flow hash/,/^RSS hash key/{s/^ *[0-9]*: *//p}' | tr -s ' \t\n' ' '
}

# steering_words X: what of ethtool -X makes the table: "equal N", "weight A B...", or nothing for
# another.
steering_words()
{
	steering_table "$1" | awk '{
		for (i = 1; i <= NF; i++) if ($i > most) most = $i
		for (i = 1; i <= NF; i++) if ($i != (i - 1) % (most + 1)) unequal = 1
		if (!unequal) { print "equal " most + 1; exit }
		for (i = 1; i <= NF; i++) {
			if ($i < last) exit
			last = $i
			weight[$i]++
		}
		line = "weight"
		for (i = 0; i <= most; i++) line = line " " weight[i] + 0
		print line
	}'
}

steering_key()
{
	ethtool -x "$1" 2>/dev/null | sed -n '/^RSS hash key/{n; s/^\([0-9a-f:]*\)$/\1/p}' | grep ':'
}

steering_obstacles()
{
	net_sees "offloads, queues, coalescing and receive hashing of $1" ethtool -k "$1"
	[ -z "$(steering_table "$1")" ] || [ -n "$(steering_words "$1")" ] ||
		echo "$1 has a table of receive hashing that ethtool cannot write (ethtool -x)"
	ethtool -n "$1" 2>/dev/null | grep -q '^Filter: ' && echo "$1 has filters of ethtool -N"
	return 0
}

steering_save()
{
	steering_table "$1" > "$2/rss"
	steering_words "$1" > "$2/rss.words"
	steering_key "$1" > "$2/rss.key"
}

# After the number of queues is right.
steering_late()
{
	[ -s "$2/rss" ] || return 0
	steering_table "$1" > "$2/rss.now"
	# The kernel's own driver has none.
	[ -s "$2/rss.now" ] || return 0
	if ! cmp -s "$2/rss" "$2/rss.now"; then
		# shellcheck disable=SC2046  # words
		net_try ethtool -X "$1" $(cat "$2/rss.words")
	fi
	if [ -s "$2/rss.key" ] && [ "$(steering_key "$1")" != "$(cat "$2/rss.key")" ]; then
		net_try ethtool -X "$1" hkey "$(cat "$2/rss.key")"
	fi
}
