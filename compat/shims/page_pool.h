/* SPDX-License-Identifier: GPL-2.0 */
/*
 * <net/page_pool/helpers.h>.  Floor: a kernel that was built with pools (upstream 4.18; RHEL 7.7).
 * Below it, the same calls take plain pages from the allocator.
 */
#ifndef XNF_SHIM_PAGE_POOL_H
#define XNF_SHIM_PAGE_POOL_H

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#if XNF_HAS_header_net_page_pool_helpers_h
#include <net/page_pool/helpers.h>
#elif XNF_HAS_header_net_page_pool_h
#include <net/page_pool.h>
#endif

#if XNF_HAS_skb_mark_for_recycle && \
	!XNF_HAS_skb_mark_for_recycle_skb && !XNF_HAS_skb_mark_for_recycle_page
#error "xen-netfront: no known form of skb_mark_for_recycle() in this kernel"
#endif

#if !XNF_FEATURE_page_pool
/* Some kernels below the floor declare an early form of the API: keep clear of its names. */
struct xnf_page_pool {
	int nid;
};

struct xnf_page_pool_params {
	unsigned int flags;
	unsigned int order;
	unsigned int pool_size;
	int nid;
	struct device *dev;
	struct napi_struct *napi;
	int dma_dir;
	unsigned int max_len;
	unsigned int offset;
};

static inline struct xnf_page_pool *
xnf_page_pool_create(const struct xnf_page_pool_params *params)
{
	struct xnf_page_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return ERR_PTR(-ENOMEM);
	pool->nid = params->nid;
	return pool;
}

static inline void xnf_page_pool_destroy(struct xnf_page_pool *pool)
{
	kfree(pool);
}

static inline struct page *xnf_page_pool_alloc_pages(struct xnf_page_pool *pool, gfp_t gfp)
{
	return alloc_pages_node(pool->nid, gfp, 0);
}

static inline void xnf_page_pool_put_full_page(struct xnf_page_pool *pool, struct page *page,
					       bool allow_direct)
{
	put_page(page);
}

#undef page_pool
#define page_pool xnf_page_pool
#undef page_pool_params
#define page_pool_params xnf_page_pool_params
#undef page_pool_create
#define page_pool_create xnf_page_pool_create
#undef page_pool_destroy
#define page_pool_destroy xnf_page_pool_destroy
#undef page_pool_alloc_pages
#define page_pool_alloc_pages xnf_page_pool_alloc_pages
#undef page_pool_put_full_page
#define page_pool_put_full_page xnf_page_pool_put_full_page
#elif !XNF_HAS_page_pool_put_full_page
#if !XNF_HAS___page_pool_put_page
#error "xen-netfront: no known way to give a page back to its page_pool in this kernel"
#endif
static inline void page_pool_put_full_page(struct page_pool *pool, struct page *page,
					   bool allow_direct)
{
	__page_pool_put_page(pool, page, allow_direct);
}
#endif

/*
 * The stack takes @page for good, where it does not give pages of received packets back.  From 5.3 on
 * the pool counts its pages and would wait for this one when it is destroyed.
 */
static inline void xnf_page_leaves_pool(struct page_pool *pool, struct page *page)
{
#if XNF_FEATURE_page_pool && !XNF_HAS_skb_mark_for_recycle_skb && XNF_HAS_page_pool_release_page
	page_pool_release_page(pool, page);
#endif
}

/* 5.14 alone asks for the page as well; there pages leave the pool, too. */
#if !XNF_FEATURE_page_pool || !XNF_HAS_skb_mark_for_recycle_skb
#undef skb_mark_for_recycle
#define skb_mark_for_recycle(skb) do {} while (0)
#endif

#endif
