# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# The device is taken from its driver and given back by sysfs, CYCLES times: what a kernel with the
# driver built in can do, too.

# shellcheck source=kit/guest/tests/reload.sh
. "$kit/guest/tests/reload.sh"

interfaces_of_rebind()
{
	echo "$NETIF"
}

test_rebind()
{
	goes_away rebind || return 0
	cycles rebind
}
