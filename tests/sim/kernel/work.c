// SPDX-License-Identifier: GPL-2.0
/*
 * Workqueues and the freezer.
 *
 * Follows kernel/workqueue.c and kernel/power/process.c, see work.h.  A worker
 * is a fiber that takes any work whose last run is over; there are as many as
 * it takes.
 */
#include <sim/dev.h>

#define WORKERS		48
#define FREEZE_LIMIT	(20 * SIM_S)

struct workqueue_struct {
	const char *name;
	bool freezable;
	struct list_head works;
};

struct worker {
	struct sim_fiber *fiber;
	struct work_struct *running;
	work_func_t func;
	struct workqueue_struct *wq;
	bool idle;
};

static struct workqueue_struct percpu = { "system_percpu_wq", false, LIST_HEAD_INIT(percpu.works) };
static struct workqueue_struct freezable = { "system_freezable_wq", true, LIST_HEAD_INIT(freezable.works) };
struct workqueue_struct *system_wq = &percpu, *system_percpu_wq = &percpu;
struct workqueue_struct *system_freezable_wq = &freezable;

static struct worker workers[WORKERS];
static unsigned int nr_workers;
static wait_queue_head_t ended = { LIST_HEAD_INIT(ended.waiting), "the end of a work" };
static bool freezing, works_frozen;
static wait_queue_head_t thaw = { LIST_HEAD_INIT(thaw.waiting), "thaw" };

static struct worker *runs(const struct work_struct *w)
{
	unsigned int i;

	for (i = 0; i < nr_workers; i++)
		if (workers[i].running == w)
			return &workers[i];
	return NULL;
}

static struct work_struct *next_in(struct workqueue_struct *wq)
{
	struct work_struct *w;

	if (wq->freezable && works_frozen)
		return NULL;
	list_for_each_entry(w, &wq->works, entry)
		if (!runs(w))
			return w;
	return NULL;
}

static struct sim_class *work_class(work_func_t fn)
{
	return sim_class_of(fn, "(a work)");
}

static void run_work(struct worker *me, struct work_struct *w)
{
	work_func_t fn = w->func;

	list_del_init(&w->entry);
	me->wq = w->wq;
	me->running = w;
	me->func = fn;
	w->pending = false;
	sim_check_text(fn, "work");
	sim_acquire(work_class(fn), me, false);
	sim_point();
	fn(w);
	sim_release(me);
	if (sim_current->atomic || sim_current->nr_held)
		sim_fail("atomic", "a work returned with %u locks, %u deep in atomic context",
			 sim_current->nr_held, sim_current->atomic);
	me->running = NULL;
	wake_up(&ended);
}

static void worker_main(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "a worker", .bounded = true };
	struct worker *me = arg;
	struct work_struct *w;

	for (;;) {
		w = next_in(&percpu) ?: next_in(&freezable);
		if (w) {
			run_work(me, w);
			continue;
		}
		me->idle = true;
		sim_block(&wait, SIM_NEVER);
		me->idle = false;
	}
}

/* Somebody has to run what is there: an idle worker, or one more. */
static void kick_workers(void)
{
	struct worker *me;
	unsigned int i;
	char name[16];

	for (i = 0; i < nr_workers; i++)
		if (workers[i].idle) {
			workers[i].idle = false;
			sim_wake(workers[i].fiber);
			return;
		}
	if (nr_workers == WORKERS)
		sim_fail("simulator", "more than %d works run", WORKERS);
	me = &workers[nr_workers++];
	snprintf(name, sizeof(name), "worker/%u", nr_workers);
	me->fiber = sim_spawn(name, SIM_TASK, worker_main, me);
}

static void insert(struct workqueue_struct *wq, struct work_struct *w)
{
	w->wq = wq;
	w->seq++;
	list_add_tail(&w->entry, &wq->works);
	kick_workers();
}

static void delayed_timer(struct timer_list *t)
{
	struct delayed_work *w = container_of(t, struct delayed_work, timer);

	insert(w->wq, &w->work);
}

void sim_work_init(struct work_struct *w, work_func_t f)
{
	memset(w, 0, sizeof(*w));
	INIT_LIST_HEAD(&w->entry);
	w->func = f;
}

void sim_delayed_work_init(struct delayed_work *w, work_func_t f)
{
	sim_work_init(&w->work, f);
	timer_setup(&w->timer, delayed_timer, 0);
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *w)
{
	sim_point();
	if (w->pending || w->cancelling)
		return false;
	w->pending = true;
	insert(wq, w);
	return true;
}

static void start_delay(struct workqueue_struct *wq, struct delayed_work *w,
			unsigned long delay)
{
	w->wq = wq;
	w->work.pending = true;
	if (delay)
		mod_timer(&w->timer, jiffies + delay);
	else
		insert(wq, &w->work);
}

bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *w,
			unsigned long delay)
{
	sim_point();
	if (w->work.pending || w->work.cancelling)
		return false;
	start_delay(wq, w, delay);
	return true;
}

/* Takes a pending work back.  Return: true if it was. */
static bool grab(struct work_struct *w, struct timer_list *timer)
{
	if (!w->pending)
		return false;
	if (timer)
		timer_delete(timer);
	/* It may have begun meanwhile. */
	if (!w->pending)
		return false;
	list_del_init(&w->entry);
	w->pending = false;
	return true;
}

bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *w,
		      unsigned long delay)
{
	bool was;

	sim_point();
	if (w->work.cancelling)
		return false;
	was = grab(&w->work, &w->timer);
	if (w->work.pending)
		return true;
	start_delay(wq, w, delay);
	return was;
}

