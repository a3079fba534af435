// SPDX-License-Identifier: GPL-2.0
/*
 * Locks, wait queues, completions, RCU.
 *
 * Follows kernel/locking/{spinlock,mutex,rwsem}.c, kernel/sched/{wait,
 * completion}.c, kernel/rcu: who may wait where, who is let in first.  A writer
 * that waits keeps new readers out, as rwsem's handoff does.  Leaves out
 * optimistic spinning, priorities, signals.
 *
 * Each lock and unlock is a place where the schedule may change.
 */
#include <sim/time.h>

void sim_acquire_spin(struct sim_class *class, const void *lock, bool try_only);

void might_sleep(void)
{
	struct sim_fiber *f = sim_current;

	if (f->kind == SIM_PEER)
		return;
	if (f->kind != SIM_TASK || f->atomic || f->rcu)
		sim_fail("atomic", "%s sleeps in atomic context (%u deep, RCU %u)",
			 f->name, f->atomic, f->rcu);
}

/* A fiber waits for one lock at a time, and each waiter looks again. */
static void wake_waiters_of(struct sim_fiber *f, void *arg)
{
	if (f->state == SIM_WAITING && f->wait.holder == arg)
		sim_wake(f);
}

static void wait_for_owner(const char *kind, const char *name,
			   struct sim_fiber **owner)
{
	const struct sim_wait wait = { .kind = kind, .name = name, .holder = owner };

	if (*owner == sim_current)
		sim_fail("deadlock", "%s takes %s \"%s\" twice", sim_current->name,
			 kind, name);
	sim_block(&wait, SIM_NEVER);
}

static void wake_owner_waiters(struct sim_fiber **owner)
{
	sim_each_fiber(wake_waiters_of, owner);
}

/* --- spin locks */
void sim_spin_init(spinlock_t *l, struct sim_class *class)
{
	l->owner = NULL;
	l->class = class;
}

static struct sim_class *spin_class(spinlock_t *l)
{
	return l->class ?: &l->own;
}

static void spin_take(spinlock_t *l)
{
	sim_acquire_spin(spin_class(l), l, false);
	sim_point();
	while (l->owner)
		wait_for_owner("spin lock", spin_class(l)->name, &l->owner);
	l->owner = sim_current;
}

static void spin_give(spinlock_t *l)
{
	if (l->owner != sim_current)
		sim_fail("lock use", "%s unlocks \"%s\", which it does not hold",
			 sim_current->name, spin_class(l)->name);
	l->owner = NULL;
	sim_release(l);
	wake_owner_waiters(&l->owner);
}

void preempt_disable(void)
{
	sim_current->atomic++;
}

void preempt_enable(void)
{
	sim_current->atomic--;
	sim_point();
}

void spin_lock(spinlock_t *l)
{
	sim_current->atomic++;
	spin_take(l);
}

bool spin_trylock(spinlock_t *l)
{
	sim_point();
	if (l->owner)
		return false;
	sim_current->atomic++;
	sim_acquire_spin(spin_class(l), l, true);
	l->owner = sim_current;
	return true;
}

void spin_unlock(spinlock_t *l)
{
	spin_give(l);
	sim_current->atomic--;
	sim_point();
}

void spin_lock_irq(spinlock_t *l)
{
	sim_current->irq_off++;
	spin_lock(l);
}

void spin_unlock_irq(spinlock_t *l)
{
	sim_current->irq_off--;
	spin_unlock(l);
}

void local_bh_disable(void)
{
	sim_current->bh_off++;
	sim_current->atomic++;
}

void local_bh_enable(void)
{
	if (!sim_current->bh_off)
		sim_fail("lock use", "%s enables BH, which are on", sim_current->name);
	sim_current->bh_off--;
	sim_current->atomic--;
	sim_point();
}

bool sim_bh_is_off(void)
{
	return sim_current->bh_off || sim_current->irq_off ||
	       sim_current->kind == SIM_SOFTIRQ || sim_current->kind == SIM_HARDIRQ;
}

void spin_lock_bh(spinlock_t *l)
{
	local_bh_disable();
	spin_lock(l);
}

void spin_unlock_bh(spinlock_t *l)
{
	spin_unlock(l);
	local_bh_enable();
}

/* --- mutexes */
static struct sim_class *mutex_class(const struct mutex *m)
{
	return m->class ?: (struct sim_class *)&m->own;
}

void sim_mutex_init(struct mutex *m, struct sim_class *class)
{
	m->owner = NULL;
	m->class = class;
}

void mutex_lock(struct mutex *m)
{
	might_sleep();
	sim_acquire(mutex_class(m), m, false);
	sim_point();
	while (m->owner)
		wait_for_owner("mutex", mutex_class(m)->name, &m->owner);
	m->owner = sim_current;
}

bool mutex_trylock(struct mutex *m)
{
	sim_point();
	if (m->owner)
		return false;
	sim_acquire(mutex_class(m), m, true);
	m->owner = sim_current;
	return true;
}

void mutex_unlock(struct mutex *m)
{
	if (m->owner != sim_current)
		sim_fail("lock use", "%s unlocks mutex \"%s\", which %s holds",
			 sim_current->name, mutex_class(m)->name,
			 m->owner ? m->owner->name : "nobody");
	m->owner = NULL;
	sim_release(m);
	wake_owner_waiters(&m->owner);
	sim_point();
}

