# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What the admin and the network manager made of an interface: written down before its driver goes, put back on the
# new interface of the same name. Needs iproute2; ethtool where there is one.
#
# Sourced. Everything about interface X lives in files below the folder given. Restoring reports what it could not put
# back and goes on: half a configuration reaches further than none. What it hands to other programs goes through pipes: the disk of
# that folder may be full by then. POSIX sh.
#
# What hangs on an interface beyond addresses and routes has a file for each kind in attached/, who looks after it one in
# managers/.

# The folder of this file: tests source it from a checkout.
# shellcheck disable=SC3028,SC3054  # bash says where a sourced file is; elsewhere XEN_NETFRONT_LIB is set
NET_LIB=${XEN_NETFRONT_LIB:-${BASH_SOURCE:-/usr/lib/xen-netfront/netstate.sh}}
NET_LIB=${NET_LIB%/netstate.sh}
net_newline='
'

# A kind of thing KIND in attached/KIND.sh may define, all of them optional:
#   KIND_obstacles X     one line for each thing that would be lost; looks only
#   KIND_machine         the same for the machine as a whole
#   KIND_save X DIR      writes down what can be put back
#   KIND_early X DIR     puts it back before the link is up
#   KIND_late X DIR      puts it back when addresses and routes are there
# A manager NAME in managers/NAME.sh defines:
#   NAME_has X           prints the line that the others get as words, or nothing when it has not got X
#   NAME_hand_back X WORD...   gets X back to it, without waiting for it
#   NAME_done X WORD...  has it got X as it had it before?
for net_file in "$NET_LIB"/attached/*.sh "$NET_LIB"/managers/*.sh; do
	# shellcheck source=/dev/null
	[ ! -e "$net_file" ] || . "$net_file"
done

# net_each VERB ARGUMENT...: for every kind of thing that knows the verb.
net_each()
{
	net_verb=$1
	shift
	for net_file in "$NET_LIB"/attached/*.sh; do
		net_kind=${net_file##*/}
		net_kind=${net_kind%.sh}
		if command -v "${net_kind}_$net_verb" > /dev/null; then
			"${net_kind}_$net_verb" "$@"
		fi
	done
	return 0
}

# net_sees WHAT COMMAND...: an obstacle unless the command succeeds: what cannot be seen cannot be put back.
net_sees()
{
	net_what=$1
	shift
	if ! command -v "$1" > /dev/null; then
		echo "$net_what cannot be seen ($1 is not installed)"
	elif ! error=$("$@" 2>&1 > /dev/null); then
		echo "$net_what cannot be seen ($*: $(printf '%s\n' "${error:-it failed}" | head -n 1))"
	fi
}

# net_ask COMMAND...: a manager, who may hang: no answer in 5 s is none, status 124.
net_ask()
{
	command -v "$1" > /dev/null || return 127
	if command -v timeout > /dev/null; then
		LC_ALL=C timeout 5 "$@" < /dev/null
	else
		LC_ALL=C "$@" < /dev/null
	fi
}

# Managers in this order: who runs a client of DHCP comes before the client.
NET_MANAGERS="networkmanager networkd wicked ifupdown dhclient dhcpcd udhcpc"

# net_obstacles X: what would be lost over a swap, of X and of what stands on it, one line each. Empty: nothing.
net_obstacles()
{
	unset uppers_others
	for net_device in "$1" $(uppers_kept "$1"); do
		net_each obstacles "$net_device"
		net_unattended "$net_device"
	done
}

# An address that ends needs somebody who renews it, and whom we can hand it back to.
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
			noprefixroute | mngtmpaddr | home | autojoin) arguments="$arguments $1" ;;
			temporary | dadfailed) arguments= && break ;;
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

# net_routes FAMILY X: as arguments of `ip route append`. What a nexthop object says is not repeated. RHEL 7's kernel would
# keep a route for ever that has an end, so there its sender, the router, brings it again.
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

