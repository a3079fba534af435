# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# busybox's client of DHCP; see client.sh for what it has in common with others, and netstate.sh for
# the verbs.

udhcpc_has()
{
	client_has udhcpc "$1"
	client_has udhcpc6 "$1"
}

udhcpc_hand_back()
{
	client_again udhcpc "$@"
}

udhcpc_done()
{
	client_done udhcpc "$@" || client_done udhcpc6 "$@"
}
