/* gnttab_end_foreign_access(ref, readonly, address).  Upstream before v5.18. */
#include <xen/grant_table.h>

void (*xnf_probe_gnttab_end_foreign_access_ro)(grant_ref_t, int, unsigned long) = gnttab_end_foreign_access;
