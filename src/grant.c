// SPDX-License-Identifier: GPL-2.0
/*
 * Grant references and granted pages.
 *
 * Owns: how a page is lent to the backend and how it comes back.  A page that
 * the backend still maps is never freed here: the kernel's deferred list
 * takes over our reference and drops it when the backend lets go.
 *
 * Locking: none; callers own the references.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "xnf.h"

/**
 * xnf_grant_alloc() - reserve grant references that grant nothing yet
 * @refs: filled in
 * @count: how many
 *
 * Return: 0 or -ENOSPC if the grant table is full; then none is reserved.
 * Context: process.
 */
int xnf_grant_alloc(grant_ref_t *refs, unsigned int count)
{
	grant_ref_t head;
	unsigned int i;
	int err;

	err = gnttab_alloc_grant_references(count, &head);
	if (err)
		return err;
	for (i = 0; i < count; i++)
		refs[i] = gnttab_claim_grant_reference(&head);
	return 0;
}

/**
 * xnf_grant_free() - give back references that grant nothing (any more)
 * @refs: as filled by xnf_grant_alloc(); XNF's invalid ones are skipped
 * @count: how many
 */
void xnf_grant_free(grant_ref_t *refs, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (refs[i] == INVALID_GRANT_REF)
			continue;
		gnttab_free_grant_reference(refs[i]);
		refs[i] = INVALID_GRANT_REF;
	}
}

/**
 * xnf_grant_page() - allocate a zeroed page and grant it to the backend
 * @xdev: device whose otherend gets access, for reading and writing
 * @page: filled in, NULL on error
 * @ref: filled in, INVALID_GRANT_REF on error
 * @gfp: how to allocate
 *
 * Return: 0, -ENOMEM or -ENOSPC.
 * Context: as @gfp allows.
 */
int xnf_grant_page(struct xenbus_device *xdev, struct page **page,
		   grant_ref_t *ref, gfp_t gfp)
{
	int ret;

	*ref = INVALID_GRANT_REF;
	*page = alloc_page(gfp | __GFP_ZERO);
	if (!*page)
		return -ENOMEM;

	ret = gnttab_grant_foreign_access(xdev->otherend_id,
					  xen_page_to_gfn(*page), 0);
	if (ret < 0) {
		__free_page(*page);
		*page = NULL;
		return ret;
	}
	*ref = ret;
	return 0;
}

/**
 * xnf_grant_end() - end the backend's access to a page that we share in part
 * @ref: reference; unchanged if access ended, else INVALID_GRANT_REF
 * @page: page that @ref grants, on which somebody else holds a reference
 *
 * If the backend still maps the page, an extra page reference goes with the
 * grant reference to the kernel's deferred list, so the caller's own
 * reference may be dropped in either case.
 *
 * Return: true if access ended and @ref may be used again.
 * Context: any.
 */
bool xnf_grant_end(grant_ref_t *ref, struct page *page)
{
	if (likely(gnttab_end_foreign_access_ref(*ref)))
		return true;
	get_page(page);
	gnttab_end_foreign_access(*ref, page);
	*ref = INVALID_GRANT_REF;
	return false;
}

/**
 * xnf_grant_page_end() - undo xnf_grant_page()
 * @page: page, set to NULL
 * @ref: reference, set to INVALID_GRANT_REF
 *
 * The page is freed now, or by the kernel when the backend unmaps it.
 * Newer kernels defer that in silence, so the caller has to speak.
 *
 * Return: true if the page was freed.
 */
bool xnf_grant_page_end(struct page **page, grant_ref_t *ref)
{
	bool ended = true;

	if (!*page)
		return true;
	if (gnttab_try_end_foreign_access(*ref)) {
		put_page(*page);
	} else {
		gnttab_end_foreign_access(*ref, *page);
		ended = false;
	}
	*page = NULL;
	*ref = INVALID_GRANT_REF;
	return ended;
}
