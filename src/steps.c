// SPDX-License-Identifier: GPL-2.0
/*
 * Steps: events are fed into the handshake, what it decides is carried out,
 * and what it wants later is kept: delays, resets, the carrier's patience.
 *
 * Locking: rtnl and info->lock, in this order, around each step and its
 * actions: xnf_lock().  Steps come from the xenbus watch thread (backend
 * changes, resume), from workqueues (delays, resets), from whoever unbinds the
 * driver and, for what an admin wants of a connection, from ethtool and ndo
 * callbacks, which hold rtnl already: xnf_renew_now().
 *
 * Invariants: a step waits for no backend.  After xnf_steps_stop() no work of
 * this file runs or is armed, but for resets that the interface asks for while
 * it is there: xnf_steps_stop_resets().
 */
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/sch_generic.h>

#include "xnf.h"
#include "trace.h"

#define RESET_INTERVAL		HZ
/* As long as a backend gets on within this, it is worth no loss of carrier. */
#define HOLD_INTERVAL		(3 * HZ)
/* Between two looks at a backend that somebody waits for: an eighth of the wait. */
#define POLL_PART		8u
#define POLL_LEAST_MS		2u
#define POLL_MOST_MS		50u

static enum xnf_xs steps_read_backend(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;

	/* The bus forgets the backend when a probe fails, and over some sleeps. */
	if (!xdev->otherend)
		return XNF_XS_UNKNOWN;
	return (enum xnf_xs)xenbus_read_driver_state(xdev, xdev->otherend);
}

/**
 * xnf_pause_poll() - sleep between two looks at a backend
 * @begun: jiffies when the wait for it began: the longer, the longer the sleep
 *
 * Context: process, no lock of ours.
 */
void xnf_pause_poll(unsigned long begun)
{
	unsigned int ms = clamp(jiffies_to_msecs(jiffies - begun) / POLL_PART,
				POLL_LEAST_MS, POLL_MOST_MS);

	usleep_range(ms * 1000, ms * 1250);
}

/**
 * xnf_lock() - what each step is done under: rtnl, then info->lock
 * @info: device
 *
 * rtnl comes first, since an admin's wish arrives with it.
 *
 * Context: process.
 */
void xnf_lock(struct xnf_info *info)
{
	rtnl_lock();
	mutex_lock(&info->lock);
	info->stepping = true;
}

/**
 * xnf_unlock() - undo xnf_lock()
 * @info: device
 */
void xnf_unlock(struct xnf_info *info)
{
	info->stepping = false;
	mutex_unlock(&info->lock);
	rtnl_unlock();
}

/*
 * Looks at the backend right after, for its answer may be there by now, while
 * the watch that tells waits behind one event for each key that was written.
 */
static void steps_connect(struct xnf_info *info)
{
	int err = xnf_connect(info);

	info->connect_error = err;
	xnf_step(info, err ? XNF_EV_CONNECT_FAILED : XNF_EV_CONNECTED);
	if (!err)
		xnf_step(info, XNF_EV_BACKEND);
}

static void steps_end_outage(struct xnf_info *info)
{
	u64 since = info->down_since;

	if (since)
		info->last_outage_ms = div_u64(ktime_to_ns(ktime_get()) - since,
					       NSEC_PER_MSEC);
	info->down_since = 0;
}

/*
 * Tells the neighbours where we are, once the link watch has put the queueing
 * discipline back: what is sent before that is lost without a trace.  Where
 * the carrier was left on, that is at once.  Under rtnl.
 */
static void steps_announce(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;

	if (!netif_carrier_ok(dev))
		return;
	if (test_bit(__LINK_STATE_LINKWATCH_PENDING, &dev->state) &&
	    qdisc_tx_is_noop(dev)) {
		mod_delayed_work(system_percpu_wq, &info->announce_work, 1);
		return;
	}
	trace_xnf_announce(dev->name, "gratuitous ARP and unsolicited NA");
	__netdev_notify_peers(dev);
}

/*
 * Events of a backend that flaps pile up in a slow guest, and each asks for a
 * retry: they must not put off the one that is under way.  A @fresh start
 * goes by its own delay, not by what is left of the budget for closing.
 */
static void steps_retry_later(struct xnf_info *info, bool fresh)
{
	unsigned long delay = msecs_to_jiffies(info->hs.retry_ms);

	if (fresh || !delayed_work_pending(&info->hs_work) ||
	    time_before(jiffies + delay, info->hs_work.timer.expires))
		mod_delayed_work(system_freezable_wq, &info->hs_work, delay);
}

