# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What an admin sets by ethtool, and every driver has: offloads, the number of queues, coalescing.
# Receive hashing is in attached/.

# net_features X: what can be changed, and how an admin wants it, one "name on|off" a line. What is
# off because what it stands on has not got it, "off [requested on]", is not what he wants.
net_features()
{
	ethtool -k "$1" 2>/dev/null |
		sed -n '/\[fixed\]/d; s/: [onf]* \[requested \([onf]*\)\]/: \1/; s/^\([^ ][^:]*\): \(on\|off\).*/\1 \2/p'
}

# net_coalesce X: "name number" a line
net_coalesce()
{
	ethtool -c "$1" 2>/dev/null | sed -n 's/^\([rt]x-[a-z-]*\):[ 	]*\([0-9][0-9]*\)$/\1 \2/p'
}

# net_restore_ethtool X DIR
net_restore_ethtool()
{
	command -v ethtool > /dev/null || return 0
	if [ -s "$2/channels" ]; then
		# A driver that cannot say how many it has cannot change them either.
		channels=$(ethtool -l "$1" 2>/dev/null | sed -n '/^Current/,$s/^Combined:[ 	]*//p')
		[ "${channels:-$(cat "$2/channels")}" = "$(cat "$2/channels")" ] ||
			net_try ethtool -L "$1" combined "$(cat "$2/channels")"
	fi
	# Twice: one may be the name of a group, whose members all go with it.
	net_features "$1" | net_changed - "$2/features" | while read -r feature value; do
		ethtool -K "$1" "$feature" "$value" > /dev/null 2>&1
	done
	net_features "$1" | net_changed - "$2/features" | while read -r feature value; do
		net_try ethtool -K "$1" "$feature" "$value"
	done
	[ -s "$2/coalesce" ] || return 0
	net_coalesce "$1" | net_changed - "$2/coalesce" | while read -r parameter value; do
		net_try ethtool -C "$1" "$parameter" "$value"
	done
}
