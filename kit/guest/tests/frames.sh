# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# Frames that carry something else than plain IP: ping, TCP and UDP over VLANs and tunnels, both
# families. The remote end has made its side: the file kinds has a line "NUMBER ok|WHY KIND" for
# each. Names here begin with xnt; nothing that exists is touched.

# shellcheck source=kit/guest/tests/traffic.sh
. "$kit/guest/tests/traffic.sh"

interfaces_of_frames()
{
	echo "$NETIF"
}

# modules KIND: that ip may need; those that were not there before are put away again
modules()
{
	case $1 in
	VLAN | QinQ) echo 8021q ;;
	VXLAN) echo vxlan ;;
	GENEVE) echo geneve ;;
	GRE) echo ip_gre ;;
	IPIP) echo ipip ;;
	esac
}

# make_kind NUMBER KIND LOWER HERE THERE: xntNUMBER. Runs at both ends.
make_kind()
{
	case $2 in
	plain) ;;
	VLAN) ip link add link "$3" name "xnt$1" type vlan id 3981 ;;
	QinQ)
		ip link add link "$3" name "xnt$1o" type vlan proto 802.1ad id 3982 && ip link set "xnt$1o" up &&
			ip link add link "xnt$1o" name "xnt$1" type vlan id 3983
		;;
	VXLAN) ip link add "xnt$1" type vxlan id 3984 local "$4" remote "$5" dstport 4789 ;;
	GENEVE) ip link add "xnt$1" type geneve id 3985 remote "$5" ;;
	GRE) ip link add "xnt$1" type gre local "$4" remote "$5" key 3986 ;;
	IPIP) ip link add "xnt$1" type ipip local "$4" remote "$5" ;;
	*) echo "no such kind"; return 1 ;;
	esac
}

# address_kind NUMBER KIND LOWER END: its addresses; END 1 is the guest. IPIP has no IPv6.
address_kind()
{
	kind_device=xnt$1
	[ "$2" != plain ] || kind_device=$3
	ip link set "$kind_device" up || return 1
	[ "$2" = plain ] || ip addr add "198.18.$1.$4/24" dev "$kind_device" || return 1
	[ "$2" = IPIP ] || ip -6 addr add "fdc6:12:$1::$4/64" dev "$kind_device" nodad || echo "no IPv6" >&2
}

# unmake_kind NUMBER KIND LOWER END
unmake_kind()
{
	if [ "$2" = plain ]; then
		ip -6 addr del "fdc6:12:$1::$4/64" dev "$3"
		return
	fi
	ip link del "xnt$1"
	[ "$2" != QinQ ] || ip link del "xnt$1o"
}

# way NUMBER KIND: what is sent over it
way()
{
	if [ "$2" != plain ]; then
		if ! eventually 6 ping -c 1 -W 1 "198.18.$1.2"; then
			result skip "$2: ping" "no answer over it: what is between the two ends may not pass it on"
			return
		fi
		result ok "$2: ping"
		tcp_by_sum "$2: TCP" "198.18.$1.2" 262144
		udp=$(udp_sizes "198.18.$1.2" 1 100 1000 1400 5000 20000)
		result_of $? "$2: UDP" "$udp"
	fi
	[ "$2" != IPIP ] || return 0
	if eventually 6 ping -6 -c 1 -W 1 "fdc6:12:$1::2" || ping6 -c 1 -W 1 "fdc6:12:$1::2" > /dev/null 2>&1; then
		result ok "$2: ping over IPv6"
		tcp_by_sum "$2: TCP over IPv6" "fdc6:12:$1::2" 262144
		udp=$(udp_sizes "fdc6:12:$1::2" 1 100 1000 1400 5000 20000)
		result_of $? "$2: UDP over IPv6" "$udp"
	else
		result skip "$2: ping over IPv6" "no answer over it: IPv6 may be switched off at one end"
	fi
}

test_frames()
{
	begin
	blob 262144
	# A slow answer is a lost one here: there are many of them.
	TCP_LIMIT=30
	while read -r number verdict kind; do
		if [ "$verdict" != ok ]; then
			result skip "$kind" "the remote end has no $kind: $(cat "$kit/frames/why.$number" 2>/dev/null)"
			continue
		fi
		added=
		for each in $(modules "$kind"); do
			[ -e "/sys/module/$each" ] || { modprobe "$each" > /dev/null 2>&1 && added="$added $each"; }
		done
		echo "$number $kind $added" >> "$out/made"
		if made=$({ make_kind "$number" "$kind" "$NETIF" "$LOCAL_V4" "$REMOTE_V4" && address_kind "$number" "$kind" "$NETIF" 1; } 2>&1); then
			way "$number" "$kind"
		else
			result skip "$kind" "this guest has no $kind: $made"
		fi
		unmake_kind "$number" "$kind" "$NETIF" 1 > /dev/null 2>&1
		# shellcheck disable=SC2086  # words
		[ -z "$added" ] || modprobe -r $added > /dev/null 2>&1
	done < "$kit/kinds"
	try "plain frames as before" comes_back 10
}

# undo_frames: what is left when it did not come to its end
undo_frames()
{
	[ ! -e "$out/made" ] || while read -r number kind _; do
		unmake_kind "$number" "$kind" "$NETIF" 1
	done < "$out/made" > /dev/null 2>&1
}
