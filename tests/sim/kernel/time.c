// SPDX-License-Identifier: GPL-2.0
/*
 * Delays, timers, hrtimers.
 *
 * Follows kernel/time/{timer,hrtimer}.c: a timer that is due is not pending
 * while its callback runs, the callback may arm it again, and the _sync calls
 * return when it neither runs nor is pending.  One fiber in softirq context
 * runs timers, one in hardirq context hrtimers.
 */
#include <sim/dev.h>

struct base {
	struct list_head due;
	struct sim_fiber *fiber;
	const void *running;
	wait_queue_head_t wake, ended;
};

static struct base timers, hrtimers;

void msleep(unsigned int ms)
{
	might_sleep();
	sim_sleep_ns(ms * SIM_MS, "msleep");
}

void usleep_range(unsigned long min, unsigned long max)
{
	might_sleep();
	sim_sleep_ns(1000 * (min + sim_chance(max - min + 1)), "usleep");
}

/* Everything that runs in between is over when this returns. */
static void wait_until_ended(struct base *b, const void *t, const char *name)
{
	const struct sim_wait wait = { .kind = "the end of a", .name = name,
				       .holder = &b->fiber };

	while (b->running == t && sim_current != b->fiber) {
		sim_wait_prepare(&b->ended);
		if (b->running == t)
			sim_wait_block(&b->ended, &wait, SIM_NEVER);
	}
	sim_wait_end();
}

/* --- timers */
static void timer_fires(struct sim_event *ev)
{
	struct timer_list *t = container_of(ev, struct timer_list, ev);

	t->is_due = true;
	list_add_tail(&t->due, &timers.due);
	sim_wake(timers.fiber);
}

void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *), unsigned int flags)
{
	(void)flags;
	memset(t, 0, sizeof(*t));
	t->ev.place = -1;
	t->ev.fire = timer_fires;
	t->function = fn;
}

bool timer_pending(const struct timer_list *t)
{
	return t->is_due || t->ev.place >= 0;
}

static bool timer_detach(struct timer_list *t)
{
	bool was = timer_pending(t);

	if (t->is_due)
		list_del(&t->due);
	t->is_due = false;
	sim_event_cancel(&t->ev);
	return was;
}

int mod_timer(struct timer_list *t, unsigned long expires)
{
	long left = expires - jiffies;
	bool was;

	sim_point();
	if (!t->function)
		sim_bug("mod_timer() of a timer that was not set up", __FILE__, __LINE__);
	was = timer_detach(t);
	t->expires = expires;
	sim_event_at(&t->ev, sim_now + (left > 0 ? left : 0) * SIM_JIFFY + SIM_JIFFY / 2);
	return was;
}

int sim_timer_delete(struct timer_list *t)
{
	sim_point();
	return timer_detach(t);
}

int timer_delete_sync(struct timer_list *t)
{
	int was = 0;

	sim_point();
	do {
		was |= timer_detach(t);
		wait_until_ended(&timers, t, "timer");
	} while (timer_pending(t));
	return was;
}

static void run_timer(struct timer_list *t)
{
	void (*fn)(struct timer_list *) = t->function;

	list_del(&t->due);
	t->is_due = false;
	timers.running = t;
	sim_check_text(fn, "timer");
	local_bh_disable();
	fn(t);
	local_bh_enable();
	timers.running = NULL;
	wake_up(&timers.ended);
}

static void timer_softirq(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "timers", .bounded = true };

	(void)arg;
	for (;;) {
		while (list_empty(&timers.due))
			sim_block(&wait, SIM_NEVER);
		run_timer(list_first_entry(&timers.due, struct timer_list, due));
	}
}

/* --- hrtimers */
static void hrtimer_fires(struct sim_event *ev)
{
	struct hrtimer *t = container_of(ev, struct hrtimer, ev);

	t->is_due = true;
	list_add_tail(&t->due, &hrtimers.due);
	sim_wake(hrtimers.fiber);
}

void hrtimer_setup(struct hrtimer *t, enum hrtimer_restart (*fn)(struct hrtimer *),
		   int clock, enum hrtimer_mode mode)
{
	(void)clock;
	(void)mode;
	memset(t, 0, sizeof(*t));
	t->ev.place = -1;
	t->ev.fire = hrtimer_fires;
	t->function = fn;
}

bool hrtimer_active(const struct hrtimer *t)
{
	return t->is_due || t->ev.place >= 0 || hrtimers.running == t;
}

static bool hrtimer_detach(struct hrtimer *t)
{
	bool was = t->is_due || t->ev.place >= 0;

	if (t->is_due)
		list_del(&t->due);
	t->is_due = false;
	sim_event_cancel(&t->ev);
	return was;
}

void hrtimer_start(struct hrtimer *t, ktime_t delay, enum hrtimer_mode mode)
{
	(void)mode;
	sim_point();
	hrtimer_detach(t);
	sim_event_at(&t->ev, sim_now + delay);
}

int hrtimer_cancel(struct hrtimer *t)
{
	int was;

	sim_point();
	was = hrtimer_detach(t);
	wait_until_ended(&hrtimers, t, "hrtimer");
	return was;
}

static void hrtimer_interrupt(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "hrtimers", .bounded = true };
	struct hrtimer *t;

	(void)arg;
	for (;;) {
		while (list_empty(&hrtimers.due))
			sim_block(&wait, SIM_NEVER);
		t = list_first_entry(&hrtimers.due, struct hrtimer, due);
		list_del(&t->due);
		t->is_due = false;
		hrtimers.running = t;
		sim_check_text(t->function, "hrtimer");
		sim_current->atomic++;
		t->function(t);
		sim_current->atomic--;
		hrtimers.running = NULL;
		wake_up(&hrtimers.ended);
	}
}

/* Return: the timer that an alarm is, or NULL. */
struct timer_list *sim_timer_of(struct sim_event *ev)
{
	return ev->fire == timer_fires ? container_of(ev, struct timer_list, ev) : NULL;
}

static void refuse_text(struct sim_event *ev)
{
	if (sim_timer_of(ev))
		sim_refuse_text(sim_timer_of(ev)->function, "timer");
	if (ev->fire == hrtimer_fires)
		sim_refuse_text(container_of(ev, struct hrtimer, ev)->function, "hrtimer");
}

/* Armed timers; those that are due are looked at when they run. */
void sim_time_refuse_text(void)
{
	sim_each_event(refuse_text);
}

void sim_time_init(void)
{
	INIT_LIST_HEAD(&timers.due);
	INIT_LIST_HEAD(&hrtimers.due);
	init_waitqueue_head(&timers.ended);
	init_waitqueue_head(&hrtimers.ended);
	timers.fiber = sim_spawn("timers", SIM_SOFTIRQ, timer_softirq, NULL);
	hrtimers.fiber = sim_spawn("hrtimers", SIM_HARDIRQ, hrtimer_interrupt, NULL);
}
