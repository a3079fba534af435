/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages and kernel memory.
 *
 * Follows include/linux/{gfp,mm,slab,vmalloc}.h.  A page that is freed is
 * poisoned and comes back last; one that another domain may still reach must
 * not be freed at all (grant.c asks sim_page_freed).  Pages in a row
 * have one count, the first one's.  Leaves out reserves, zones, reclaim.
 */
#ifndef SIM_MM_H
#define SIM_MM_H

#include <sim/sched.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096ul
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define SMP_CACHE_BYTES	64
#define L1_CACHE_BYTES	64

#define GFP_KERNEL	0x01u
#define GFP_ATOMIC	0x02u
#define __GFP_NOWARN	0x04u
#define __GFP_ZERO	0x08u
#define __GFP_NORETRY	0x10u
#define __GFP_NOFAIL	0x20u

struct page {
	int count;
	int granted;		/* grants that name it */
	unsigned int nr;
	bool in_use;
	unsigned int behind;	/* pages that go with it; it is the first of them */
	struct page *head;	/* the first one, whose count it is; else NULL */
	const void *who;	/* took it */
};

struct page *alloc_page(gfp_t gfp);
struct page *sim_alloc_pages(gfp_t gfp, unsigned int count);
void put_page(struct page *page);
void get_page(struct page *page);
#define __free_page(p)		put_page(p)
void *page_address(const struct page *page);
struct page *virt_to_page(const void *p);
int page_count(const struct page *page);
#define page_is_pfmemalloc(p)	(false)
#define PageCompound(p)		0
void clear_page(void *p);
unsigned long page_to_pfn(const struct page *p);
struct page *pfn_to_page(unsigned long pfn);

void *sim_kmalloc(size_t size, gfp_t gfp, const void *who);
void kfree(const void *p);
#define sim_here	__builtin_return_address(0)
void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void *kvzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);
void *kvcalloc(size_t n, size_t size, gfp_t gfp);
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp);
void *kmemdup(const void *p, size_t size, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);
void kvfree(const void *p);

/* mm.c */
void sim_mm_init(void);
unsigned int sim_pages_in_use(void);
unsigned int sim_kmallocs_in_use(void);
void sim_mm_report(FILE *to);
bool sim_is_freed(const void *p);
bool sim_is_shared(const void *p);
extern unsigned int sim_memory_short;	/* one allocation in so many fails, 0: none */

#endif
