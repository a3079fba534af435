// SPDX-License-Identifier: GPL-2.0
/*
 * The order of locks, and where they are taken.
 *
 * Owns: classes and the orders that were ever seen in this life.  Follows
 * kernel/locking/lockdep.c: an order that closes a circle is an error whether
 * or not the circle ever hangs, and so is a lock that an interrupt takes and
 * somebody else holds while that interrupt may come.  Trylocks add no order.
 * Device locks have none (novalidate), as in the kernel.  Leaves out recursive
 * reads; a second lock of a class that is held is an error.
 */
#include <sim/locking.h>

#define CLASSES	128

static struct sim_class *classes[CLASSES];
static unsigned int nr_classes;
static unsigned char follows[CLASSES][CLASSES];	/* [a][b]: b was taken with a held */

static unsigned int class_id(struct sim_class *c)
{
	if (c->id)
		return c->id;
	if (++nr_classes == CLASSES)
		sim_fail("simulator", "more than %d lock classes", CLASSES);
	classes[nr_classes] = c;
	c->id = nr_classes;
	return c->id;
}

static bool reaches(unsigned int from, unsigned int to, unsigned char *seen)
{
	unsigned int i;

	if (from == to)
		return true;
	seen[from] = 1;
	for (i = 1; i <= nr_classes; i++)
		if (follows[from][i] && !seen[i] && reaches(i, to, seen))
			return true;
	return false;
}

static void check_order(const struct sim_held *held, struct sim_class *next)
{
	unsigned char seen[CLASSES] = {};
	unsigned int a = class_id(held->class), b = class_id(next);

	if (held->class->novalidate || next->novalidate || follows[a][b])
		return;
	if (a == b)
		sim_fail("lock order", "%s takes \"%s\" with one of its kind held",
			 sim_current->name, next->name);
	if (reaches(b, a, seen))
		sim_fail("lock order", "%s takes \"%s\" with \"%s\" held; elsewhere it is the other way round",
			 sim_current->name, next->name, held->name);
	follows[a][b] = 1;
}

static void check_use(struct sim_class *c)
{
	const struct sim_fiber *f = sim_current;

	if (f->kind == SIM_HARDIRQ)
		c->in_hardirq = true;
	else if (!f->irq_off)
		c->with_irqs = true;
	if (f->kind == SIM_SOFTIRQ)
		c->in_softirq = true;
	else if (f->kind == SIM_TASK && !f->bh_off && !f->irq_off)
		c->with_bh = true;
	if (c->in_hardirq && c->with_irqs)
		sim_fail("lock use", "\"%s\" is taken in an interrupt, and held with interrupts on",
			 c->name);
	if (c->in_softirq && c->with_bh)
		sim_fail("lock use", "\"%s\" is taken in softirq context, and held with BH on",
			 c->name);
}

/**
 * sim_acquire() - the present fiber takes a lock, or waits for what counts as one
 * @class: its class
 * @lock: the lock itself
 * @try_only: it does not wait
 */
void sim_acquire(struct sim_class *class, const void *lock, bool try_only)
{
	struct sim_fiber *f = sim_current;
	unsigned int i;

	if (f->kind != SIM_PEER && !try_only)
		for (i = 0; i < f->nr_held; i++)
			check_order(&f->held[i], class);
	if (f->nr_held == SIM_HELD_MAX)
		sim_fail("simulator", "%s holds more than %d locks", f->name, SIM_HELD_MAX);
	f->held[f->nr_held].class = class;
	f->held[f->nr_held].lock = lock;
	f->held[f->nr_held++].name = class->name;
}

/* For spin locks: the class is one that interrupts may meet. */
void sim_acquire_spin(struct sim_class *class, const void *lock, bool try_only);
void sim_acquire_spin(struct sim_class *class, const void *lock, bool try_only)
{
	if (sim_current->kind != SIM_PEER)
		check_use(class);
	sim_acquire(class, lock, try_only);
}

void sim_release(const void *lock)
{
	struct sim_fiber *f = sim_current;
	unsigned int i = f->nr_held;

	while (i--)
		if (f->held[i].lock == lock) {
			memmove(&f->held[i], &f->held[i + 1],
				(--f->nr_held - i) * sizeof(f->held[0]));
			return;
		}
	sim_fail("lock use", "%s releases a lock that it does not hold", f->name);
}

/* A class for something that has no place to keep one: the function of a work. */
struct sim_class *sim_class_of(const void *key, const char *name)
{
	static struct { const void *key; struct sim_class class; } table[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table) && table[i].key; i++)
		if (table[i].key == key)
			return &table[i].class;
	if (i == ARRAY_SIZE(table))
		sim_fail("simulator", "more than %u functions of works", i);
	table[i].key = key;
	table[i].class.name = name;
	return &table[i].class;
}
