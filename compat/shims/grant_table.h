/* SPDX-License-Identifier: GPL-2.0 */
/* <xen/grant_table.h>, <xen/page.h> */
#ifndef XNF_SHIM_GRANT_TABLE_H
#define XNF_SHIM_GRANT_TABLE_H

#include <linux/mm.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#if !XNF_HAS_INVALID_GRANT_REF
#define INVALID_GRANT_REF ((grant_ref_t)-1)
#endif

/* Before XEN_PAGE_SIZE, kernels with larger pages had no Xen support. */
#if !XNF_HAS_XEN_PAGE_SIZE
#define XEN_PAGE_SHIFT PAGE_SHIFT
#define XEN_PAGE_SIZE PAGE_SIZE
#define XEN_PAGE_MASK PAGE_MASK
#endif

#if !XNF_HAS_xen_page_to_gfn
static inline unsigned long xen_page_to_gfn(struct page *page)
{
	return pfn_to_mfn(page_to_pfn(page));
}
#endif

#if !XNF_HAS_virt_to_gfn
#define virt_to_gfn(addr) virt_to_mfn(addr)
#endif

#if !XNF_HAS_gnttab_page_grant_foreign_access_ref_one
static inline void gnttab_page_grant_foreign_access_ref_one(grant_ref_t ref, domid_t domid,
							    struct page *page, int readonly)
{
	gnttab_grant_foreign_access_ref(ref, domid, xen_page_to_gfn(page), readonly);
}
#endif

/* End access but keep the reference; false while the other end still maps the page. */
#if XNF_HAS_gnttab_end_foreign_access_ref_ro
static inline int xnf_gnttab_end_foreign_access_ref(grant_ref_t ref)
{
	return gnttab_end_foreign_access_ref(ref, 0);
}
#undef gnttab_end_foreign_access_ref
#define gnttab_end_foreign_access_ref xnf_gnttab_end_foreign_access_ref
#elif !XNF_HAS_gnttab_end_foreign_access_ref_only
#error "xen-netfront: no known form of gnttab_end_foreign_access_ref() in this kernel"
#endif

/* The same, freeing the reference as well; silent where the kernel lets us look first. */
#if !XNF_HAS_gnttab_try_end_foreign_access
static inline int gnttab_try_end_foreign_access(grant_ref_t ref)
{
#if XNF_HAS_gnttab_query_foreign_access
	if (gnttab_query_foreign_access(ref))
		return 0;
#endif
	if (!gnttab_end_foreign_access_ref(ref))
		return 0;
	gnttab_free_grant_reference(ref);
	return 1;
}
#endif

/*
 * End access, free the reference and drop one reference of @page, now or when the other end
 * lets go.  @page may be NULL.
 *
 * Forms that take an address hand the page to the kernel's list of deferred frees only.  Kernels
 * before v3.19 drop a deferred page with __free_page(), which must not hit a part of a compound
 * page, and no header tells: such a page is kept for good instead, which is safe and very rare.
 */
#if XNF_HAS_gnttab_end_foreign_access_ro || XNF_HAS_gnttab_end_foreign_access_addr
static inline void xnf_gnttab_end_foreign_access(grant_ref_t ref, struct page *page)
{
	unsigned long addr;

	if (gnttab_try_end_foreign_access(ref)) {
		if (page)
			put_page(page);
		return;
	}
	addr = page && !PageCompound(page) ? (unsigned long)page_address(page) : 0;
#if XNF_HAS_gnttab_end_foreign_access_ro
	gnttab_end_foreign_access(ref, 0, addr);
#else
	gnttab_end_foreign_access(ref, addr);
#endif
}
#undef gnttab_end_foreign_access
#define gnttab_end_foreign_access xnf_gnttab_end_foreign_access
#elif !XNF_HAS_gnttab_end_foreign_access_page
#error "xen-netfront: no known form of gnttab_end_foreign_access() in this kernel"
#endif

#endif
