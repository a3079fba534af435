# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced first of all by each case that configures networks.

# own_network OPTION...: runs the case again in a network of its own, with unshare's further
# OPTIONs, and there goes on. However a case is started by hand, it never gets to the rest in the
# network it was started in: that would reconfigure this machine's.
own_network()
{
	local here
	here=$(readlink /proc/self/ns/net)
	[ "${XNF_OUTER_NETWORK:-$here}" = "$here" ] || return 0
	XNF_OUTER_NETWORK=$here exec unshare --net "$@" "$0"
}
