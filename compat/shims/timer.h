/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/timer.h> */
#ifndef XNF_SHIM_TIMER_H
#define XNF_SHIM_TIMER_H

#include <linux/hrtimer.h>
#include <linux/timer.h>

#if !XNF_HAS_timer_setup
/* The old callback gets a number: let it be the timer's address. */
#define timer_setup(timer, callback, flags) do {			\
	void (*__callback)(struct timer_list *) = (callback);		\
									\
	BUILD_BUG_ON(flags);						\
	setup_timer(timer, (void (*)(unsigned long))__callback,		\
		    (unsigned long)(timer));				\
} while (0)
#endif

#if !XNF_HAS_timer_container_of
#define timer_container_of(var, callback_timer, timer_fieldname) \
	container_of(callback_timer, typeof(*var), timer_fieldname)
#endif

#if !XNF_HAS_timer_delete_sync
static inline int timer_delete_sync(struct timer_list *timer)
{
	return del_timer_sync(timer);
}
#endif

#if !XNF_HAS_hrtimer_setup
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif
