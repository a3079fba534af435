/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Spin locks, mutexes, rw semaphores, semaphores, wait queues, completions,
 * RCU, and what switches preemption, BH and interrupts off.
 *
 * Follows include/linux/{spinlock,mutex,rwsem,semaphore,wait,completion,
 * rcupdate,bottom_half}.h and kernel/locking/lockdep.c (classes, order, use in
 * interrupts).  Leaves out read locks in lock order, wait-type checks and
 * nesting annotations.
 */
#ifndef SIM_LOCKING_H
#define SIM_LOCKING_H

#include <sim/sched.h>

/* One for each place that sets up a lock, as lockdep has it. */
struct sim_class {
	const char *name;
	unsigned int id;	/* 0: not seen yet */
	bool novalidate;
	bool in_softirq, in_hardirq;	/* taken there */
	bool with_bh, with_irqs;	/* held while those could come */
};

typedef struct spinlock {
	struct sim_fiber *owner;
	struct sim_class *class;
	struct sim_class own;	/* of a lock without a place */
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED(n)	{ .own = { .name = #n } }
#define DEFINE_SPINLOCK(n)	spinlock_t n = __SPIN_LOCK_UNLOCKED(n)
#define spin_lock_init(l) do {						\
	static struct sim_class _class = { .name = #l };		\
	sim_spin_init(l, &_class);					\
} while (0)

void sim_spin_init(spinlock_t *l, struct sim_class *class);
void spin_lock(spinlock_t *l);
void spin_unlock(spinlock_t *l);
bool spin_trylock(spinlock_t *l);
void spin_lock_irq(spinlock_t *l);
void spin_unlock_irq(spinlock_t *l);
void spin_lock_bh(spinlock_t *l);
void spin_unlock_bh(spinlock_t *l);
#define spin_lock_irqsave(l, f)	do { (void)(f); spin_lock_irq(l); } while (0)
#define spin_unlock_irqrestore(l, f) do { (void)(f); spin_unlock_irq(l); } while (0)

void local_bh_disable(void);
void local_bh_enable(void);
void preempt_disable(void);
void preempt_enable(void);
bool sim_bh_is_off(void);

struct mutex {
	struct sim_fiber *owner;
	struct sim_class *class;
	struct sim_class own;
};

#define DEFINE_MUTEX(n)		struct mutex n = { .own = { .name = #n } }
#define mutex_init(m) do {						\
	static struct sim_class _class = { .name = #m };		\
	sim_mutex_init(m, &_class);					\
} while (0)

void sim_mutex_init(struct mutex *m, struct sim_class *class);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(const struct mutex *m);
bool sim_mutex_is_mine(const struct mutex *m);
/* Of mutexes and spin locks. */
void sim_assert_held(struct sim_fiber *const *owner, const char *file, int line);
#define lockdep_assert_held(l)	sim_assert_held(&(l)->owner, __FILE__, __LINE__)

struct rw_semaphore {
	struct sim_fiber *writer;
	struct sim_fiber *last_reader;
	unsigned int readers;
	unsigned int writers_wait;
	struct sim_class *class;
	struct sim_class own;
};

#define DECLARE_RWSEM(n)	struct rw_semaphore n = { .own = { .name = #n } }
void down_read(struct rw_semaphore *s);
void up_read(struct rw_semaphore *s);
void down_write(struct rw_semaphore *s);
void up_write(struct rw_semaphore *s);

typedef struct wait_queue_head {
	struct list_head waiting;
	const char *name;
} wait_queue_head_t;

#define DECLARE_WAIT_QUEUE_HEAD(n) \
	wait_queue_head_t n = { LIST_HEAD_INIT((n).waiting), #n }
#define init_waitqueue_head(wq) do {					\
	INIT_LIST_HEAD(&(wq)->waiting);					\
	(wq)->name = #wq;						\
} while (0)

void sim_wait_prepare(wait_queue_head_t *wq);
bool sim_wait_block(wait_queue_head_t *wq, const struct sim_wait *wait, u64 until);
void sim_wait_end(void);
void wake_up(wait_queue_head_t *wq);
#define wake_up_all(wq)		wake_up(wq)
#define wake_up_interruptible(wq) wake_up(wq)
u64 sim_until(unsigned long timeout);
unsigned long sim_left(u64 until);
void might_sleep(void);

/* True when @cond became so before @until. */
#define sim_wait_event(wq, cond, until, _bounded) ({			\
	const struct sim_wait _wait = { .kind = "wait queue",		\
		.name = (wq)->name, .bounded = (_bounded) };		\
	u64 _until = (until);						\
	bool _met;							\
	might_sleep();							\
	for (;;) {							\
		sim_wait_prepare(wq);					\
		_met = (cond);						\
		if (_met || sim_now >= _until)				\
			break;						\
		sim_wait_block(wq, &_wait, _until);			\
	}								\
	sim_wait_end();							\
	_met;								\
})
#define wait_event(wq, cond)	((void)sim_wait_event(&(wq), cond, SIM_NEVER, false))
/* A thread that waits for work may do so for ever. */
#define wait_event_interruptible(wq, cond) \
	({ (void)sim_wait_event(&(wq), cond, SIM_NEVER, true); 0; })
#define wait_event_timeout(wq, cond, timeout) ({			\
	u64 _end = sim_until(timeout);					\
	long _r = sim_wait_event(&(wq), cond, _end, false) ?		\
		  max(sim_left(_end), 1ul) : 0;				\
	_r;								\
})

struct completion {
	unsigned int done;
	wait_queue_head_t wait;
};

void init_completion(struct completion *c);
void reinit_completion(struct completion *c);
void complete(struct completion *c);
void wait_for_completion(struct completion *c);
unsigned long wait_for_completion_timeout(struct completion *c,
					  unsigned long timeout);
bool completion_done(struct completion *c);

void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);

/* Pseudo locks: a work, a timer or a device that somebody runs or waits for. */
void sim_acquire(struct sim_class *class, const void *lock, bool try_only);
void sim_release(const void *lock);
struct sim_class *sim_class_of(const void *key, const char *name);

#endif
