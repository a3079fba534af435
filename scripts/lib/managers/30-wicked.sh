# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# wicked, of SUSE. See netstate.sh for the verbs.

wicked_has()
{
	net_ask wicked ifstatus --brief "$1" 2>/dev/null | grep -q "^$1 .*up" && echo up
}

wicked_hand_back()
{
	wicked_done "$1" || net_apart wicked ifup "$1"
}

wicked_done()
{
	[ -n "$(wicked_has "$1")" ]
}

# It runs its own client of DHCP, which must not be started beside it.
wicked_alone()
{
	:
}
