/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Workqueues and the freezer.
 *
 * Follows include/linux/{workqueue,freezer}.h, kernel/workqueue.c (a work never
 * runs twice at a time, its pending bit is clear while it runs, a cancel in
 * progress refuses requeueing, freezable queues start nothing while frozen, and
 * lockdep's view of flushing) and kernel/power/process.c.  Leaves out
 * max_active, ordered and unbound attributes: a worker is there for each work.
 */
#ifndef SIM_WORK_H
#define SIM_WORK_H

#include <sim/time.h>

struct work_struct;
struct workqueue_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	work_func_t func;
	struct list_head entry;
	bool pending;
	unsigned int cancelling;
	struct workqueue_struct *wq;
	unsigned int seq;	/* of the last time it was queued */
};

struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq;
};

#define __WORK_INITIALIZER(n, f) { .func = (f), .entry = LIST_HEAD_INIT((n).entry) }
#define DECLARE_WORK(n, f)	struct work_struct n = __WORK_INITIALIZER(n, f)

void sim_work_init(struct work_struct *w, work_func_t f);
void sim_delayed_work_init(struct delayed_work *w, work_func_t f);
#define INIT_WORK(w, f)		sim_work_init(w, f)
#define INIT_DELAYED_WORK(w, f)	sim_delayed_work_init(w, f)
#define to_delayed_work(w)	container_of(w, struct delayed_work, work)

extern struct workqueue_struct *system_wq, *system_percpu_wq, *system_freezable_wq;

bool queue_work(struct workqueue_struct *wq, struct work_struct *w);
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *w,
			unsigned long delay);
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *w,
		      unsigned long delay);
bool flush_work(struct work_struct *w);
bool cancel_work_sync(struct work_struct *w);
bool cancel_delayed_work(struct delayed_work *w);
bool cancel_delayed_work_sync(struct delayed_work *w);
#define work_pending(w)		((w)->pending)
#define delayed_work_pending(w)	work_pending(&(w)->work)
#define schedule_work(w)	queue_work(system_percpu_wq, w)
#define schedule_delayed_work(w, d) queue_delayed_work(system_percpu_wq, w, d)

bool try_to_freeze(void);
int freeze_processes(void);
int freeze_kernel_threads(void);
void thaw_processes(void);

/* work.c */
void sim_works_refuse_text(void);
bool sim_works_quiet(char *what, size_t size);

#endif