# net_others_routes X: of other interfaces, with an address of X as source: the kernel takes them away with the address.
net_others_routes()
{
	ip -o -4 addr show dev "$1" | while read -r _ _ _ address _; do
		ip -4 route show table all 2>/dev/null | grep " src ${address%/*} " | grep ' dev ' | grep -v " dev $1 " |
			sed -e '/^local /d; /^broadcast /d; s/ linkdown//; s/ dead//; s/ *$//'
	done
}

# net_features X: what can be changed, and how an admin wants it, one "name on|off" a line. What is off because what it stands on
# has not got it, "off [requested on]", is not what he wants.
net_features()
{
	ethtool -k "$1" 2>/dev/null |
		sed -n '/\[fixed\]/d; s/: [onf]* \[requested \([onf]*\)\]/: \1/; s/^\([^ ][^:]*\): \(on\|off\).*/\1 \2/p'
}

net_coalesce()
{
	ethtool -c "$1" 2>/dev/null | sed -n 's/^\([rt]x-[a-z-]*\):[ 	]*\([0-9][0-9]*\)$/\1 \2/p'
}

# net_sizes X: the largest packets that it takes before they are cut, and that it makes of several, "name size" a line.
net_sizes()
{
	ip -d -o link show dev "$1" 2>/dev/null | sed 's/[ \\][ \\]*/\n/g' |
		awk '/^g[sr]o_(ipv4_)?max_(size|segs)$/ { name = $0; getline; print name, $0 }'
}

# net_settings X: files of /proc and /sys with their values, one "FILE:VALUE" a line.
net_settings()
{
	grep -s . /proc/sys/net/*/conf/"$1"/* /proc/sys/net/*/neigh/"$1"/* \
		/sys/class/net/"$1"/ifalias /sys/class/net/"$1"/tx_queue_len /sys/class/net/"$1"/netdev_group \
		/sys/class/net/"$1"/gro_flush_timeout /sys/class/net/"$1"/napi_defer_hard_irqs /sys/class/net/"$1"/threaded
}

# The same of its queues, which may come only when the backend has agreed to them.
net_queue_settings()
{
	grep -s . /sys/class/net/"$1"/queues/rx-*/rps_cpus /sys/class/net/"$1"/queues/rx-*/rps_flow_cnt \
		/sys/class/net/"$1"/queues/tx-*/xps_cpus /sys/class/net/"$1"/queues/tx-*/xps_rxqs /sys/class/net/"$1"/queues/tx-*/tx_maxrate \
		/sys/class/net/"$1"/queues/tx-*/byte_queue_limits/limit_m??
}

# net_set < SETTINGS. Some hundred files: a process for each takes longer on a busy machine than the watchdog waits.
net_set()
{
	while IFS=: read -r file value; do
		[ -w "$file" ] || continue
		now=
		read -r now < "$file"
		[ "$now" = "$value" ] || printf '%s\n' "$value" > "$file"
	done 2>/dev/null
	return 0
}

# net_save X DIR: X, and what stands on it in DIR/on. Status 1 when not all could be written down.
net_save()
{
	# Of what change together, the first has what concerns them all.
	net_first=${net_together:-$1}
	net_first=${net_first%% *}
	mkdir -p "$2/on" && uppers_write "$1" "$2" && net_save_one "$1" "$2" || return 1
	while read -r _ net_upper _; do
		net_save_one "$net_upper" "$2/on/$net_upper" < /dev/null || return 1
	done < "$2/uppers"
}

