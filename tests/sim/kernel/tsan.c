// SPDX-License-Identifier: GPL-2.0
/*
 * Each access to shared memory in src/, where the compiler marked it.
 *
 * The build's flavour "access" compiles the driver with -fsanitize=thread and
 * links it without that sanitizer's library: the calls come here.  An access
 * to memory that others see is a place where the schedule may change; one to
 * memory that is freed ends the life.  Stacks are nobody else's and pass.
 *
 * Data races are found as KCSAN finds them: of each fiber the access that it
 * is about to make is known, and so is whether it is marked (READ_ONCE() and
 * its like, which are volatile).  Another fiber's access to the same bytes
 * meanwhile, one of the two a write and one of them not marked, is a race: had
 * a lock kept them apart, the other could not have come as far.  What another
 * domain does to a page that is shared with it counts as marked.
 *
 * Follows the interface of compiler-rt's tsan_interface.h, and the rules of
 * kernel/kcsan/core.c without CONFIG_KCSAN_ASSUME_PLAIN_WRITES_ATOMIC.
 */
#include <sim/mm.h>

static bool is_static_data(const void *p)
{
	extern char __start_xnf_data[], __stop_xnf_data[];

	return (const char *)p >= __start_xnf_data && (const char *)p < __stop_xnf_data;
}

static bool conflict(const struct sim_access *a, const struct sim_access *b)
{
	return a->at < b->at + b->size && b->at < a->at + a->size &&
	       (a->write || b->write) && !(a->marked && b->marked);
}

static const char *access_text(const struct sim_access *a)
{
	return a->write ? a->marked ? "a marked write" : "a plain write" :
	       a->marked ? "a marked read" : "a plain read";
}

static void check_race(struct sim_fiber *other, void *arg)
{
	struct sim_access *a = arg;

	if (other == sim_current || !other->access.at || !conflict(a, &other->access))
		return;
	sim_races(other, access_text(a), access_text(&other->access));
}

static void touched(const void *p, unsigned int size, bool write, bool marked)
{
	struct sim_access a = { .at = p, .size = size, .write = write, .marked = marked };
	struct sim_access before;

	/* Another domain is no party to what this kernel's compiler may do. */
	if (sim_current->kind == SIM_PEER) {
		a.marked = true;
		/* req_prod and req_event are touched by Xen's own ring macros alone, plainly. */
		if (sim_is_shared(p) && ((unsigned long)p & ~PAGE_MASK) >= 2 * sizeof(u32))
			sim_each_fiber(check_race, &a);
		return;
	}
	if (!sim_is_shared(p) && !is_static_data(p))
		return;
	if (unlikely(sim_is_freed(p)))
		sim_fail("memory", "%s touches memory that is freed", sim_current->name);
	sim_each_fiber(check_race, &a);
	/* An interrupt's fiber is another one, so this is never nested but by the stand-ins. */
	before = sim_current->access;
	sim_current->access = a;
	sim_access_point();
	sim_current->access = before;
}

#define ACCESS(name, size, write, marked) \
	void __tsan_##name(void *p); \
	void __tsan_##name(void *p) { touched(p, size, write, marked); }
#define SIZES(kind, write, marked) \
	ACCESS(kind##1, 1, write, marked) ACCESS(kind##2, 2, write, marked) \
	ACCESS(kind##4, 4, write, marked) ACCESS(kind##8, 8, write, marked) \
	ACCESS(kind##16, 16, write, marked)

SIZES(read, false, false)
SIZES(write, true, false)
SIZES(volatile_read, false, true)
SIZES(volatile_write, true, true)
ACCESS(unaligned_read2, 2, false, false)
ACCESS(unaligned_read4, 4, false, false)
ACCESS(unaligned_read8, 8, false, false)
ACCESS(unaligned_read16, 16, false, false)
ACCESS(unaligned_write2, 2, true, false)
ACCESS(unaligned_write4, 4, true, false)
ACCESS(unaligned_write8, 8, true, false)
ACCESS(unaligned_write16, 16, true, false)

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void *nothing);
void __tsan_read_range(void *p, long size);
void __tsan_write_range(void *p, long size);

void __tsan_init(void)
{
	sim_every_access = true;
}

void __tsan_func_entry(void *pc)
{
	(void)pc;
}

void __tsan_func_exit(void *nothing)
{
	(void)nothing;
}

void __tsan_read_range(void *p, long size)
{
	touched(p, size, false, false);
}

void __tsan_write_range(void *p, long size)
{
	touched(p, size, true, false);
}
