# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# ifupdown, of Debian (auto, allow-hotplug) and Alpine, and RHEL's network.service. Addresses that
# do not end are put back without it, and a client of DHCP that can be started again is; what is
# left for it are those that cannot, and interfaces that udev gives it when they appear. See
# netstate.sh for the verbs.

# ifupdown_up X: does it say that it has brought X up?
ifupdown_up()
{
	net_ask ifquery --state "$1" 2>/dev/null | grep -q "^$1=" || grep -qs "^$1=" /run/network/ifstate /run/ifstate ||
		{ [ -e "/etc/sysconfig/network-scripts/ifcfg-$1" ] && [ -e /var/lock/subsys/network ]; }
}

# ifupdown_unit X: the unit that udev starts for "allow-hotplug", and its state.
ifupdown_unit()
{
	net_ask systemctl is-active "ifup@$1.service" 2>/dev/null
}

ifupdown_has()
{
	command -v ifup > /dev/null && ifupdown_up "$1" || return 1
	if [ "$(ifupdown_unit "$1")" = active ]; then
		echo hotplug
	elif [ -n "$(dhclient_has "$1")$(udhcpc_has "$1")" ]; then
		return 1
	elif [ -n "$(dhcpcd_has "$1")" ] || net_addresses "$1" | grep -q '\..* valid_lft [0-9]'; then
		# The client itself is its.
		echo lease
	fi
}

# Down and up, as the admin would; without an end of its own, since a client may stay in the
# foreground.
ifupdown_again()
{
	# shellcheck disable=SC2016  # for the other shell
	net_apart sh -c 'ifdown --force "$1" || ifdown "$1"; ifup "$1"' ifupdown "$1"
}

ifupdown_hand_back()
{
	case $2 in
	hotplug)
		# Gone with the old interface, it comes with the new one, while we put things back:
		# let it end first.
		tries=20
		while [ $tries -gt 0 ]; do
			case $(ifupdown_unit "$1") in
			active) return 0 ;;
			failed) break ;;
			esac
			tries=$((tries - 1))
			sleep 0.25
		done
		# What we put back meanwhile may be what it failed over: "File exists".
		# shellcheck disable=SC2016  # for the other shell
		net_apart sh -c 'ifdown --force "$1"; systemctl restart "ifup@$1.service"' ifupdown "$1"
		;;
	*) ifupdown_again "$1" ;;
	esac
}

ifupdown_done()
{
	case $2 in
	hotplug) [ "$(ifupdown_unit "$1")" = active ] ;;
	*) ifupdown_up "$1" && { net_renewed "$1" inet || net_renewed "$1" inet6; } ;;
	esac
}

# It runs its own client of DHCP, which must not be started beside it.
ifupdown_alone()
{
	:
}
