# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Routes over an interface, those of others that go with its addresses, and its neighbours.

net_newline='
'

# net_routes FAMILY X: as arguments of `ip route append`. What a nexthop object says is not
# repeated. RHEL 7's kernel would keep a route for ever that has an end, so there its sender, the
# router, brings it again.
net_routes()
{
	: "${net_kernel:=$(uname -r)}"
	case $net_kernel in
	[1-3].* | 4.[0-3].*) endless='/ expires [0-9]*sec/d' ;;
	*) endless= ;;
	esac
	# What the kernel makes of addresses comes by itself. Of IPv6 it does not always say so.
	case $1 in
	-4) kernels_own='/^local .* proto kernel/d; /^broadcast .* proto kernel/d' ;;
	*) kernels_own='/ table local /d; /^local /d; /^anycast /d; /^multicast /d; /^ff00::/d' ;;
	esac
	ip "$1" route show table all dev "$2" |
		sed -n -e "$kernels_own" -e "$endless" \
			-e 's/ expires \([0-9]*\)sec/ expires \1/; s/ error [-0-9]*//; s/ linkdown//; s/ dead//; s/ *$//' \
			-e '/ nhid /{ s/ via inet6 [^ ]*//; s/ via [^ ]*//; s/ onlink//; s/ weight [0-9]*//; p; d; }' -e "s/\$/ dev $2/; p"
}

# net_others_routes X: of other interfaces, with an address of X as source: the kernel takes them
# away with the address.
net_others_routes()
{
	ip -o -4 addr show dev "$1" | while read -r _ _ _ address _; do
		ip -4 route show table all 2>/dev/null | grep " src ${address%/*} " | grep ' dev ' | grep -v " dev $1 " |
			sed -e '/^local /d; /^broadcast /d; s/ linkdown//; s/ dead//; s/ *$//'
	done
}

# net_missing FAMILY X FILE: the lines of FILE, routes of X, that are not there now.
net_missing()
{
	net_routes "$1" "$2" | awk '{ line = $0; sub(/ expires [0-9]+/, ""); sub(/ pref medium/, "") }
		FILENAME == "-" { now[$0] = 1; next }
		!($0 in now) { print line }' - "$3"
}

# net_restore_routes X DIR: routes are appended, never replaced: another interface may have one to
# the same place. Those that cannot be added yet are left to net_restore_late_routes.
net_restore_routes()
{
	: > "$2/routes.late"
	net_each addressed "$1" "$2"
	for family in -4 -6; do
		routes=$2/routes${family#-}
		[ -s "$routes" ] || continue
		sed 's/^/route append /' "$routes" | ip $family -force -batch - > /dev/null 2>&1
		net_append_routes $family "$(net_missing $family "$1" "$routes")"
		[ -z "$net_later" ] || printf '%s' "$net_later" | sed "s/^/$family /" >> "$2/routes.late"
	done
	[ ! -s "$2/others" ] || sed 's/^/route append /' "$2/others" | ip -4 -force -batch - > /dev/null 2>&1
	[ -s "$2/neighbours" ] || [ -s "$2/proxies" ] || return 0
	{
		awk -v dev="$1" '$4 != "FAILED" && $4 != "INCOMPLETE" {
			nud = $4 == "PERMANENT" || $4 == "NOARP" ? tolower($4) : "stale"
			print "neigh replace " $1 " lladdr " $3 " nud " nud " dev " dev
		}' "$2/neighbours"
		sed "s/^/neigh replace proxy /; s/\$/ dev $1/" "$2/proxies"
	} | ip -force -batch - > /dev/null 2>&1
}

# net_append_routes FAMILY ROUTES: one at a time. A route's gateway must be reachable first, so what
# cannot be added gets a second and a third turn. Sets net_later: what cannot be added all the same,
# one a line.
net_append_routes()
{
	net_later=${2:+$2$net_newline}
	for turn in 1 2 3; do
		[ -n "$net_later" ] || return 0
		[ "$turn" = 1 ] || sleep 0.2
		net_todo=$net_later
		net_later=
		while read -r arguments; do
			[ -n "$arguments" ] || continue
			# shellcheck disable=SC2086  # a list of words
			error=$(ip $1 route append $arguments 2>&1) && continue
			case $error in
			*'File exists'*) ;;
			*) net_later=$net_later$arguments$net_newline ;;
			esac
		done << END
$net_todo
END
	done
}

# net_restore_late_routes DIR: a route may have the address of another interface as its source,
# which came after it.
net_restore_late_routes()
{
	[ -s "$1/routes.late" ] || return 0
	while read -r family arguments; do
		# shellcheck disable=SC2086  # a list of words
		error=$(ip $family route append $arguments 2>&1) && continue
		case $error in
		*'File exists'*) ;;
		*) net_lost "$1" "route $arguments ($error)" ;;
		esac
	done < "$1/routes.late"
}
