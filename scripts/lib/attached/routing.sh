# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Beyond routes: nexthop objects are put back before routes, endpoints of MPTCP after; multipath
# routes, groups, MPLS, multicast routing and IPsec bound to an interface are not. Policy rules go
# by name and stay.

routing_obstacles()
{
	ip route show table all 2>/dev/null | grep -q "nexthop.* dev $1 " && echo "a route with several next hops uses $1"
	ip -6 route show table all 2>/dev/null | grep -q "nexthop.* dev $1 " && echo "an IPv6 route with several next hops uses $1"
	for id in $(routing_nexthops "$1" | sed -n 's/^id \([0-9]*\) .*/\1/p'); do
		ip nexthop show 2>/dev/null | sed -n 's/^id \([0-9]*\) group \([^ ]*\).*/\1 \2/p' | while read -r group members; do
			case "/$members/" in
			*"/$id/"* | *"/$id,"*) echo "nexthop group $group has nexthop $id by $1 as a member" ;;
			esac
		done
	done
	{
		ip -4 route show table all dev "$1"
		ip -6 route show table all dev "$1"
	} 2>/dev/null | grep -oE ' encap (seg6|seg6local|ioam6|rpl|bpf|xfrm) ' | sort -u | while read -r _ kind; do
		echo "a route of $1 with encap $kind is not put back (ip route)"
	done
	ip -f mpls route show 2>/dev/null | grep -q " dev $1\( \|\$\)" && echo "an MPLS route uses $1"
	cat /proc/net/ip_mr_vif /proc/net/ip6_mr_vif 2>/dev/null | awk -v name="$1" '$2 == name { found = 1 } END { exit !found }' &&
		echo "multicast routing uses $1"
	{
		ip xfrm policy show
		ip xfrm state show
	} 2>/dev/null | grep -q " dev $1\( \|\$\)" && echo "an IPsec policy or state is bound to $1"
	return 0
}

routing_nexthops()
{
	ip nexthop show dev "$1" 2>/dev/null | sed -n 's/ linkdown//; s/ dead//; s/ scope [a-z]*//; s/ *$//; /^id [0-9]/p'
}

routing_save()
{
	routing_nexthops "$1" > "$2/nexthops"
	ip addrlabel list 2>/dev/null | sed -n "s/^prefix \\([^ ]*\\) dev $1 label \\([0-9]*\\).*/prefix \\1 dev $1 label \\2/p" > "$2/addrlabels"
	ip token get dev "$1" 2>/dev/null | sed -n 's/^token \([^ ]*\) .*/\1/p' | grep -v '^::$' > "$2/token"
	ip link show dev "$1" | sed -n 's/^ *altname //p' > "$2/altnames"
	ip mptcp endpoint show 2>/dev/null | grep " dev $1\( \|\$\)" | grep -v ' implicit' > "$2/endpoints"
	ip maddr show dev "$1" 2>/dev/null | sed -n 's/.*link *\([0-9a-f:]*\).* static.*/\1/p' > "$2/maddr"
}

routing_early()
{
	if [ -s "$2/altnames" ] || [ -s "$2/maddr" ] || [ -s "$2/addrlabels" ]; then
		{
			sed "s/.*/link property add dev $1 altname &/" "$2/altnames"
			sed "s/.*/maddr add & dev $1/" "$2/maddr"
			sed 's/^/addrlabel add /' "$2/addrlabels"
		} | ip -force -batch - > /dev/null 2>&1
	fi
	[ ! -s "$2/token" ] || ip token set "$(cat "$2/token")" dev "$1" 2>/dev/null || net_lost "$2" "the token of $1"
}

# An endpoint of MPTCP goes by the number of the interface. Whoever looks after it, as
# NetworkManager does, may have been here before.
routing_late()
{
	[ -s "$2/endpoints" ] || return 0
	now=$(ip mptcp endpoint show 2>/dev/null)
	while read -r words; do
		! printf '%s\n' "$now" | sed 's/ *$//' | grep -qxF -e "$words" || continue
		ip mptcp endpoint delete id "$(printf '%s\n' "$words" | sed 's/.* id \([0-9]*\).*/\1/')" 2>/dev/null
		# shellcheck disable=SC2086  # words
		error=$(ip mptcp endpoint add $words 2>&1) || net_lost "$2" "MPTCP endpoint $words ($error)"
	done < "$2/endpoints"
}

# Nexthop objects, which routes name.
routing_addressed()
{
	[ -s "$2/nexthops" ] || return 0
	while read -r words; do
		case " $words " in
		*' dev '*) ;;
		*) words="$words dev $1" ;;
		esac
		# shellcheck disable=SC2086  # words
		error=$(ip nexthop replace $words 2>&1) || net_lost "$2" "nexthop $words ($error)"
	done < "$2/nexthops"
}
