# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# dhcpcd: for all interfaces it sees a new one come; for one it ends when that one goes, and its
# command line, which it writes over with a title, is lost: "dhcpcd: eth0 [ip4]". See netstate.sh
# for the verbs.

# dhcpcd_all: the process that looks after all interfaces.
dhcpcd_all()
{
	for process in /proc/[0-9]*; do
		client_here "$process" dhcpcd || continue
		# "[master]" until version 9, "[manager]" since.
		tr '\0' ' ' < "$process/cmdline" | grep -q -e '^dhcpcd: \[ma[sn][ta][eg]' && echo "${process##*/}"
	done 2>/dev/null
}

# Prints one of "all", "unit UNIT", "alone ROOT [-4|-6]".
dhcpcd_has()
{
	dhcpcd_pids=$(client_processes dhcpcd "$1")
	if [ -z "$dhcpcd_pids" ]; then
		[ -n "$(dhcpcd_all)" ] && ip -o -4 addr show dev "$1" | grep -q ' valid_lft [0-9]' && echo all
		return 0
	fi
	for process in $dhcpcd_pids; do
		dhcpcd_unit=$(client_unit "$process")
		[ -z "$dhcpcd_unit" ] || {
			echo "unit $dhcpcd_unit"
			return 0
		}
	done
	case $(tr '\0' ' ' < "/proc/${dhcpcd_pids%%[!0-9]*}/cmdline") in
	*'[ip4]'*'[ip6]'*) family= ;;
	*'[ip4]'* | *' -4 '*) family=-4 ;;
	*'[ip6]'* | *' -6 '*) family=-6 ;;
	*) family= ;;
	esac
	# Its process without privileges has a root of its own; that of the other one is where it
	# was started.
	dhcpcd_root=$(for process in $dhcpcd_pids; do
		readlink "/proc/$process/root"
	done | sort | head -n 1)
	echo "alone ${dhcpcd_root:-/} $family"
}

dhcpcd_hand_back()
{
	case $2 in
	all) ;;
	unit) net_ask systemctl --no-block restart "$3" ;;
	alone)
		# Whoever started it has another way to do so.
		! ifupdown_up "$1" || {
			ifupdown_again "$1"
			return
		}
		dhcpcd_interface=$1
		dhcpcd_root=$3
		dhcpcd_family=${4:-}
		for process in $(client_processes dhcpcd "$1"); do
			kill "$process" 2>/dev/null
		done
		# Its process in its own namespace ends a moment later than the interface.
		for _ in 1 2 3 4 5 6 7 8; do
			[ -n "$(client_processes dhcpcd "$1")" ] || break
			sleep 0.25
		done
		set -- dhcpcd ${dhcpcd_family:+"$dhcpcd_family"} "$dhcpcd_interface"
		[ "$dhcpcd_root" = / ] || set -- chroot "$dhcpcd_root" "$@"
		net_apart "$@"
		;;
	esac
}

dhcpcd_done()
{
	case $2 in
	all) [ -n "$(dhcpcd_all)" ] ;;
	*) [ -n "$(client_processes dhcpcd "$1")" ] ;;
	esac && client_leased "$1" "${4:-}"
}
