# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Addresses of an interface: with what they were made, and those that end, which somebody has to
# renew.

# net_addresses X: the columns of `ip -o addr` as arguments of `ip addr add`, one address a line.
net_addresses()
{
	ip -o addr show dev "$1" | while read -r _ _ family address words; do
		case $family in
		inet | inet6) ;;
		*) continue ;;
		esac
		arguments=$address
		# shellcheck disable=SC2086  # a list of words
		set -- $words
		while [ $# -gt 0 ]; do
			case $1 in
			brd | scope | peer | metric) arguments="$arguments $1 $2" && shift ;;
			valid_lft | preferred_lft) arguments="$arguments $1 ${2%sec}" && shift ;;
			noprefixroute | mngtmpaddr | home | autojoin) arguments="$arguments $1" ;;
			temporary | dadfailed) arguments= && break ;;
			proto) shift ;;
			*\\)
				# The last word before the lifetimes is the label of an IPv4
				# address, or nothing.
				[ "$family" = inet6 ] || [ "$1" = \\ ] || arguments="$arguments label ${1%\\}"
				;;
			esac
			shift
		done
		[ -z "$arguments" ] || { [ "$family" = inet ] && echo "$arguments" || echo "$arguments nodad"; }
	done
}

# net_restore_addresses X DIR
net_restore_addresses()
{
	[ -s "$2/addresses" ] || return 0
	net_longer=$(net_addresses_longer "$2")
	# One process for all of them, and one for each only where that fails.
	if printf '%s\n' "$net_longer" | sed "s/^/addr replace /; s/\$/ dev $1/" | ip -force -batch - 2>/dev/null; then
		net_ends_given "$1" "$2"
		return 0
	fi
	while read -r arguments; do
		# shellcheck disable=SC2086  # a list of words
		ip addr replace $arguments dev "$1" 2>/dev/null || error=$(ip addr add $arguments dev "$1" 2>&1) ||
			net_lost "$2" "address $arguments of $1 (${error:-no reason given})"
	done << END
$net_longer
END
	net_ends_given "$1" "$2"
}

# net_addresses_longer DIR: those that were there; of those that end, each a minute later. Who
# renews it begins to count anew when it has the interface back, at half of the lease, and that may
# be later than what was left.
net_addresses_longer()
{
	awk '{
		for (i = 1; i < NF; i++) if ($i ~ /^(valid|preferred)_lft$/ && $(i + 1) ~ /^[0-9]+$/) $(i + 1) += 60
		print
	}' "$1/addresses"
}

# net_ends X: the addresses that end, "FAMILY ADDRESS SECONDS" since boot.
net_ends()
{
	read -r now _ < /proc/uptime
	ip -o addr show dev "$1" | sed -n 's/.* \(inet6\{0,1\}\) \([^ ]*\) .*valid_lft \([0-9][0-9]*\)sec.*/\1 \2 \3/p' |
		awk -v now="${now%.*}" '{ print $1, $2, $3 + now }'
}

# net_ends_given X DIR: whoever has renewed a lease has moved the end that we gave it.
net_ends_given()
{
	[ -s "$2/ends" ] || return 0
	net_given=$(net_ends "$1" | awk 'FILENAME != "-" { given[$1]; next } $2 in given' "$2/addresses" -)
	[ -z "$net_given" ] || echo "$net_given" > "$2/ends"
}

# net_renewed X FAMILY: does X have a lease from after the change? Its end is not the one that we
# gave it, or it is of another address.
net_renewed()
{
	# shellcheck disable=SC2154  # of net_hand_back
	net_ends "$1" | awk -v family="$2" '
		FILENAME != "-" { end[$2] = $3; next }
		$1 == family && ($3 > end[$2] + 1 || $3 < end[$2] - 1) { found = 1 }
		END { exit !found }' "$net_dir/ends" -
}

# net_unattended X: an obstacle for each address that ends without anybody: such a one needs
# somebody who renews it, and whom we can hand it back to.
net_unattended()
{
	[ -z "$(net_manager "$1")" ] || return 0
	# The kernel itself renews what it makes of router advertisements.
	net_addresses "$1" | grep ' valid_lft [0-9]' | grep -v -e mngtmpaddr -e ' autojoin' | while read -r address _; do
		case $address in
		*:*/64) [ "$(cat "/proc/sys/net/ipv6/conf/$1/accept_ra" 2>/dev/null)" = 0 ] || continue ;;
		esac
		echo "$1 has the address $address for a limited time, and nobody known to renew it"
	done
}
