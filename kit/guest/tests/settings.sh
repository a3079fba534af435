# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# What an admin sets is in force, and stays so: over down and up, over another number of queues;
# over each move, which moves.sh asks for.

interfaces_of_settings()
{
	echo "$NETIF"
}

# setting NAME IN-FORCE COMMAND...: set by COMMAND, in force when IN-FORCE, a line of picture, is
# there. What is refused with "not supported" is a feature that there is not, and skipped.
setting()
{
	setting_name=$1 in_force=$2
	shift 2
	if ! setting_said=$("$@" 2>&1); then
		case $setting_said in
		*[Nn]'ot supported'* | *'Operation not permitted'* | *'annot change'* | *'nrecognized'* | *'Unknown qdisc'* | *'not found'* | *'No such file'*)
			result skip "$setting_name can be set" "$setting_said" ;;
		*) result not-ok "$setting_name can be set" "${setting_said:-$*: status not 0}" ;;
		esac
		return 0
	fi
	picture "$NETIF" > "$out/now" 2>/dev/null
	if grep -qxF -- "$in_force" "$out/now"; then
		result ok "$setting_name can be set"
	else
		result not-ok "$setting_name can be set" "$* succeeded, but there is no '$in_force'"
	fi
}

# offload NAME: turned to what it is not
offload()
{
	offload_now=$(net_features "$NETIF" | awk -v n="$1" '$1 == n { print $2 }')
	case $offload_now in
	on) setting "offload $1" "offload $1 off" ethtool -K "$NETIF" "$1" off ;;
	off) setting "offload $1" "offload $1 on" ethtool -K "$NETIF" "$1" on ;;
	*) result skip "offload $1 can be set" "fixed, or not there" ;;
	esac
}

set_all()
{
	setting "MTU 1400" "mtu 1400" ip link set dev "$NETIF" mtu 1400
	setting "txqueuelen" "txqueuelen 555" ip link set dev "$NETIF" txqueuelen 555
	setting "promiscuous mode" "flags $(printf '0x%x' $(($(net_flags "$NETIF") | 0x100)))" ip link set dev "$NETIF" promisc on
	offload tcp-segmentation-offload
	offload generic-receive-offload
	usecs=$(net_coalesce "$NETIF" | awk '$1 == "rx-usecs" { print $2 }')
	if [ -n "$usecs" ]; then
		setting "coalescing" "coalesce rx-usecs 50" ethtool -C "$NETIF" rx-usecs 50
	else
		result skip "coalescing can be set" "ethtool -c has no rx-usecs"
	fi
	setting "a multicast address" "multicast 01:00:5e:7e:12:34" multicast 01:00:5e:7e:12:34
	if ! command -v tc > /dev/null; then
		result skip "a queueing discipline can be set" "tc is not installed"
	elif grep -q '^qdisc ' "$kit/before/$NETIF"; then
		result skip "a queueing discipline can be set" "there is one that could not be put back: $(grep '^qdisc ' "$kit/before/$NETIF")"
	else
		: > "$out/qdisc"
		setting "a queueing discipline" "qdisc pfifo" tc qdisc replace dev "$NETIF" root pfifo limit 500
	fi
	if [ -n "${SET_MAC:-}" ]; then
		setting "a MAC address" "mac 02:00:00:12:34:56" set_mac 02:00:00:12:34:56
	fi
}

# multicast MAC: a driver without a filter takes no list
multicast()
{
	multicast_said=$(ip maddr add "$1" dev "$NETIF" 2>&1) && return 0
	case $multicast_said in
	*'Invalid argument'*) echo "not supported: the driver takes no list of addresses ($multicast_said)" ;;
	*) echo "$multicast_said" ;;
	esac
	return 1
}

# set_mac MAC: most drivers take it only while the interface is down
set_mac()
{
	ip link set dev "$NETIF" address "$1" 2>/dev/null && return 0
	ip link set dev "$NETIF" down && ip link set dev "$NETIF" address "$1"
	mac_rc=$?
	ip link set dev "$NETIF" up
	# Routes went with the link.
	net_restore_routes "$NETIF" "$kit/saved/$NETIF" > /dev/null 2>&1
	return $mac_rc
}

# kept NAME: all that was set is there, compared with the picture in wanted
kept()
{
	picture "$NETIF" > "$out/now" 2>/dev/null
	lost=$(difference "$out/wanted" "$out/now")
	if [ -z "$lost" ]; then result ok "$1"; else result not-ok "$1" "$lost"; fi
}

test_settings()
{
	begin
	set_all
	picture "$NETIF" > "$out/wanted"
	try "traffic with all of it" comes_back 15
	# Routes go with the link, with any driver: they are for the admin to give again.
	grep -v '^route\|^address.*:' "$out/wanted" > "$out/wanted.link"
	ip link set dev "$NETIF" down && nap 0.5 && ip link set dev "$NETIF" up
	eventually "$STEP" carrier "$NETIF"
	picture "$NETIF" 2>/dev/null | grep -v '^route\|^address.*:' > "$out/now"
	lost=$(difference "$out/wanted.link" "$out/now")
	if [ -z "$lost" ]; then result ok "all is kept over down and up"; else result not-ok "all is kept over down and up" "$lost"; fi
	net_restore_addresses "$NETIF" "$kit/saved/$NETIF" > /dev/null 2>&1
	net_restore_routes "$NETIF" "$kit/saved/$NETIF" > /dev/null 2>&1
	try "traffic after down and up" comes_back 15
	channels=$(channels_of "$NETIF")
	most=$(most_channels_of "$NETIF")
	if [ "${most:-1}" -gt 1 ]; then
		other=1
		[ "$channels" != 1 ] || other=$most
		picture "$NETIF" > "$out/wanted"
		try "another number of queues" ethtool -L "$NETIF" combined "$other"
		sed "s/^channels .*/channels $other/" "$out/wanted" > "$out/wanted.new"
		mv "$out/wanted.new" "$out/wanted"
		kept "all is kept over another number of queues"
		try "traffic after another number of queues" comes_back 15
	else
		result skip "another number of queues" "ethtool -l: ${most:-not supported}"
	fi
}

undo_settings()
{
	ip maddr del 01:00:5e:7e:12:34 dev "$NETIF"
	[ ! -e "$out/qdisc" ] || tc qdisc del dev "$NETIF" root
	undo_mac=$(sed -n 's/^mac //p' "$kit/before/$NETIF")
	[ "$(cat "/sys/class/net/$NETIF/address")" = "$undo_mac" ] || set_mac "$undo_mac"
}
