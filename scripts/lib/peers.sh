# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Who can tell whether the network works: addresses that answer a ping, and neighbours that answer none but tell their MAC
# (arp:ADDRESS, arp:ADDRESS%INTERFACE). Sourced by apply and swap. POSIX sh.

# answers PEER
answers()
{
	case $1 in
	arp:*) peer_resolves "${1#arp:}" ;;
	*:*) ping -6 -c 1 -W 1 -n "$1" > /dev/null 2>&1 || ping6 -c 1 -W 1 -n "$1" > /dev/null 2>&1 ;;
	*) ping -c 1 -W 1 -n "$1" > /dev/null 2>&1 ;;
	esac
}

# peer_resolves ADDRESS[%INTERFACE]: it is asked anew, unless it has just said so.
peer_resolves()
{
	device=$(ip route get "${1%\%*}" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
	case $1 in
	*%*) device=${1#*%} ;;
	esac
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

# peers_found: those that answer among gateways and logins; if none does, gateways that tell their MAC.
peers_found()
{
	# shellcheck disable=SC2046  # words
	found=$(answering $({ peer_gateways; peer_logins; } | sort -u))
	# shellcheck disable=SC2046
	[ -n "$found" ] || found=$(answering $(peer_gateways | sed 's/^/arp:/'))
	echo "$found"
}
