# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Name servers and domains that systemd-resolved keeps for an interface, where nobody pushes them
# again: set by resolvectl.

resolver_save()
{
	rm -f "$2/resolver"
	cat "/run/systemd/resolve/netif/$(cat "/sys/class/net/$1/ifindex")" > "$2/resolver" 2>/dev/null
	return 0
}

# resolver_word DIR NAME
resolver_word()
{
	sed -n "s/^$2=//p" "$1/resolver" | sed 's/^"\(.*\)"$/\1/'
}

resolver_late()
{
	[ -s "$2/resolver" ] && command -v resolvectl > /dev/null || return 0
	for pair in dns:SERVERS domain:DOMAINS default-route:DEFAULT_ROUTE llmnr:LLMNR mdns:MDNS dnssec:DNSSEC dnsovertls:DNSOVERTLS nta:NTAS; do
		value=$(resolver_word "$2" "${pair#*:}")
		# shellcheck disable=SC2086  # words
		[ -z "$value" ] || timeout 5 resolvectl "${pair%:*}" "$1" $value > /dev/null 2>&1 ||
			net_lost "$2" "${pair%:*} of $1 in systemd-resolved"
	done
}