# net_save_one X DIR
net_save_one()
{
	mkdir -p "$2" || return 1
	rm -f "$2/complete" "$2/lost"
	sys=/sys/class/net/$1
	for attribute in mtu address addr_assign_type ifindex; do
		cat "$sys/$attribute" > "$2/$attribute" 2>/dev/null
	done
	net_flags "$1" > "$2/flags"
	rm -f "$2/master"
	if [ -e "$sys/master" ]; then
		basename "$(readlink -f "$sys/master")" > "$2/master"
	fi
	net_addresses "$1" > "$2/addresses" && net_routes -4 "$1" > "$2/routes4" && net_routes -6 "$1" > "$2/routes6" &&
		net_others_routes "$1" > "$2/others" &&
		ip neigh show dev "$1" | sed -n 's/^\([^ ]*\) lladdr \([^ ]*\)\( router\)\{0,1\}.* \([A-Z][A-Z]*\) *$/\1 lladdr \2 \4/p' \
			> "$2/neighbours" || return 1
	ip neigh show proxy dev "$1" 2>/dev/null | cut -d' ' -f1 > "$2/proxies"
	net_settings "$1" > "$2/settings"
	net_queue_settings "$1" > "$2/queues"
	net_sizes "$1" > "$2/sizes"
	if command -v ethtool > /dev/null; then
		net_features "$1" > "$2/features"
		ethtool -l "$1" 2>/dev/null | sed -n '/^Current/,$s/^Combined:[ 	]*\([0-9][0-9]*\)/\1/p' > "$2/channels"
		net_coalesce "$1" > "$2/coalesce"
	fi
	net_each save "$1" "$2"
	net_manager "$1" > "$2/manager"
	net_ends "$1" > "$2/ends"
	# Written last, and more than a byte: a full /run shows here.
	cat "$2/settings" > "$2/complete" && [ -s "$2/complete" ] && [ -s "$2/flags" ] && [ -s "$2/mtu" ]
}

# net_flags X: as a number. Promiscuous (0x100) and taking all groups (0x200) are what an admin set: sysfs has them also while a bridge
# or a macvlan wants them, `ip` has not.
net_flags()
{
	read -r flags < "/sys/class/net/$1/flags" || return 1
	flags=$((flags & ~0x300))
	words=$(ip -o link show dev "$1" 2>/dev/null)
	words=${words%%>*},
	case $words in *[\<,]PROMISC,*) flags=$((flags | 0x100)) ;; esac
	case $words in *[\<,]ALLMULTI,*) flags=$((flags | 0x200)) ;; esac
	printf '0x%x\n' "$flags"
}

# net_manager X: who looks after it, one "NAME WORD..." a line, or nothing.
net_manager()
{
	for manager in $NET_MANAGERS; do
		words=$("${manager}_has" "$1" 2>/dev/null)
		[ -n "$words" ] || continue
		echo "$manager $words"
		case $manager in
		# It runs its own client of DHCP, which must not be started beside it.
		networkmanager | wicked | ifupdown) break ;;
		esac
	done
	return 0
}

# Set one thing; say what could not be set.
net_try()
{
	if ! error=$("$@" 2>&1); then
		echo "could not restore: $* (${error:-no reason given})" >&2
		return 1
	fi
}

# net_lost DIR TEXT: something that matters could not be put back; the verdict says so.
net_lost()
{
	echo "could not restore: $2" >&2
	echo "$2" >> "$1/lost"
}

# net_restore X DIR: X exists and has its name.
net_restore()
{
	[ ! -e "$2/lost" ] || rm -f "$2/lost"
	uppers_make "$1" "$2"
	net_restore_one "$1" "$2"
	net_restore_uppers "$1" "$2"
}

# net_restore_uppers X DIR: what stands on X, and is there again. uppers_make says what is not.
net_restore_uppers()
{
	while read -r _ net_upper _; do
		if [ ! -e "/sys/class/net/$net_upper" ] || uppers_strange "$net_upper" "$2"; then continue; fi
		[ ! -e "$2/on/$net_upper/lost" ] || rm -f "$2/on/$net_upper/lost"
		net_restore_one "$net_upper" "$2/on/$net_upper" 1 < /dev/null
		net_upper_as_before "$net_upper" "$2/on/$net_upper"
	done < "$2/uppers"
	net_restore_late_routes "$2"
	while read -r _ net_upper _; do
		net_restore_late_routes "$2/on/$net_upper"
	done < "$2/uppers"
}

# net_upper_as_before X DIR: what it stands on decides whether it may be up, and how large its frames are.
net_upper_as_before()
{
	read -r before < "$2/mtu" && read -r now < "/sys/class/net/$1/mtu"
	[ "$before" = "$now" ] || net_lost "$2" "MTU $before of $1"
	read -r before < "$2/flags" && read -r now < "/sys/class/net/$1/flags"
	[ $((before & 1)) = $((now & 1)) ] || net_lost "$2" "$1 is not $([ $((before & 1)) = 1 ] && echo up || echo down)"
}

