// SPDX-License-Identifier: GPL-2.0
/*
 * Pages and kernel memory: two arenas, so that what is freed can be told from
 * what is in use by its address.
 *
 * Follows mm/{page_alloc,slub}.c in what callers see.  With the address
 * sanitizer freed memory is poisoned for it; without, kernel/tsan.c asks
 * sim_is_freed() at each access that the compiler marked.
 *
 * Invariants: a page comes back late, kernel memory never; a page that another
 * domain may reach is not freed.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <sim/mm.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define poison(p, n)	__asan_poison_memory_region(p, n)
#define unpoison(p, n)	__asan_unpoison_memory_region(p, n)
#else
#define poison(p, n)	((void)(p), (void)(n))
#define unpoison(p, n)	((void)(p), (void)(n))
#endif

#define PAGES		(64u << 10)
#define REUSE		512u	/* pages that are free before one is used again */
#define HEAP_SIZE	(256ul << 20)
#define GRAIN		16u
#define RED		32u	/* untouchable behind each block */

struct block {
	size_t size;
	const void *who;
	struct list_head all;
};

unsigned int sim_memory_short;

static struct page pages[PAGES];
static char *page_memory;
static unsigned int pages_fresh, pages_used;
static unsigned int free_ring[PAGES], free_head, free_tail;
static char *heap, *heap_top;
static u8 *freed_map;		/* a byte a grain of the heap: 1 is not to be touched */
static LIST_HEAD(blocks);
static unsigned int nr_blocks;

static void *arena(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	/* A life is short, and most of its time goes into first touches. */
	madvise(p, size, MADV_HUGEPAGE);
	return p;
}

void sim_mm_init(void)
{
	page_memory = arena(PAGES * PAGE_SIZE);
	heap = arena(HEAP_SIZE);
	heap_top = heap;
	freed_map = arena(HEAP_SIZE / GRAIN);
}

/* Memory may be short, but only for those who ask in passing. */
static bool is_short(gfp_t gfp)
{
	return sim_memory_short && !(gfp & __GFP_NOFAIL) && sim_one_in(sim_memory_short);
}

static void might_alloc(gfp_t gfp)
{
	struct sim_fiber *f = sim_current;

	if ((gfp & GFP_KERNEL) && f->kind != SIM_PEER && (f->kind != SIM_TASK || f->atomic || f->rcu))
		sim_fail("atomic", "%s allocates with GFP_KERNEL in atomic context", f->name);
}

/* --- pages */
static unsigned int take_page(void)
{
	if (pages_fresh < PAGES && free_tail - free_head < REUSE)
		return pages_fresh++;
	if (free_head == free_tail)
		sim_fail("simulator", "no page left of %u", PAGES);
	return free_ring[free_head++ % PAGES];
}

static struct page *page_of(unsigned int nr, gfp_t gfp, const void *who)
{
	struct page *p = &pages[nr];
	void *mem = page_memory + nr * PAGE_SIZE;

	p->nr = nr;
	p->count = 1;
	p->in_use = true;
	p->who = who;
	pages_used++;
	unpoison(mem, PAGE_SIZE);
	if (!(gfp & __GFP_ZERO))
		*(u64 *)mem = 0x6b6b6b6b6b6b6b6bull;
	else if (p->granted < 0)
		memset(mem, 0, PAGE_SIZE);
	p->granted = 0;
	p->head = NULL;
	p->behind = 0;
	return p;
}

struct page *alloc_page(gfp_t gfp)
{
	might_alloc(gfp);
	sim_point();
	if (is_short(gfp))
		return NULL;
	return page_of(take_page(), gfp, sim_here);
}

/* @count pages in a row, with one reference. */
struct page *sim_alloc_pages(gfp_t gfp, unsigned int count)
{
	unsigned int first = pages_fresh, i;

	if (count == 1)
		return page_of(take_page(), gfp, sim_here);
	if (pages_fresh + count > PAGES)
		sim_fail("simulator", "no %u pages in a row left", count);
	pages_fresh += count;
	for (i = 0; i < count; i++)
		page_of(first + i, gfp, sim_here)->head = i ? &pages[first] : NULL;
	pages[first].behind = count - 1;
	return &pages[first];
}

void get_page(struct page *p)
{
	if (!p->in_use)
		sim_fail("memory", "%s takes a reference on page %u, which is free",
			 sim_current->name, p->nr);
	(p->head ?: p)->count++;
}

static void free_one(struct page *p)
{
	if (p->granted > 0)
		sim_fail("memory", "%s frees page %u, which another domain may reach",
			 sim_current->name, p->nr);
	p->in_use = false;
	p->granted = -1;	/* was used: not zero any more */
	pages_used--;
	poison(page_memory + p->nr * PAGE_SIZE, PAGE_SIZE);
	free_ring[free_tail++ % PAGES] = p->nr;
}

void put_page(struct page *p)
{
	unsigned int i, behind;

	sim_point();
	p = p->head ?: p;
	if (!p->in_use || p->count <= 0)
		sim_fail("memory", "%s frees page %u, which is free", sim_current->name, p->nr);
	if (--p->count)
		return;
	behind = p->behind;
	for (i = 0; i <= behind; i++)
		free_one(p + i);
}

void *page_address(const struct page *p)
{
	return page_memory + (p - pages) * PAGE_SIZE;
}

