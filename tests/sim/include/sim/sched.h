/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulator's own interface: fibers, virtual time, the one source of
 * chance, the log, and how a life ends.
 *
 * There is one thread, so nothing here has a lock.  A fiber gives the CPU away
 * only in sim_point(), or where it waits; whatever stands between two of these
 * is atomic.
 */
#ifndef SIM_SCHED_H
#define SIM_SCHED_H

#include <sim/base.h>

#define SIM_NEVER	(~0ull)
#define SIM_HELD_MAX	32

enum sim_kind {
	SIM_TASK,		/* process context of the guest */
	SIM_SOFTIRQ,
	SIM_HARDIRQ,
	SIM_PEER,		/* another domain: none of the guest's rules */
};

enum sim_state { SIM_RUNNABLE, SIM_WAITING, SIM_DEAD };

struct sim_class;

/* Something that a fiber holds, for lock order and for reports. */
struct sim_held {
	struct sim_class *class;
	const void *lock;
	const char *name;
};

/* What a fiber waits for; @holder may be NULL, and may change meanwhile. */
struct sim_wait {
	const char *kind;
	const char *name;
	struct sim_fiber *const *holder;
	bool bounded;		/* it may take as long as it likes */
};

struct sim_event {
	u64 when;
	u64 nr;
	void (*fire)(struct sim_event *ev);
	int place;		/* in the heap, -1 if not armed */
};

/* What linux/sched.h has of a task. */
struct task_struct {
	unsigned long nvcsw;	/* times that it waited of its own accord */
};

/* An access to shared memory that a fiber is about to make; tsan.c. */
struct sim_access {
	const char *at;		/* NULL: none */
	unsigned int size;
	bool write;
	bool marked;		/* READ_ONCE() and its like */
};

struct sim_fiber {
	struct task_struct task;
	char name[24];
	unsigned int id;
	enum sim_kind kind;
	enum sim_state state;
	void (*run)(void *arg);
	void *arg;
	char *stack;
	size_t stack_size;
	void *sp;
	void *fake_stack;	/* of the address sanitizer */
	unsigned int prio;	/* PCT: the largest runs */
	unsigned int cpu;
	unsigned int atomic;	/* spin locks, BH, preemption, interrupts off */
	unsigned int bh_off;
	unsigned int irq_off;
	unsigned int rcu;
	unsigned int builds;	/* queue of the packet that it builds, plus 1 */
	bool freezable;
	bool frozen;
	bool timed_out;
	bool woken;
	struct sim_wait wait;
	u64 wait_since;
	struct sim_event alarm;
	struct sim_held held[SIM_HELD_MAX];
	unsigned int nr_held;
	struct list_head waiting;	/* in a wait queue */
	struct sim_fiber *runnable_next;
	u64 budget_end;		/* an operation has to be over by then */
	const char *budget_what;
	struct list_head all;
	struct sim_access access;
};

struct sim_config {
	u64 seed;
	unsigned int cpus;
	unsigned int walk;	/* a switch at one point of so many, 0: PCT */
	unsigned int pct_points;
	unsigned int hurry;	/* time passes early at one point of so many */
	u64 hurry_most;		/* ns */
	u64 preempt_from, preempt_to;	/* only these preemptions take place */
	bool show_preemptions;
	bool verbose;
	bool brief;		/* a failure is two lines */
};

extern struct sim_config sim_config;
extern struct sim_fiber *sim_current;
extern bool sim_every_access;	/* the driver was built so that each changes the schedule */
#define current		(&sim_current->task)
extern u64 sim_now;		/* ns */
extern unsigned long jiffies;

/* sched.c */
void sim_init(u64 seed);
struct sim_fiber *sim_spawn(const char *name, enum sim_kind kind,
			    void (*run)(void *arg), void *arg);
void sim_run(void);
void sim_access_point(void);
void sim_yield(void);
void sim_stop_machine(void (*fn)(void));
bool sim_block(const struct sim_wait *wait, u64 until);
void sim_wake(struct sim_fiber *f);
void sim_sleep_ns(u64 ns, const char *why);
void sim_event_at(struct sim_event *ev, u64 when);
void sim_event_cancel(struct sim_event *ev);
void sim_each_event(void (*fn)(struct sim_event *ev));
void sim_budget(const char *what, u64 ns);
void sim_budget_over(void);
u64 sim_steps(void);
u64 sim_switches(void);
u64 sim_preemptions(void);

/* chance.c: two streams, so that what happens and when do not disturb each other */
u64 sim_random(void);
unsigned int sim_chance(unsigned int below);
bool sim_one_in(unsigned int n);
u64 sim_schedule_random(void);

/* report.c */
void sim_log(const char *fmt, ...) __printf(1, 2);
u64 sim_hash(void);
void sim_fail(const char *kind, const char *fmt, ...)
	__printf(2, 3) __attribute__((__noreturn__));
void sim_races(const struct sim_fiber *other, const char *ours, const char *theirs);
void sim_backtrace(const struct sim_fiber *f, FILE *to);
bool sim_is_within(const struct sim_fiber *f, const char *from, const char *to);
extern unsigned int sim_complaints;	/* that a backend did not let go in time */
void sim_each_fiber(void (*fn)(struct sim_fiber *f, void *arg), void *arg);
const char *sim_wait_text(const struct sim_fiber *f, char *buf, size_t size);

/* The world has a reason to be in this state; -v shows all of it. */
#define SIM_MS	1000000ull
#define SIM_S	1000000000ull

#endif
