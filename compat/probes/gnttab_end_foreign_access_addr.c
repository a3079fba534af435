/* gnttab_end_foreign_access(ref, address).
 * Upstream after v5.17 and before v5.19, if in a release. */
#include <xen/grant_table.h>

void (*xnf_probe_gnttab_end_foreign_access_addr)(grant_ref_t, unsigned long) = gnttab_end_foreign_access;
