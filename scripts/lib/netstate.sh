# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What the admin and the network manager made of an interface: written down before its driver goes,
# put back on the new interface of the same name. Needs iproute2; ethtool where there is one.
#
# Sourced. Everything about interface X lives in files below the folder given. Restoring reports
# what it could not put back and goes on: half a configuration reaches further than none. What it
# hands to other programs goes through pipes: the disk of that folder may be full by then. POSIX sh.
#
# What every interface has is in netstate/, a file a concern; here is what they share, and the order
# in which all of it is put back. What hangs on an interface beyond that has a file for each kind in
# attached/, who looks after it one in managers/. The next one of either is one more file, which
# nothing else has to name.

# The folder of this file: tests source it from a checkout.
# shellcheck disable=SC3028,SC3054  # bash says where a sourced file is; elsewhere XEN_NETFRONT_LIB is set
NET_LIB=${XEN_NETFRONT_LIB:-${BASH_SOURCE:-/usr/lib/xen-netfront/netstate.sh}}
NET_LIB=${NET_LIB%/netstate.sh}
# A kind of thing KIND in attached/KIND.sh may define, all of them optional:
#   KIND_obstacles X     see and refuse: one line for each thing that would be lost; looks only
#   KIND_machine         the same for the machine as a whole
#   KIND_save X DIR      writes down what can be put back
#   KIND_early X DIR     puts it back before the link is up
#   KIND_joined X DIR    puts it back when X is a port of its bridge or bond again; the link is down
#                        yet
#   KIND_addressed X DIR puts it back when addresses are there, before routes; not where the link
#   was down
#   KIND_late X DIR      puts it back when addresses and routes are there
# A manager NAME in managers/NN-NAME.sh defines:
#   NAME_has X           prints the line that the others get as words, or nothing when it has not
#                        got X
#   NAME_hand_back X WORD...   gets X back to it, without waiting for it
#   NAME_done X WORD...  has it got X as it had it before?
#   NAME_alone           optional, does nothing: no manager after it is asked when it has X
# They are asked in the order of the numbers: who runs a client of DHCP comes before the client.
NET_MANAGERS=
for net_file in "$NET_LIB"/netstate/*.sh "$NET_LIB"/attached/*.sh "$NET_LIB"/managers/*.sh; do
	[ -e "$net_file" ] || continue
	# shellcheck source=/dev/null
	. "$net_file"
	case $net_file in
	*/managers/[0-9]*)
		net_file=${net_file##*/[0-9][0-9]-}
		NET_MANAGERS="$NET_MANAGERS ${net_file%.sh}"
		;;
	esac
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

# net_sees WHAT COMMAND...: an obstacle unless the command succeeds: what cannot be seen cannot be
# put back.
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

# net_obstacles X: what would be lost over a swap, of X and of what stands on it, one line each.
# Empty: nothing.
net_obstacles()
{
	unset uppers_others
	for net_device in "$1" $(uppers_kept "$1"); do
		net_each obstacles "$net_device"
		net_unattended "$net_device"
	done
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

# net_try COMMAND...: sets one thing; says what could not be set.
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

# net_upper_as_before X DIR: what it stands on decides whether it may be up, and how large its
# frames are.
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
		net_each joined "$1" "$2"
	fi
	# Bit 0 of the flags is IFF_UP. Addresses of a link that was down come back as well, routes
	# cannot.
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

# net_changed NOW BEFORE: the lines "name value" of BEFORE that NOW has with another value.
net_changed()
{
	awk -v first="$1" 'FILENAME == first { now[$1] = $2; next } ($1 in now) && now[$1] != $2' "$1" "$2"
}
