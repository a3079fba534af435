// SPDX-License-Identifier: GPL-2.0
/*
 * The grant table, from both ends.
 *
 * Follows drivers/xen/grant-table.c: references are reserved, grant, and are
 * given back; access that cannot end, because the page is mapped, ends later
 * (the deferred list, a timer each second) and keeps the page until then.  The
 * other domain maps, unmaps and copies by reference (xen/common/grant_table.c).
 * Leaves out transitive and sub-page grants, version 2, and table growth: the
 * size is the life's.
 *
 * Invariants: a reference that grants is not given back nor granted again; the
 * other domain reaches nothing that is not granted to it; what a sound backend
 * maps is not given up.
 */
#include <sim/net.h>
#include <sim/xen.h>

#define GRANTS		8192
#define DEFERRED	1024

enum { FREE, RESERVED, GRANTED };

struct grant {
	u8 state;
	bool readonly;
	bool stale;		/* from before a resume: Xen does not know it */
	u16 mapped;
	domid_t domid;
	struct page *page;
};

static struct grant table[GRANTS];
static unsigned int size, used, next_free;
static bool unmapped;		/* in the midst of a suspend: no entry can be written */
static struct { grant_ref_t ref; struct page *page; } deferred[DEFERRED];
static unsigned int nr_deferred;
static struct timer_list deferred_timer;

static struct grant *entry(grant_ref_t ref, const char *who)
{
	if (ref >= GRANTS || ref < 8 || table[ref].state == FREE)
		sim_fail("grant", "%s: reference %u is not taken", who, ref);
	return &table[ref];
}

static void written(grant_ref_t ref)
{
	if (unmapped)
		sim_fail("grant", "reference %u is written while the table is not mapped: a page fault", ref);
}

void sim_grants_map(bool map)
{
	unmapped = !map;
}

static int take_one(void)
{
	unsigned int i;

	if (used == size)
		return -ENOSPC;
	/* Used again late, so that a stale one is told from a fresh one. */
	for (i = 0; i < GRANTS; i++) {
		unsigned int ref = 8 + (next_free + i) % (GRANTS - 8);

		if (table[ref].state == FREE) {
			next_free = ref - 8 + 1;
			table[ref].state = RESERVED;
			used++;
			return ref;
		}
	}
	return -ENOSPC;
}

static void release_one(grant_ref_t ref)
{
	table[ref].state = FREE;
	used--;
}

/* A list of reserved ones, linked through a table of its own. */
static grant_ref_t link_next[GRANTS];

int gnttab_alloc_grant_references(u16 count, grant_ref_t *head)
{
	unsigned int i;
	int ref;

	sim_point();
	if (size - used < count)
		return -ENOSPC;
	*head = 0;
	for (i = 0; i < count; i++) {
		ref = take_one();
		link_next[ref] = *head;
		*head = ref;
	}
	return 0;
}

int gnttab_claim_grant_reference(grant_ref_t *head)
{
	grant_ref_t ref = *head;

	if (!ref)
		return -ENOSPC;
	*head = link_next[ref];
	return ref;
}

void gnttab_free_grant_reference(grant_ref_t ref)
{
	struct grant *g = entry(ref, "free");

	if (g->state == GRANTED)
		sim_fail("grant", "reference %u is given back while it grants", ref);
	release_one(ref);
}

void gnttab_grant_foreign_access_ref(grant_ref_t ref, domid_t domid,
				     unsigned long frame, int readonly)
{
	struct grant *g = entry(ref, "grant");

	written(ref);
	sim_build_moment();
	sim_point();
	if (g->state == GRANTED)
		sim_fail("grant", "reference %u grants already", ref);
	g->page = pfn_to_page(frame);
	if (!g->page->in_use)
		sim_fail("grant", "page %u is granted and free", g->page->nr);
	g->domid = domid;
	g->readonly = readonly;
	g->mapped = 0;
	g->stale = false;
	g->page->granted++;
	g->state = GRANTED;
}

