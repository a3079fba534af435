# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What the admin and the network manager made of an interface: written down before its driver goes, put back on the
# new interface of the same name. Needs iproute2; ethtool where there is one.
#
# Sourced. Everything about interface X lives in files below the folder given. Restoring reports what it could not put
# back and goes on: half a configuration reaches further than none. POSIX sh.

# net_obstacles X: what would be lost over a swap, one line each. Empty: nothing.
net_obstacles()
{
	for upper in /sys/class/net/"$1"/upper_*; do
		[ -e "$upper" ] || continue
		upper=${upper##*/upper_}
		# A bridge, bond or VRF takes its port back; a VLAN or macvlan goes away with what it stands on.
		[ "$(readlink -f "/sys/class/net/$1/master")" = "$(readlink -f "/sys/class/net/$upper")" ] ||
			echo "$upper stands on $1 and would disappear with it"
	done
	ip link show dev "$1" 2>/dev/null | grep -q 'prog/xdp' && echo "$1 has an XDP program"
	tc qdisc show dev "$1" 2>/dev/null |
		while read -r _ kind _; do
			case $kind in
			noqueue | mq | pfifo_fast | fq | fq_codel) ;;
			*) echo "$1 has a queueing discipline of its own ($kind)" ;;
			esac
		done
	ip route show table all 2>/dev/null | grep -q "nexthop.* dev $1 " &&
		echo "a route with several next hops uses $1"
	return 0
}

# The columns of `ip -o addr` as arguments of `ip addr add`, one address a line.
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
			noprefixroute | mngtmpaddr | home) arguments="$arguments $1" ;;
			temporary | tentative | dadfailed) arguments= && break ;;
			proto) shift ;;
			*\\)
				# The last word before the lifetimes is the label of an IPv4 address, or nothing.
				[ "$family" = inet6 ] || [ "$1" = \\ ] || arguments="$arguments label ${1%\\}"
				;;
			esac
			shift
		done
		[ -z "$arguments" ] || { [ "$family" = inet ] && echo "$arguments" || echo "$arguments nodad"; }
	done
}

# net_routes FAMILY X: as arguments of `ip route replace`.
net_routes()
{
	ip "$1" route show table all dev "$2" |
		sed -n -e '/ table local /d; /^local /d; /^broadcast /d; /^anycast /d; /^multicast /d; /^ff00::/d' \
			-e 's/ expires [0-9]*sec//; s/ error [-0-9]*//; s/ linkdown//; s/ dead//; s/ *$//; p'
}

# net_features X: what can be changed, and how it is, one "name on|off" a line.
net_features()
{
	ethtool -k "$1" 2>/dev/null | sed -n '/\[fixed\]/d; s/^\([^ ][^:]*\): \(on\|off\).*/\1 \2/p'
}

net_coalesce()
{
	ethtool -c "$1" 2>/dev/null | sed -n 's/^\([rt]x-[a-z-]*\):[ 	]*\([0-9][0-9]*\)$/\1 \2/p'
}

# net_save X DIR
net_save()
{
	mkdir -p "$2"
	sys=/sys/class/net/$1
	for attribute in mtu tx_queue_len address addr_assign_type flags ifalias; do
		cat "$sys/$attribute" > "$2/$attribute" 2>/dev/null
	done
	if [ -e "$sys/master" ]; then
		basename "$(readlink -f "$sys/master")" > "$2/master"
	fi
	net_addresses "$1" > "$2/addresses"
	net_routes -4 "$1" > "$2/routes4"
	net_routes -6 "$1" > "$2/routes6"
	ip neigh show dev "$1" | sed -n 's/^\([^ ]*\) lladdr \([^ ]*\)\( router\)\{0,1\}.* \([A-Z][A-Z]*\) *$/\1 lladdr \2 \4/p' \
		> "$2/neighbours"
	grep -s . /proc/sys/net/ipv4/conf/"$1"/* /proc/sys/net/ipv6/conf/"$1"/* > "$2/sysctl"
	if command -v ethtool > /dev/null; then
		net_features "$1" > "$2/features"
		ethtool -l "$1" 2>/dev/null | sed -n '/^Current/,$s/^Combined:[ 	]*\([0-9][0-9]*\)/\1/p' > "$2/channels"
		net_coalesce "$1" > "$2/coalesce"
	fi
	net_manager "$1" > "$2/manager"
}

# net_manager X: who looks after it: "networkmanager CONNECTION", "networkd", "dhclient COMMAND..." or nothing.
net_manager()
{
	connection=$(nmcli -g GENERAL.CONNECTION device show "$1" 2>/dev/null)
	if [ -n "$connection" ]; then
		echo "networkmanager $connection"
		return
	fi
	if networkctl list "$1" 2>/dev/null | grep -q "$1.*configured"; then
		echo networkd
		return
	fi
	for process in /proc/[0-9]*; do
		comm=
		read -r comm < "$process/comm"
		case $comm in
		dhclient | udhcpc) ;;
		*) continue ;;
		esac
		tr '\0' '\n' < "$process/cmdline" 2>/dev/null | grep -qx "$1" || continue
		echo "${process##*/} $(tr '\0' ' ' < "$process/cmdline")"
		return
	done 2>/dev/null
}

# Set one thing; say what could not be set.
net_try()
{
	if ! error=$("$@" 2>&1); then
		echo "could not restore: $* (${error:-no reason given})" >&2
		return 1
	fi
}