# net_restore_one X DIR [TRIES]: without what stands on it. TRIES: for its MTU.
net_restore_one()
{
	sys=/sys/class/net/$1
	mac_type=
	[ ! -s "$2/addr_assign_type" ] || read -r mac_type < "$2/addr_assign_type"
	read -r before < "$2/address" && read -r now < "$sys/address"
	[ "$mac_type" != 3 ] || [ "$before" = "$now" ] || net_try ip link set dev "$1" address "$before"
	net_set < "$2/settings"
	net_restore_flags "$1" "$2"
	net_each early "$1" "$2"
	if [ -s "$2/master" ] && [ ! -e "$sys/master" ]; then
		master=$(cat "$2/master")
		# A bond takes nothing that is up.
		[ ! -d "/sys/class/net/$master/bonding" ] || ip link set dev "$1" down
		ip link set dev "$1" master "$master" || net_lost "$2" "$1 in $master"
		bridgeport_back "$1" "$2"
	fi
	# Bit 0 of the flags is IFF_UP. Addresses of a link that was down come back as well, routes cannot.
	read -r flags < "$2/flags"
	case $flags in
	*[13579bdfBDF])
		net_try ip link set dev "$1" up
		net_restore_mtu "$1" "$2" "${3:-20}"
		net_restore_addresses "$1" "$2"
		net_restore_routes "$1" "$2"
		;;
	*)
		net_restore_mtu "$1" "$2" "${3:-20}"
		net_restore_addresses "$1" "$2"
		;;
	esac
	# A link that comes up, or changes its MTU, takes that for IPv6 as well.
	grep "/ipv6/conf/$1/mtu:" "$2/settings" | net_set
	net_restore_ethtool "$1" "$2"
	net_sizes "$1" | net_changed - "$2/sizes" | while read -r name value; do
		net_try ip link set dev "$1" "$name" "$value" < /dev/null
	done
	net_set < "$2/queues"
	net_each late "$1" "$2"
}

# Without ARP (0x80), without multicast (0x1000), promiscuous (0x100), taking all groups (0x200).
net_restore_flags()
{
	mask=$((0x1380))
	read -r before < "$2/flags" && read -r now < "$sys/flags" || return 0
	[ $((before & mask)) = $((now & mask)) ] || echo $(((now & ~mask) | (before & mask))) > "$sys/flags"
}

# The backend may allow a large MTU only once it is connected, so this asks for some seconds.
net_restore_mtu()
{
	read -r mtu < "$2/mtu"
	tries=$3
	while read -r now < "$sys/mtu" && [ "$now" != "$mtu" ]; do
		ip link set dev "$1" mtu "$mtu" 2>/dev/null && break
		tries=$((tries - 1))
		if [ $tries -eq 0 ]; then
			net_try ip link set dev "$1" mtu "$mtu"
			break
		fi
		sleep 0.25
	done
}

# net_addresses_longer DIR: those that were there; of those that end, each a minute later. Who renews it begins to count anew when it has the
# interface back, at half of the lease, and that may be later than what was left.
net_addresses_longer()
{
	awk '{
		for (i = 1; i < NF; i++) if ($i ~ /^(valid|preferred)_lft$/ && $(i + 1) ~ /^[0-9]+$/) $(i + 1) += 60
		print
	}' "$1/addresses"
}

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

# net_ends_given X DIR: whoever has renewed a lease has moved the end that we gave it.
net_ends_given()
{
	[ -s "$2/ends" ] || return 0
	net_given=$(net_ends "$1" | awk 'FILENAME != "-" { given[$1]; next } $2 in given' "$2/addresses" -)
	[ -z "$net_given" ] || echo "$net_given" > "$2/ends"
}

# net_missing FAMILY X FILE: the lines of FILE, routes of X, that are not there now.
net_missing()
{
	net_routes "$1" "$2" | awk '{ line = $0; sub(/ expires [0-9]+/, ""); sub(/ pref medium/, "") }
		FILENAME == "-" { now[$0] = 1; next }
		!($0 in now) { print line }' - "$3"
}