struct page *virt_to_page(const void *v)
{
	size_t offset = (const char *)v - page_memory;

	if (offset >= PAGES * PAGE_SIZE)
		sim_fail("memory", "virt_to_page() of what is no page");
	return &pages[offset / PAGE_SIZE];
}

int page_count(const struct page *p)
{
	sim_point();
	return (p->head ?: p)->count;
}

unsigned long page_to_pfn(const struct page *p)
{
	return p - pages + 0x1000;
}

struct page *pfn_to_page(unsigned long pfn)
{
	return &pages[pfn - 0x1000];
}

void clear_page(void *p)
{
	memset(p, 0, PAGE_SIZE);
}

unsigned int sim_pages_in_use(void)
{
	return pages_used;
}

/* --- kernel memory */
static void mark(const char *p, size_t size, u8 value)
{
	memset(freed_map + (p - heap) / GRAIN, value, DIV_ROUND_UP(size, GRAIN));
}

void *sim_kmalloc(size_t size, gfp_t gfp, const void *who)
{
	struct block *b;
	char *p;

	might_alloc(gfp);
	sim_point();
	if (is_short(gfp))
		return NULL;
	if (heap_top + size + 4096 > heap + HEAP_SIZE)
		sim_fail("simulator", "no kernel memory left of %lu", HEAP_SIZE);
	b = (struct block *)heap_top;
	unpoison(b, sizeof(*b));
	p = heap_top + ALIGN(sizeof(*b), 64);
	heap_top = p + ALIGN(size + RED, 64);
	poison(p, heap_top - p);
	unpoison(p, size);
	mark(p + ALIGN(size, GRAIN), RED, 1);
	b->size = size;
	b->who = who;
	list_add_tail(&b->all, &blocks);
	nr_blocks++;
	if (!(gfp & __GFP_ZERO))
		memset(p, 0x5a, size);
	return p;
}

void kfree(const void *v)
{
	struct block *b;
	char *p = (char *)v;

	if (!p || IS_ERR(p))
		return;
	sim_point();
	if (p < heap || p >= heap_top)
		sim_fail("memory", "%s frees what is no kernel memory", sim_current->name);
	b = (struct block *)(p - ALIGN(sizeof(*b), 64));
	if (freed_map[(p - heap) / GRAIN] || !b->all.next || b->all.next == LIST_POISON)
		sim_fail("memory", "%s frees memory twice", sim_current->name);
	list_del(&b->all);
	nr_blocks--;
	mark(p, b->size ?: 1, 1);
	poison(p, b->size);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return sim_kmalloc(size, gfp, sim_here);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return sim_kmalloc(size, gfp | __GFP_ZERO, sim_here);
}

void *kvzalloc(size_t size, gfp_t gfp)
{
	return sim_kmalloc(size, gfp | __GFP_ZERO, sim_here);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return sim_kmalloc(n * size, gfp | __GFP_ZERO, sim_here);
}

void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return sim_kmalloc(n * size, gfp | __GFP_ZERO, sim_here);
}

void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return sim_kmalloc(n * size, gfp, sim_here);
}

void *kmemdup(const void *p, size_t size, gfp_t gfp)
{
	void *to = sim_kmalloc(size, gfp, sim_here);

	if (to)
		memcpy(to, p, size);
	return to;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	char *to = sim_kmalloc(strlen(s) + 1, gfp, sim_here);

	if (to)
		strcpy(to, s);
	return to;
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	char text[512], *to;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	to = sim_kmalloc(strlen(text) + 1, gfp, sim_here);
	if (to)
		strcpy(to, text);
	return to;
}

void kvfree(const void *p)
{
	kfree(p);
}

unsigned int sim_kmallocs_in_use(void)
{
	return nr_blocks;
}

/* Return: may nobody touch what is at @v? */
bool sim_is_freed(const void *v)
{
	const char *p = v;

	if (p >= heap && p < heap_top)
		return freed_map[(p - heap) / GRAIN];
	if (p >= page_memory && p < page_memory + PAGES * PAGE_SIZE)
		return !pages[(p - page_memory) / PAGE_SIZE].in_use;
	return false;
}

bool sim_is_shared(const void *v)
{
	const char *p = v;

	return (p >= heap && p < heap_top) ||
	       (p >= page_memory && p < page_memory + PAGES * PAGE_SIZE);
}

static void print_place(FILE *to, const char *what, const void *who)
{
	char command[128], text[200];
	FILE *p;

	snprintf(command, sizeof(command), "addr2line -sfpe /proc/%d/exe %p", (int)getpid(), who);
	p = popen(command, "r");
	if (p && fgets(text, sizeof(text), p))
		fprintf(to, "#   %s, taken at %s", what, text);
	if (p)
		pclose(p);
}

/* What is left, with who took it; a few of each. */
void sim_mm_report(FILE *to)
{
	unsigned int i, said = 0;
	struct block *b;
	char what[40];

	list_for_each_entry(b, &blocks, all) {
		if (said++ == 8)
			break;
		snprintf(what, sizeof(what), "%zu bytes", b->size);
		print_place(to, what, b->who);
	}
	for (i = 0, said = 0; i < pages_fresh && said < 8; i++)
		if (pages[i].in_use) {
			snprintf(what, sizeof(what), "page %u, count %d", i, pages[i].count);
			print_place(to, what, pages[i].who);
			said++;
		}
}
