/* gnttab_end_foreign_access(ref, address).  Upstream v5.18 to v6.0. */
#include <xen/grant_table.h>

void (*xnf_probe_gnttab_end_foreign_access_addr)(grant_ref_t, unsigned long) = gnttab_end_foreign_access;