bool mutex_is_locked(const struct mutex *m)
{
	return m->owner;
}

bool sim_mutex_is_mine(const struct mutex *m)
{
	return m->owner == sim_current;
}

void sim_assert_held(struct sim_fiber *const *owner, const char *file, int line)
{
	if (*owner != sim_current)
		sim_bug("lockdep_assert_held()", file, line);
}

/* --- rw semaphores */
static struct sim_class *rwsem_class(struct rw_semaphore *s)
{
	return s->class ?: &s->own;
}

/* Whoever waits for the last reader waits for all of them. */
static void rwsem_wait(struct rw_semaphore *s)
{
	const struct sim_wait wait = {
		.kind = "rw semaphore", .name = rwsem_class(s)->name,
		.holder = s->writer ? &s->writer : &s->last_reader,
	};

	sim_block(&wait, SIM_NEVER);
}

static void rwsem_wake(struct rw_semaphore *s)
{
	wake_owner_waiters(&s->writer);
	wake_owner_waiters(&s->last_reader);
}

void down_read(struct rw_semaphore *s)
{
	might_sleep();
	sim_acquire(rwsem_class(s), s, false);
	sim_point();
	while (s->writer || s->writers_wait)
		rwsem_wait(s);
	s->readers++;
	s->last_reader = sim_current;
}

void up_read(struct rw_semaphore *s)
{
	if (!--s->readers)
		s->last_reader = NULL;
	sim_release(s);
	rwsem_wake(s);
	sim_point();
}

void down_write(struct rw_semaphore *s)
{
	might_sleep();
	sim_acquire(rwsem_class(s), s, false);
	sim_point();
	s->writers_wait++;
	while (s->writer || s->readers)
		rwsem_wait(s);
	s->writers_wait--;
	s->writer = sim_current;
}

void up_write(struct rw_semaphore *s)
{
	s->writer = NULL;
	sim_release(s);
	rwsem_wake(s);
	sim_point();
}

/* --- wait queues */
void sim_wait_prepare(wait_queue_head_t *wq)
{
	struct sim_fiber *f = sim_current;

	list_del_init(&f->waiting);
	list_add_tail(&f->waiting, &wq->waiting);
	f->woken = false;
	sim_point();
}

/* Return: false if the time is over. */
bool sim_wait_block(wait_queue_head_t *wq, const struct sim_wait *wait, u64 until)
{
	(void)wq;
	if (sim_current->woken)
		return true;
	return sim_block(wait, until);
}

void sim_wait_end(void)
{
	list_del_init(&sim_current->waiting);
}

void wake_up(wait_queue_head_t *wq)
{
	struct sim_fiber *f, *next;

	sim_point();
	list_for_each_entry_safe(f, next, &wq->waiting, waiting) {
		list_del_init(&f->waiting);
		f->woken = true;
		sim_wake(f);
	}
}

u64 sim_until(unsigned long timeout)
{
	return timeout > LONG_MAX / 2 ? SIM_NEVER :
	       sim_now + (timeout + 1) * SIM_JIFFY;
}

unsigned long sim_left(u64 until)
{
	return until > sim_now ? (until - sim_now) / SIM_JIFFY : 0;
}

void init_completion(struct completion *c)
{
	c->done = 0;
	init_waitqueue_head(&c->wait);
}

void reinit_completion(struct completion *c)
{
	c->done = 0;
}

void complete(struct completion *c)
{
	sim_point();
	c->done++;
	wake_up(&c->wait);
}

void wait_for_completion(struct completion *c)
{
	wait_event(c->wait, c->done);
	c->done--;
}

unsigned long wait_for_completion_timeout(struct completion *c,
					  unsigned long timeout)
{
	unsigned long left = wait_event_timeout(c->wait, c->done, timeout);

	if (left)
		c->done--;
	return left;
}

bool completion_done(struct completion *c)
{
	sim_point();
	return c->done;
}

/* --- RCU: a grace period ends when all that read at its beginning are through */
static unsigned int readers_now;

void rcu_read_lock(void)
{
	if (!sim_current->rcu++)
		readers_now++;
	sim_point();
}

void rcu_read_unlock(void)
{
	if (!--sim_current->rcu)
		readers_now--;
	sim_point();
}

struct grace {
	struct sim_fiber *reader[64];
	unsigned int nr;
};

static void note_reader(struct sim_fiber *f, void *arg)
{
	struct grace *g = arg;
	bool reads = f->rcu || f->bh_off || f->irq_off ||
		     ((f->kind == SIM_SOFTIRQ || f->kind == SIM_HARDIRQ) && f->atomic);

	if (f != sim_current && reads && g->nr < ARRAY_SIZE(g->reader))
		g->reader[g->nr++] = f;
}

static bool still_reads(const struct sim_fiber *f)
{
	return f->state != SIM_DEAD && (f->rcu || f->bh_off || f->irq_off || f->atomic);
}

/* Ends a moment after the last of them, as grace periods do. */
void synchronize_rcu(void)
{
	struct grace g = {};
	unsigned int i;

	might_sleep();
	sim_point();
	sim_each_fiber(note_reader, &g);
	for (i = 0; i < g.nr; i++)
		while (still_reads(g.reader[i]))
			sim_sleep_ns(1 * SIM_MS, "a grace period");
	sim_sleep_ns((1 + sim_chance(8)) * SIM_MS, "a grace period");
}
