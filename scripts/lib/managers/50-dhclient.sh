# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# ISC's client of DHCP; see client.sh for what it has in common with others, and netstate.sh for the
# verbs.

dhclient_has()
{
	client_has dhclient "$1"
}

# dhclient_expires X CLIENT...: when the last of their leases of X ends, as they write it down.
# dhclient's script for the first lease that it gets says "ip addr add", which does nothing where
# the address is, so the address does not tell.
dhclient_expires()
{
	dhclient_interface=$1
	shift
	for client; do
		(
			set -f
			IFS=,
			# shellcheck disable=SC2086
			set -- $client
			root=${3%/}
			file=
			while [ $# -gt 0 ]; do
				[ "$1" != -lf ] || file=${2:-}
				shift
			done
			if [ -n "$file" ]; then
				cat "$root$file"
			else
				cat "$root/var/lib/dhcp/dhclient.leases" "$root/var/lib/dhclient/dhclient.leases"
			fi
		) 2>/dev/null
	done | awk -v name="\"$dhclient_interface\";" '/^lease/ { mine = 0 } $1 == "interface" { mine = $2 == name }
		mine && $1 == "expire" && $3 " " $4 > last { last = $3 " " $4 } END { print last }'
}

dhclient_hand_back()
{
	dhclient_before=$(dhclient_expires "$@")
	client_again dhclient "$@"
}

dhclient_done()
{
	[ -n "$(client_processes dhclient "$1")" ] || return 1
	case "$2," in
	*,-6,*) ;;
	*)
		dhclient_now=$(dhclient_expires "$@")
		[ -z "$dhclient_now" ] || {
			[ "$dhclient_now" != "$dhclient_before" ]
			return
		}
		;;
	esac
	client_done dhclient "$@"
}