static void steps_wait_for_backend(struct xnf_info *info)
{
	mod_delayed_work(system_freezable_wq, &info->hs_work,
			 msecs_to_jiffies(xnf_close_timeout()));
}

/**
 * xnf_limit_tx_hold() - a carrier that was left on goes off if nothing moves
 * @info: device
 *
 * Not on the way out: nobody would wait for the work, and the module goes.
 *
 * Context: process, within xnf_lock().
 */
void xnf_limit_tx_hold(struct xnf_info *info)
{
	if (READ_ONCE(info->tx_held) && !info->removing)
		mod_delayed_work(system_percpu_wq, &info->announce_work,
				 HOLD_INTERVAL);
}

static void steps_complain(struct xnf_info *info, bool gives_up)
{
	struct xenbus_device *xdev = info->xdev;

	if (gives_up) {
		dev_err(&xdev->dev, "backend %s did not close within %u ms (its state is %d): giving up; pages that it still maps stay allocated\n",
			xdev->otherend, xnf_close_timeout(), steps_read_backend(info));
		return;
	}
	if (info->close_overdue)
		return;
	info->close_overdue = true;
	dev_warn(&xdev->dev, "backend %s has not closed within %u ms (its state is %d): it hangs, or its domain still holds packets of ours; the interface is down until it lets go\n",
		 xdev->otherend, xnf_close_timeout(), steps_read_backend(info));
}

/*
 * Carries out the actions of one step, in the order of their bits.
 *
 * Work that steps is freezable: one that straddled a migration would claim
 * rings of the old host towards the new one.
 */
static void steps_act(struct xnf_info *info, unsigned int todo)
{
	if (todo & XNF_DO_HOLD)
		xnf_hold_tx(info);
	if (todo & XNF_DO_QUIESCE)
		xnf_quiesce(info, info->resuming || READ_ONCE(info->tx_held));
	if (todo & (XNF_DO_HOLD | XNF_DO_QUIESCE))
		xnf_limit_tx_hold(info);
	if (todo & XNF_DO_CLOSING)
		xnf_write_state(info, XenbusStateClosing);
	/*
	 * Nobody is told of our Closed but the backend: xdev->down belongs to
	 * a shutdown of the guest, when the bus does not call us at all, and
	 * it would not wait for a device that was ever completed before.
	 */
	if (todo & XNF_DO_CLOSED)
		xnf_write_state(info, XenbusStateClosed);
	if (todo & XNF_DO_COMPLAIN)
		steps_complain(info, todo & XNF_DO_RELEASE);
	if (todo & XNF_DO_RELEASE) {
		xnf_release(info);
		info->close_overdue = false;
	}
	if (todo & XNF_DO_INITIALISING)
		xnf_write_state(info, XenbusStateInitialising);
	if (todo & XNF_DO_CONNECT)
		steps_connect(info);
	if (todo & XNF_DO_ANNOUNCE) {
		steps_end_outage(info);
		xnf_link_update(info);
		/* It may wait to give up, see xnf_resume(). */
		cancel_delayed_work(&info->announce_work);
		steps_announce(info);
		if (xnf_follow(info))
			steps_announce(info);
		xnf_free_old(info);
		xnf_fill_rings(info);
		xnf_rss_connected(info);
		xnf_mcast_connected(info);
		xnf_link_look(info);
	}
	if (info->removing)
		return;		/* xnf_remove() keeps the time itself */
	if (todo & XNF_DO_WAIT)
		steps_wait_for_backend(info);
	if (todo & XNF_DO_RETRY)
		steps_retry_later(info, todo & XNF_DO_RELEASE);
	if (todo & XNF_DO_LOOK)
		xnf_step(info, XNF_EV_BACKEND);
}

static void steps_note_backend(struct xnf_info *info, enum xnf_xs backend)
{
	if (backend == info->backend_state)
		return;
	trace_xnf_state(info->netdev->name, "backend", info->xdev->otherend,
			info->backend_state, backend);
	info->backend_state = backend;
}

static bool steps_state_is_written(const struct xnf_info *info)
{
	return (enum xnf_xs)info->written_state == info->hs.own;
}

/*
 * Writes a state that could not be written when it was due, because memory or
 * xenstore was short.  The backend has seen nothing of it, so what time it has
 * begins now.
 */
static enum xnf_hs_event steps_write_again(struct xnf_info *info,
					   enum xnf_hs_event event)
{
	xnf_write_state(info, (enum xenbus_state)info->hs.own);
	if (event != XNF_EV_TIMEOUT || info->removing ||
	    !steps_state_is_written(info))
		return event;
	steps_wait_for_backend(info);
	return XNF_EV_BACKEND;
}