int gnttab_grant_foreign_access(domid_t domid, unsigned long frame, int readonly)
{
	int ref;

	sim_point();
	ref = take_one();
	if (ref >= 0)
		gnttab_grant_foreign_access_ref(ref, domid, frame, readonly);
	return ref;
}

static int end_access(grant_ref_t ref)
{
	struct grant *g = entry(ref, "end");

	written(ref);
	if (g->state != GRANTED)
		sim_fail("grant", "access through reference %u ends, and it grants nothing", ref);
	if (g->mapped)
		return 0;
	if (!g->stale)
		g->page->granted--;
	g->state = RESERVED;
	return 1;
}

int gnttab_end_foreign_access_ref(grant_ref_t ref)
{
	sim_point();
	return end_access(ref);
}

int gnttab_try_end_foreign_access(grant_ref_t ref)
{
	sim_point();
	if (!end_access(ref))
		return 0;
	release_one(ref);
	return 1;
}

static void look_at_deferred(struct timer_list *t)
{
	unsigned int i = 0;

	while (i < nr_deferred) {
		grant_ref_t ref = deferred[i].ref;
		struct page *page = deferred[i].page;

		if (!end_access(ref)) {
			i++;
			continue;
		}
		release_one(ref);
		deferred[i] = deferred[--nr_deferred];
		if (page)
			put_page(page);
	}
	if (nr_deferred)
		mod_timer(t, jiffies + HZ);
}

void gnttab_end_foreign_access(grant_ref_t ref, struct page *page)
{
	sim_point();
	if (end_access(ref)) {
		release_one(ref);
		if (page)
			put_page(page);
		return;
	}
	sim_netback_check_given_up(ref);
	if (nr_deferred == DEFERRED)
		sim_fail("simulator", "more than %d deferred grants", DEFERRED);
	deferred[nr_deferred].ref = ref;
	deferred[nr_deferred++].page = page;
	if (!timer_pending(&deferred_timer))
		mod_timer(&deferred_timer, jiffies + HZ);
}

/* --- the other domain */
static struct grant *allowed(domid_t domid, grant_ref_t ref)
{
	struct grant *g;

	if (ref >= GRANTS)
		return NULL;
	g = &table[ref];
	return g->state == GRANTED && !g->stale && g->domid == domid ? g : NULL;
}

void *sim_grant_map(domid_t domid, grant_ref_t ref)
{
	struct grant *g = allowed(domid, ref);

	if (!g)
		return NULL;
	g->mapped++;
	return page_address(g->page);
}

void sim_grant_unmap(grant_ref_t ref)
{
	if (!table[ref].mapped)
		sim_fail("simulator", "reference %u is unmapped and was not mapped", ref);
	table[ref].mapped--;
}

/* Return: memory to copy from or, with @write, to; NULL if that is not granted. */
void *sim_grant_copy(domid_t domid, grant_ref_t ref, bool write)
{
	struct grant *g = allowed(domid, ref);

	if (!g || (write && g->readonly))
		return NULL;
	return page_address(g->page);
}

/* Another host's Xen: it knows of no grant, and nobody maps anything. */
void sim_grants_resume(void)
{
	unsigned int i;

	for (i = 0; i < GRANTS; i++) {
		struct grant *g = &table[i];

		g->mapped = 0;
		if (g->state != GRANTED || g->stale)
			continue;
		g->stale = true;
		g->page->granted--;
	}
}

unsigned int sim_grants_in_use(void)
{
	return used;
}

unsigned int sim_grants_deferred(void)
{
	return nr_deferred;
}

void sim_grants_report(FILE *to)
{
	unsigned int i, said = 0;

	for (i = 0; i < GRANTS && said < 8; i++)
		if (table[i].state != FREE) {
			fprintf(to, "#   grant %u is %s%s%s\n", i,
				table[i].state == GRANTED ? "granted" : "reserved",
				table[i].mapped ? ", mapped" : "",
				table[i].stale ? ", from before a resume" : "");
			said++;
		}
}

void sim_grants_init(unsigned int count)
{
	size = count;
	timer_setup(&deferred_timer, look_at_deferred, 0);
}
