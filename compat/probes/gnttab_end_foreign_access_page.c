/* gnttab_end_foreign_access(ref, page).  Upstream v5.19 at the latest. */
#include <xen/grant_table.h>

void (*xnf_probe_gnttab_end_foreign_access_page)(grant_ref_t, struct page *) = gnttab_end_foreign_access;
