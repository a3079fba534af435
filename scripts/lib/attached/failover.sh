# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Addresses that move between machines: while the network is away another machine takes them, and we
# would put them back here.

failover_machine()
{
	cat /proc/[0-9]*/comm 2>/dev/null | grep -xE 'keepalived|vrrpd|ucarp|corosync|pacemakerd|heartbeat' | sort -u | while read -r program; do
		echo "$program runs: another machine may take addresses of this one over meanwhile, and both would have them"
	done
}