# net_restore X DIR: X exists and has its name.
net_restore()
{
	sys=/sys/class/net/$1
	[ "$(cat "$2/addr_assign_type" 2>/dev/null)" != 3 ] || [ "$(cat "$2/address")" = "$(cat "$sys/address")" ] ||
		net_try ip link set dev "$1" address "$(cat "$2/address")"
	# Some hundred files: a process for each takes longer on a busy machine than the watchdog waits.
	while IFS=: read -r file value; do
		now=
		read -r now < "$file" || [ -n "$now" ] || continue
		[ "$now" = "$value" ] || echo "$value" > "$file"
	done 2>/dev/null < "$2/sysctl"
	[ ! -s "$2/ifalias" ] || net_try ip link set dev "$1" alias "$(cat "$2/ifalias")"
	net_try ip link set dev "$1" txqueuelen "$(cat "$2/tx_queue_len")"
	if [ -s "$2/master" ] && [ ! -e "$sys/master" ]; then
		net_try ip link set dev "$1" master "$(cat "$2/master")"
	fi
	# Bit 0 of the flags is IFF_UP. Addresses of a link that was down come back as well, routes cannot.
	case $(cat "$2/flags") in
	*[13579bdfBDF])
		net_try ip link set dev "$1" up
		net_restore_mtu "$1" "$2"
		net_restore_addresses "$1" "$2"
		net_restore_routes "$1" "$2"
		;;
	*)
		net_restore_mtu "$1" "$2"
		net_restore_addresses "$1" "$2"
		;;
	esac
	net_restore_ethtool "$1" "$2"
}

# The backend may allow a large MTU only once it is connected, so this asks for some seconds.
net_restore_mtu()
{
	mtu=$(cat "$2/mtu")
	tries=20
	while [ "$(cat "/sys/class/net/$1/mtu")" != "$mtu" ]; do
		ip link set dev "$1" mtu "$mtu" 2>/dev/null && break
		tries=$((tries - 1))
		if [ $tries -eq 0 ]; then
			net_try ip link set dev "$1" mtu "$mtu"
			break
		fi
		sleep 0.25
	done
}

net_restore_addresses()
{
	while read -r arguments; do
		# shellcheck disable=SC2086  # a list of words
		ip addr replace $arguments dev "$1" 2>/dev/null || net_try ip addr add $arguments dev "$1"
	done < "$2/addresses"
}

net_restore_routes()
{
	# A route's gateway must be reachable first, so what fails gets a second and a third turn.
	for family in -4 -6; do
		cp "$2/routes${family#-}" "$2/todo"
		for turn in 1 2 3; do
			: > "$2/later"
			while read -r arguments; do
				# shellcheck disable=SC2086
				ip $family route replace $arguments dev "$1" 2>/dev/null || echo "$arguments" >> "$2/later"
			done < "$2/todo"
			mv "$2/later" "$2/todo"
			[ -s "$2/todo" ] || break
			[ "$turn" = 3 ] || sleep 0.2
		done
		sed "s/^/could not restore the route: /" "$2/todo" >&2
		rm -f "$2/todo"
	done
	while read -r address _ mac nud; do
		case $nud in
		PERMANENT | NOARP) ;;
		FAILED | INCOMPLETE) continue ;;
		*) nud=stale ;;
		esac
		ip neigh replace "$address" lladdr "$mac" nud "$(echo "$nud" | tr '[:upper:]' '[:lower:]')" dev "$1" 2>/dev/null
	done < "$2/neighbours"
}

# net_changed NOW BEFORE: the lines "name value" of BEFORE that NOW has with another value.
net_changed()
{
	awk 'NR == FNR { now[$1] = $2; next } ($1 in now) && now[$1] != $2' "$1" "$2"
}

net_restore_ethtool()
{
	command -v ethtool > /dev/null || return 0
	if [ -s "$2/channels" ]; then
		# A driver that cannot say how many it has cannot change them either.
		channels=$(ethtool -l "$1" 2>/dev/null | sed -n '/^Current/,$s/^Combined:[ 	]*//p')
		[ "${channels:-$(cat "$2/channels")}" = "$(cat "$2/channels")" ] ||
			net_try ethtool -L "$1" combined "$(cat "$2/channels")"
	fi
	net_features "$1" > "$2/features.now"
	net_changed "$2/features.now" "$2/features" | while read -r feature value; do
		net_try ethtool -K "$1" "$feature" "$value"
	done
	net_coalesce "$1" > "$2/coalesce.now"
	net_changed "$2/coalesce.now" "$2/coalesce" | while read -r parameter value; do
		net_try ethtool -C "$1" "$parameter" "$value"
	done
}

# net_hand_back X DIR: have the manager take the interface up again. It works already; this keeps leases alive.
net_hand_back()
{
	read -r who rest < "$2/manager" || return 0
	case $who in
	networkmanager)
		# NetworkManager takes an interface that appears with addresses for somebody else's.
		net_try nmcli --wait 20 connection up "$rest" ifname "$1"
		;;
	networkd) ;; # sees the new link and configures it
	*)
		# A DHCP client holds a socket of the interface that is gone.
		kill "$who" 2>/dev/null
		# shellcheck disable=SC2086  # its own command line
		net_try $rest
		;;
	esac
}