# Routes are appended, never replaced: another interface may have one to the same place. Those that cannot be added yet are left to
# net_restore_late_routes.
net_restore_routes()
{
	: > "$2/routes.late"
	routing_nexthops_back "$1" "$2"
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

# net_append_routes FAMILY ROUTES: one at a time. A route's gateway must be reachable first, so what cannot be added gets a second and a
# third turn. Sets net_later: what cannot be added all the same, one a line.
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

# net_restore_late_routes DIR: a route may have the address of another interface as its source, which came after it.
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

# net_changed NOW BEFORE: the lines "name value" of BEFORE that NOW has with another value.
net_changed()
{
	awk -v first="$1" 'FILENAME == first { now[$1] = $2; next } ($1 in now) && now[$1] != $2' "$1" "$2"
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

# net_ends X: the addresses that end, "FAMILY ADDRESS SECONDS" since boot.
net_ends()
{
	read -r now _ < /proc/uptime
	ip -o addr show dev "$1" | sed -n 's/.* \(inet6\{0,1\}\) \([^ ]*\) .*valid_lft \([0-9][0-9]*\)sec.*/\1 \2 \3/p' |
		awk -v now="${now%.*}" '{ print $1, $2, $3 + now }'
}

# net_renewed X FAMILY: does X have a lease from after the change? Its end is not the one that we gave it, or it is of another address.
net_renewed()
{
	net_ends "$1" | awk -v family="$2" '
		FILENAME != "-" { end[$2] = $3; next }
		$1 == family && ($3 > end[$2] + 1 || $3 < end[$2] - 1) { found = 1 }
		END { exit !found }' "$net_dir/ends" -
}

# net_apart COMMAND...: as a process that lives on when the change of driver has ended, and holds nothing of it.
net_apart()
{
	if [ -d /run/systemd/system ] && command -v systemd-run > /dev/null; then
		net_number=$((${net_number:-0} + 1))
		setsid systemd-run --quiet --scope --unit="xen-netfront-client-$$-$net_number" -- "$@" < /dev/null > /dev/null 2>&1 9>&- 7>&- &
	else
		setsid "$@" < /dev/null > /dev/null 2>&1 9>&- 7>&- &
	fi
}

# net_hand_back X DIR [SECONDS]: have the managers take the interface up again, and wait until each has it. It works already;
# this keeps leases alive. Status 1 when one has not got it in time.
net_hand_back()
{
	[ -s "$2/manager" ] || return 0
	net_dir=$2
	while read -r who words; do
		# shellcheck disable=SC2086  # words
		"${who}_hand_back" "$1" $words < /dev/null
	done < "$2/manager"
	read -r net_until _ < /proc/uptime
	net_until=$((${net_until%.*} + ${3:-20}))
	net_late=
	while read -r who words; do
		# shellcheck disable=SC2086
		until "${who}_done" "$1" $words < /dev/null; do
			read -r net_now _ < /proc/uptime
			if [ "${net_now%.*}" -ge $net_until ]; then
				net_late="$net_late $who"
				break
			fi
			sleep 0.3
		done
	done < "$2/manager"
	# What a manager took away on its way and does not know of.
	net_restore_again "$1" "$2"
	[ -z "$net_late" ] || {
		echo "$1:$net_late did not take it back in ${3:-20} s" >&2
		return 1
	}
}

# net_restore_again X DIR: what the admin added by hand, after a manager had the interface: addresses without an end, and routes
# that came from nobody else.
net_restore_again()
{
	grep -v ' valid_lft [0-9]' "$2/addresses" | sed "s/^/addr replace /; s/\$/ dev $1/" | ip -force -batch - > /dev/null 2>&1
	for family in -4 -6; do
		# A default route may have another gateway now, or another source.
		if ip $family route show default dev "$1" 2>/dev/null | grep -q .; then some=^default; else some=^nothing; fi
		net_missing $family "$1" "$2/routes${family#-}" | grep -v -e "$some" -e ' proto dhcp' -e ' proto ra' -e ' proto kernel' |
			sed 's/^/route append /' | ip $family -force -batch - > /dev/null 2>&1
	done
}
