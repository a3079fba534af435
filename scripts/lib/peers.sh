# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Who can tell whether the network works: addresses that answer a ping, and neighbours that answer
# none but tell their MAC (arp:ADDRESS, arp:ADDRESS%INTERFACE). Sourced by apply and swap, after
# common.sh. POSIX sh.

# answers PEER
answers()
{
	case $1 in
	arp:*) peer_resolves "${1#arp:}" ;;
	*:*) ping -6 -c 1 -W 1 -n "$1" > /dev/null 2>&1 || ping6 -c 1 -W 1 -n "$1" > /dev/null 2>&1 ;;
	*) ping -c 1 -W 1 -n "$1" > /dev/null 2>&1 ;;
	esac
}

# peer_device ADDRESS[%INTERFACE]: which interface the way to it goes over
peer_device()
{
	case $1 in
	*%*) echo "${1#*%}" ;;
	*) ip route get "$1" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1 ;;
	esac
}

# peer_on_ours INTERFACE: is it one of Xen's, or does it stand on one: a VLAN, a bridge, a bond?
peer_on_ours()
{
	for peer_vif in $(vif_devices); do
		[ "$(interface_of "$peer_vif")" != "$1" ] || return 0
	done
	for peer_lower in /sys/class/net/"$1"/lower_*; do
		[ -e "$peer_lower" ] && peer_on_ours "${peer_lower##*/lower_}" && return 0
	done
	return 1
}

# peers_over ours|tunnel ADDRESS...: those that are reached over an interface of Xen's; over one
# that has no device of its own, whose packets may go over Xen's in the end. Who is behind another
# card would answer whatever becomes of ours.
peers_over()
{
	over=$1
	shift
	for address; do
		device=$(peer_device "$address")
		if peer_on_ours "$device"; then
			[ "$over" != ours ] || echo "$address"
		elif [ "$over" = tunnel ] && [ ! -e "/sys/class/net/$device/device" ]; then
			echo "$address"
		fi
	done
}

# peer_resolves ADDRESS[%INTERFACE]: it is asked anew, unless it has just said so.
peer_resolves()
{
	device=$(peer_device "$1")
	[ -n "$device" ] || return 1
	case $(ip neigh show "${1%\%*}" dev "$device" 2>/dev/null) in
	*' PERMANENT'* | *' NOARP'*) return 1 ;;
	*' REACHABLE'*) return 0 ;;
	esac
	ip neigh del "${1%\%*}" dev "$device" 2>/dev/null
	answers "$1"
	case $(ip neigh show "${1%\%*}" dev "$device" 2>/dev/null) in
	*' REACHABLE'*) return 0 ;;
	esac
	return 1
}

# peer_gateways
peer_gateways()
{
	ip -4 route show default | sed -n 's/.* via \([0-9.]*\) .*/\1/p'
	ip -6 route show default | sed -n 's/.* via \(fe80[^ ]*\) dev \([^ ]*\).*/\1%\2/p; s/.* via \([^ ]*\) .*/\1/p'
}

# peer_logins: whoever is logged in by ssh. sudo leaves SSH_CONNECTION away.
peer_logins()
{
	echo "${SSH_CONNECTION:-}" | cut -d' ' -f1
	{
		ss -Htn state established '( sport = :22 )'
		ss -Htnp state established 2>/dev/null | grep '"sshd'
	} 2>/dev/null | awk '{ print $4 }' | sed 's/:[0-9]*$//; s/^\[\(.*\)\]$/\1/; s/^::ffff://' | grep -v -e '^127\.' -e '^::1$'
}

# answering PEER...: those that answer now.
answering()
{
	for peer; do
		answers "$peer" && echo "$peer"
	done | sort -u | tr '\n' ' '
}

# peers_found: those that answer among gateways and logins behind our interfaces; if none does,
# gateways that tell their MAC, or whoever is behind a tunnel.
peers_found()
{
	candidates=$({ peer_gateways; peer_logins; } | sort -u)
	# shellcheck disable=SC2046,SC2086  # words
	{
		found=$(answering $(peers_over ours $candidates))
		[ -n "$found" ] || found=$(answering $(peers_over ours $(peer_gateways) | sed 's/^/arp:/'))
		[ -n "$found" ] || found=$(answering $(peers_over tunnel $candidates))
	}
	echo "$found"
}
