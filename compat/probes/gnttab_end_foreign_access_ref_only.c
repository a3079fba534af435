/* gnttab_end_foreign_access_ref(ref).  Upstream v5.18. */
#include <xen/grant_table.h>

int (*xnf_probe_gnttab_end_foreign_access_ref_only)(grant_ref_t) = gnttab_end_foreign_access_ref;