/**
 * xnf_step() - feed one event to the handshake and act
 * @info: device
 * @event: event
 *
 * Context: process, within xnf_lock(), or rtnl and info->lock.
 */
void xnf_step(struct xnf_info *info, enum xnf_hs_event event)
{
	enum xnf_xs backend = XNF_XS_UNKNOWN;
	unsigned int online = 1, todo;

	ASSERT_RTNL();
	lockdep_assert_held(&info->lock);
	if (event == XNF_EV_BACKEND || event == XNF_EV_TIMEOUT) {
		if (unlikely(!steps_state_is_written(info)))
			event = steps_write_again(info, event);
		backend = steps_read_backend(info);
		steps_note_backend(info, backend);
		if (xnf_hs_needs_online(&info->hs, backend))
			online = xnf_read_online(info->xdev);
	}
	todo = xnf_hs_step(&info->hs, event, backend, online);
	trace_xnf_handshake(info->xdev->nodename, event, backend,
			    info->hs.phase, info->hs.own, todo);
	steps_act(info, todo);
	if (unlikely(!steps_state_is_written(info)) && !info->removing &&
	    !info->resuming &&
	    !delayed_work_pending(&info->hs_work))
		queue_delayed_work(system_freezable_wq, &info->hs_work,
				   msecs_to_jiffies(XNF_HS_RETRY_MIN_MS));
}

/**
 * xnf_run_step() - feed one event to the handshake and act
 * @info: device
 * @event: event
 *
 * Context: process; takes rtnl and info->lock.
 */
void xnf_run_step(struct xnf_info *info, enum xnf_hs_event event)
{
	xnf_lock(info);
	xnf_step(info, event);
	xnf_unlock(info);
}

static void steps_timeout_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, hs_work);

	xnf_run_step(info, XNF_EV_TIMEOUT);
}

/**
 * xnf_renew() - leave the present rings
 * @info: device
 * @event: XNF_EV_RESET if they cannot be trusted, XNF_EV_RENEW if they can
 * @why: for the trace
 *
 * Context: process, within xnf_lock().
 */
void xnf_renew(struct xnf_info *info, enum xnf_hs_event event, const char *why)
{
	WRITE_ONCE(info->last_reset, jiffies);
	info->resets++;
	trace_xnf_reset(info->netdev->name, why);
	/* A removal before the next connection could not tell it. */
	xnf_rss_forget(info);
	xnf_step(info, event);
}

static void steps_reset_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, reset_work);

	xnf_lock(info);
	xnf_renew(info, xchg(&info->reset_for_fault, false) ? XNF_EV_RESET :
							      XNF_EV_RENEW,
		  READ_ONCE(info->reset_reason));
	xnf_unlock(info);
}

/**
 * xnf_pause_steps() - sleep between two steps; others may step or remove
 * @info: device
 * @begun: jiffies when the wait began
 *
 * Context: process, within xnf_lock(); gives info->lock up for a while.
 */
void xnf_pause_steps(struct xnf_info *info, unsigned long begun)
{
	lockdep_assert_held(&info->lock);
	info->stepping = false;
	mutex_unlock(&info->lock);
	xnf_pause_poll(begun);
	mutex_lock(&info->lock);
	info->stepping = true;
}

/* Steps until a connection later than the @before-th is in use, or cannot be. */
static int steps_wait_for_connection(struct xnf_info *info, u64 before,
				     unsigned long limit)
{
	unsigned long begun = jiffies;

	for (;;) {
		bool up = info->hs.phase == XNF_HS_UP &&
			  info->connects != before;

		if (info->removing)
			return -ENODEV;
		if (up && info->hs.announced)
			return 0;
		if (info->hs.phase == XNF_HS_DOWN && info->connect_error)
			return info->connect_error;
		/* Rings that nobody serves yet are as they were asked for. */
		if (time_after(jiffies, begun + limit))
			return up ? 0 : -ETIMEDOUT;
		xnf_pause_steps(info, begun);
		xnf_step(info, XNF_EV_BACKEND);
	}
}

/**
 * xnf_renew_now() - get other rings, and wait until they are in use
 * @info: device; the present rings, if there are any, work
 * @why: for the trace
 * @limit: jiffies to wait for them at most
 *
 * For what an admin asks and a connection has to be made anew for.  The caller
 * holds rtnl, so nobody else can step, and this does it.  Without a backend to
 * connect to there is nothing to wait for: the next connection is as asked.
 * Within a step, as when features change with a connection, it is left to a
 * work.
 *
 * Return: 0; -ETIMEDOUT if the backend did not let go of the old rings or did
 * not take up new ones in time; -ENODEV if the device is being removed; or why
 * connecting failed.
 * Context: process, rtnl; sleeps @limit at most, and as long as a request of
 * ctrl.c may take.
 */
