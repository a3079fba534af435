// SPDX-License-Identifier: GPL-2.0
/*
 * domtime DOMID: the CPU time of a domain in nanoseconds, as Xen counts it.
 * (xl list shows tenths of a second, too coarse for a packet.)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>

int main(int argc, char **argv)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	xc_dominfo_t info;
	uint32_t id;

	if (!xch || argc != 2) {
		fprintf(stderr, "usage: domtime DOMID (in dom0)\n");
		return 2;
	}
	id = (uint32_t)atoi(argv[1]);
	if (xc_domain_getinfo(xch, id, 1, &info) != 1 || info.domid != id) {
		fprintf(stderr, "domtime: no domain %s\n", argv[1]);
		return 1;
	}
	printf("%" PRIu64 "\n", info.cpu_time);
	return 0;
}
