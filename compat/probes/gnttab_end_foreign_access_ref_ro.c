/* gnttab_end_foreign_access_ref(ref, readonly).  Upstream before v5.18. */
#include <xen/grant_table.h>

int (*xnf_probe_gnttab_end_foreign_access_ref_ro)(grant_ref_t, int) = gnttab_end_foreign_access_ref;