static void wait_for_run(struct work_struct *w)
{
	struct worker *who = runs(w);
	struct sim_wait wait = { .kind = "the end of", .name = "a work" };

	if (!who)
		return;
	wait.holder = &who->fiber;
	while (runs(w)) {
		sim_wait_prepare(&ended);
		if (runs(w))
			sim_wait_block(&ended, &wait, SIM_NEVER);
	}
	sim_wait_end();
}

/* As lockdep has it: who flushes takes, for a moment, what the work is run under. */
static void check_flush(struct work_struct *w)
{
	might_sleep();
	if (!w->func)
		sim_bug("flush of a work that was not set up", __FILE__, __LINE__);
	sim_acquire(work_class(w->func), w, false);
	sim_release(w);
}

bool flush_work(struct work_struct *w)
{
	const struct sim_wait wait = { .kind = "the end of", .name = "a work that is queued" };
	unsigned int seq;
	bool was;

	check_flush(w);
	sim_point();
	seq = w->seq;
	was = !list_empty(&w->entry) || runs(w);
	while (!list_empty(&w->entry) && w->seq == seq) {
		sim_wait_prepare(&ended);
		if (!list_empty(&w->entry) && w->seq == seq)
			sim_wait_block(&ended, &wait, sim_now + 1 * SIM_MS);
	}
	sim_wait_end();
	wait_for_run(w);
	return was;
}

static bool cancel_sync(struct work_struct *w, struct timer_list *timer)
{
	bool was;

	check_flush(w);
	sim_point();
	w->cancelling++;
	was = grab(w, timer);
	wait_for_run(w);
	/* A timer's callback may have been on its way. */
	while (w->pending) {
		grab(w, timer);
		if (w->pending)
			sim_sleep_ns(1000, "a delayed work's timer");
		wait_for_run(w);
	}
	w->cancelling--;
	return was;
}

bool cancel_work_sync(struct work_struct *w)
{
	return cancel_sync(w, NULL);
}

bool cancel_delayed_work(struct delayed_work *w)
{
	sim_point();
	return grab(&w->work, &w->timer);
}

bool cancel_delayed_work_sync(struct delayed_work *w)
{
	return cancel_sync(&w->work, &w->timer);
}

/* --- the freezer */
bool try_to_freeze(void)
{
	struct sim_fiber *f = sim_current;

	might_sleep();
	if (!freezing || !f->freezable)
		return false;
	f->frozen = true;
	sim_wait_event(&thaw, !freezing, SIM_NEVER, true);
	f->frozen = false;
	return true;
}

static void count_unfrozen(struct sim_fiber *f, void *arg)
{
	/* Who sleeps in user space is frozen there. */
	if (f->freezable && !f->frozen &&
	    !(f->state == SIM_WAITING && !strcmp(f->wait.kind, "user")))
		(*(unsigned int *)arg)++;
}

int freeze_processes(void)
{
	u64 limit = sim_now + FREEZE_LIMIT;
	unsigned int left;

	freezing = true;
	for (;;) {
		left = 0;
		sim_each_fiber(count_unfrozen, &left);
		if (!left)
			return 0;
		if (sim_now > limit) {
			thaw_processes();
			return -EBUSY;
		}
		sim_sleep_ns(1 * SIM_MS, "tasks to freeze");
	}
}

int freeze_kernel_threads(void)
{
	u64 limit = sim_now + FREEZE_LIMIT;
	unsigned int i;
	bool busy;

	works_frozen = true;
	do {
		busy = false;
		for (i = 0; i < nr_workers; i++)
			busy |= workers[i].running && workers[i].wq->freezable;
		if (busy)
			sim_sleep_ns(1 * SIM_MS, "works to freeze");
	} while (busy && sim_now < limit);
	if (!busy)
		return 0;
	thaw_processes();
	return -EBUSY;
}

void thaw_processes(void)
{
	struct work_struct *w;

	works_frozen = false;
	freezing = false;
	list_for_each_entry(w, &freezable.works, entry)
		kick_workers();
	wake_up(&thaw);
}

static void refuse_delayed(struct sim_event *ev)
{
	struct timer_list *t = sim_timer_of(ev);

	if (t && t->function == delayed_timer)
		sim_refuse_text(container_of(t, struct delayed_work, timer)->work.func,
				"delayed work");
}

void sim_works_refuse_text(void)
{
	struct workqueue_struct *wq[] = { &percpu, &freezable };
	struct work_struct *w;
	unsigned int i;

	for (i = 0; i < nr_workers; i++)
		if (workers[i].running)
			sim_refuse_text(workers[i].func, "work");
	for (i = 0; i < ARRAY_SIZE(wq); i++)
		list_for_each_entry(w, &wq[i]->works, entry)
			sim_refuse_text(w->func, "work");
	sim_each_event(refuse_delayed);
}

/* Return: true if no work of a module is queued or runs; else @what says which. */
bool sim_works_quiet(char *what, size_t size)
{
	struct workqueue_struct *wq[] = { &percpu, &freezable };
	unsigned int i;

	for (i = 0; i < nr_workers; i++)
		if (workers[i].running) {
			snprintf(what, size, "%s runs a work", workers[i].fiber->name);
			return false;
		}
	for (i = 0; i < ARRAY_SIZE(wq); i++)
		if (!list_empty(&wq[i]->works)) {
			snprintf(what, size, "a work is queued on %s", wq[i]->name);
			return false;
		}
	return true;
}
