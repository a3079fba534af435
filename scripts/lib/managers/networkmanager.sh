# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# NetworkManager, also by way of netplan or cloud-init. See netstate.sh for the verbs.

networkmanager_connection()
{
	nmcli -g GENERAL.CON-UUID device show "$1" 2>/dev/null || nmcli -t -f GENERAL.CON-UUID device show "$1" 2>/dev/null | cut -d: -f2
}

# One that it only watches, "connected (externally)", is somebody else's.
networkmanager_active()
{
	case $(LC_ALL=C nmcli -g GENERAL.STATE device show "$1" 2>/dev/null || LC_ALL=C nmcli -t -f GENERAL.STATE device show "$1" 2>/dev/null) in
	*externally*) return 1 ;;
	*100*) ;;
	*) return 1 ;;
	esac
}

networkmanager_has()
{
	networkmanager_active "$1" && networkmanager_connection "$1"
}

networkmanager_hand_back()
{
	# It may have activated the new interface by itself. What has addresses already it takes for somebody else's.
	for _ in 1 2 3; do
		! networkmanager_done "$@" || return 0
		sleep 0.5
	done
	net_apart nmcli --wait 60 connection up uuid "$2" ifname "$1"
}

networkmanager_done()
{
	networkmanager_active "$1" && [ "$(networkmanager_connection "$1")" = "$2" ]
}