int xnf_renew_now(struct xnf_info *info, const char *why, unsigned long limit)
{
	u64 before;
	int err = 0;

	ASSERT_RTNL();
	if (info->stepping) {
		xnf_schedule_renewal(info, why);
		return 0;
	}
	mutex_lock(&info->lock);
	info->stepping = true;
	before = info->connects;
	if (info->removing) {
		err = -ENODEV;
	} else if (info->hs.phase != XNF_HS_DOWN) {
		xnf_renew(info, XNF_EV_RENEW, why);
		err = steps_wait_for_connection(info, before, limit);
	}
	info->stepping = false;
	mutex_unlock(&info->lock);
	return err;
}

/**
 * xnf_schedule_renewal() - get other rings soon; the present ones work
 * @info: device
 * @why: for the trace
 *
 * At most one a second, with the resets, so that a hostile backend costs
 * little.
 *
 * Context: any.
 */
void xnf_schedule_renewal(struct xnf_info *info, const char *why)
{
	unsigned long next = READ_ONCE(info->last_reset) + RESET_INTERVAL;
	unsigned long delay = 0;

	if (READ_ONCE(info->removing))
		return;
	if (time_before(jiffies, next))
		delay = next - jiffies;
	WRITE_ONCE(info->reset_reason, why);
	queue_delayed_work(system_freezable_wq, &info->reset_work, delay);
}

/**
 * xnf_schedule_reset() - get new rings soon: something is wrong with these
 * @info: device
 * @why: for the trace
 *
 * Context: any.
 */
void xnf_schedule_reset(struct xnf_info *info, const char *why)
{
	WRITE_ONCE(info->reset_for_fault, true);
	xnf_schedule_renewal(info, why);
}

/* Also gives up on a backend that took too long, see xnf_limit_tx_hold(). */
static void steps_announce_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, announce_work);

	rtnl_lock();
	if (info->tx_held)
		xnf_carrier_lost(info);
	else
		steps_announce(info);
	rtnl_unlock();
}

static void steps_check_states(void)
{
	BUILD_BUG_ON(XNF_XS_UNKNOWN != (int)XenbusStateUnknown);
	BUILD_BUG_ON(XNF_XS_INITIALISING != (int)XenbusStateInitialising);
	BUILD_BUG_ON(XNF_XS_INITWAIT != (int)XenbusStateInitWait);
	BUILD_BUG_ON(XNF_XS_CONNECTED != (int)XenbusStateConnected);
	BUILD_BUG_ON(XNF_XS_CLOSING != (int)XenbusStateClosing);
	BUILD_BUG_ON(XNF_XS_CLOSED != (int)XenbusStateClosed);
	BUILD_BUG_ON(XNF_XS_RECONFIGURED != (int)XenbusStateReconfigured);
}

/**
 * xnf_steps_init() - before the first step of a device
 * @info: device
 */
void xnf_steps_init(struct xnf_info *info)
{
	steps_check_states();
	mutex_init(&info->lock);
	INIT_DELAYED_WORK(&info->hs_work, steps_timeout_work);
	INIT_DELAYED_WORK(&info->reset_work, steps_reset_work);
	INIT_DELAYED_WORK(&info->announce_work, steps_announce_work);
	info->last_reset = jiffies - RESET_INTERVAL;
	info->written_state = info->xdev->state;
	xnf_hs_init(&info->hs, (enum xnf_xs)info->written_state);
}

/**
 * xnf_steps_stop_resets() - no reset is made, nor waits to be made
 * @info: device; it is being removed
 *
 * Context: process, neither rtnl nor info->lock.
 */
void xnf_steps_stop_resets(struct xnf_info *info)
{
	cancel_delayed_work_sync(&info->reset_work);
}

/**
 * xnf_steps_stop() - from here on whoever removes the device steps alone
 * @info: device
 *
 * Context: process, neither rtnl nor info->lock.
 */
void xnf_steps_stop(struct xnf_info *info)
{
	mutex_lock(&info->lock);
	WRITE_ONCE(info->removing, true);
	mutex_unlock(&info->lock);
	xnf_steps_stop_resets(info);
	cancel_delayed_work_sync(&info->hs_work);
	cancel_delayed_work_sync(&info->announce_work);
}
