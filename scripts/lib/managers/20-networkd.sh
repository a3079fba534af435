# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# systemd-networkd, also by way of netplan or cloud-init. It sees the new interface and configures
# it by itself; its addresses are ours no more as soon as it begins. See netstate.sh for the verbs.

# networkd_state X: configured, configuring, unmanaged...
networkd_state()
{
	sed -n 's/^ADMIN_STATE=//p' "/run/systemd/netif/links/$(cat "/sys/class/net/$1/ifindex")" 2>/dev/null | grep . ||
		net_ask networkctl list "$1" 2>/dev/null | awk -v name="$1" '$2 == name { print $5 }'
}

networkd_has()
{
	case $(networkd_state "$1") in
	configured) echo configured ;;
	configuring) echo configuring ;;
	esac
}

networkd_hand_back()
{
	case $(networkd_state "$1") in
	failed | linger) net_ask networkctl reconfigure "$1" > /dev/null 2>&1 ;;
	esac
	return 0
}

networkd_done()
{
	case $(networkd_state "$1") in
	configured) ;;
	# Who waited for a router that does not come may do so again.
	configuring) [ "$2" = configuring ] ;;
	*) return 1 ;;
	esac
}
