# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# NetworkManager, also by way of netplan or cloud-init. See netstate.sh for the verbs.

# networkmanager_says FIELD X: old ones know no -g.
networkmanager_says()
{
	net_ask nmcli -g "$1" device show "$2" 2>/dev/null
	case $? in
	0) ;;
	124) return 1 ;;
	*) net_ask nmcli -t -f "$1" device show "$2" 2>/dev/null | cut -d: -f2- ;;
	esac
}

networkmanager_connection()
{
	networkmanager_says GENERAL.CON-UUID "$1"
}

# One that it only watches, "connected (externally)", is somebody else's.
networkmanager_active()
{
	case $(networkmanager_says GENERAL.STATE "$1") in
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
	# It may have activated the new interface by itself. What has addresses already it takes for
	# somebody else's.
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

# It runs its own client of DHCP, which must not be started beside it.
networkmanager_alone()
{
	:
}
