/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clocks, delays, timers, hrtimers.
 *
 * Follows include/linux/{jiffies,ktime,delay,timer,hrtimer}.h,
 * kernel/time/{timer,hrtimer}.c: timers in softirq, hrtimers in hardirq
 * context, and the _sync calls wait for a callback that runs.  Leaves out
 * clocks other than the monotonic one, slack, and per-CPU bases: a callback
 * runs on any CPU, one at a time for each kind.
 */
#ifndef SIM_TIME_H
#define SIM_TIME_H

#include <sim/locking.h>

#define HZ		250
#define NSEC_PER_SEC	1000000000L
#define NSEC_PER_MSEC	1000000L
#define NSEC_PER_USEC	1000L
#define SIM_JIFFY	(NSEC_PER_SEC / HZ)

#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)
#define time_after_eq(a, b)	((long)((a) - (b)) >= 0)
#define time_before_eq(a, b)	time_after_eq(b, a)

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return DIV_ROUND_UP((u64)ms * HZ, 1000);
}

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return j * 1000 / HZ;
}

static inline ktime_t ktime_get(void)
{
	return sim_now;
}

#define ktime_to_ns(k)		((s64)(k))
#define ns_to_ktime(n)		((ktime_t)(n))

void msleep(unsigned int ms);
void usleep_range(unsigned long min, unsigned long max);

struct timer_list {
	struct sim_event ev;
	unsigned long expires;
	void (*function)(struct timer_list *t);
	struct list_head due;
	bool is_due;
	struct timer_list *next_known;
	bool known;
};

void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *), unsigned int flags);
int mod_timer(struct timer_list *t, unsigned long expires);
/* The C library has another one. */
#define timer_delete(t)	sim_timer_delete(t)
int sim_timer_delete(struct timer_list *t);
int timer_delete_sync(struct timer_list *t);
bool timer_pending(const struct timer_list *t);
#define timer_container_of(var, t, field) container_of(t, typeof(*var), field)

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
enum hrtimer_mode { HRTIMER_MODE_ABS, HRTIMER_MODE_REL };
#define CLOCK_MONOTONIC 1

struct hrtimer {
	struct sim_event ev;
	enum hrtimer_restart (*function)(struct hrtimer *t);
	struct list_head due;
	bool is_due;
};

void hrtimer_setup(struct hrtimer *t, enum hrtimer_restart (*fn)(struct hrtimer *),
		   int clock, enum hrtimer_mode mode);
void hrtimer_start(struct hrtimer *t, ktime_t delay, enum hrtimer_mode mode);
int hrtimer_cancel(struct hrtimer *t);
bool hrtimer_active(const struct hrtimer *t);

/* time.c */
void sim_time_init(void);
void sim_time_refuse_text(void);
struct timer_list *sim_timer_of(struct sim_event *ev);

#endif
