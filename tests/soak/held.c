// SPDX-License-Identifier: GPL-2.0
/*
 * held.c - runs in dom0: what a guest holds, as Xen counts it: grants (entries of its grant table
 * that permit anything) and event channels (ports that are not closed). Exact, and seen from
 * outside the guest.
 *
 * usage: held DOMID
 * Prints "grants N ports M". Status 1 when Xen does not say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>

static int count_grants(xc_interface *xch, uint32_t domid)
{
	struct gnttab_query_size size = { .dom = (domid_t)domid };
	xenforeignmemory_resource_handle *res;
	xenforeignmemory_handle *fmem;
	const grant_entry_v1_t *entry;
	size_t i, n = 0, entries;
	void *addr = NULL;

	/* Asked first: mapping more frames than there are would make the table grow. */
	if (xc_gnttab_query_size(xch, &size) || size.status != GNTST_okay || xc_gnttab_get_version(xch, (int)domid) != 1)
		return -1;
	fmem = xenforeignmemory_open(NULL, 0);
	if (!fmem)
		return -1;
	res = xenforeignmemory_map_resource(fmem, (domid_t)domid, XENMEM_resource_grant_table, XENMEM_resource_grant_table_id_shared, 0,
					    size.nr_frames, &addr, PROT_READ, 0);
	if (!res) {
		xenforeignmemory_close(fmem);
		return -1;
	}
	entry = addr;
	entries = (size_t)size.nr_frames * XC_PAGE_SIZE / sizeof(*entry);
	for (i = 0; i < entries; i++)
		n += (entry[i].flags & GTF_type_mask) != GTF_invalid;
	xenforeignmemory_unmap_resource(fmem, res);
	xenforeignmemory_close(fmem);
	return (int)n;
}

static int count_ports(xc_interface *xch, uint32_t domid)
{
	int n = 0;

	for (uint32_t port = 0;; port++) {
		xc_evtchn_status_t status = { .dom = (domid_t)domid, .port = port };

		if (xc_evtchn_status(xch, &status))
			return port ? n : -1;
		n += status.status != EVTCHNSTAT_closed;
	}
}

int main(int argc, char **argv)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	int grants, ports;

	if (argc != 2 || !xch) {
		fprintf(stderr, "usage: held DOMID (in dom0)\n");
		return 1;
	}
	grants = count_grants(xch, (uint32_t)atoi(argv[1]));
	ports = count_ports(xch, (uint32_t)atoi(argv[1]));
	xc_interface_close(xch);
	if (grants < 0 || ports < 0) {
		fprintf(stderr, "held: Xen does not say what domain %s holds\n", argv[1]);
		return 1;
	}
	printf("grants %d ports %d\n", grants, ports);
	return 0;
}
