// SPDX-License-Identifier: GPL-2.0
/*
 * Module and xenbus driver: probe, remove, resume, and the loop that feeds
 * events to the handshake and carries out what it decides.
 *
 * Locking: rtnl and info->lock, in this order, around each step and its
 * actions: xnf_lock().  Steps come from the xenbus watch thread (backend
 * changes, resume), from workqueues (delays, resets), from whoever unbinds the
 * driver and, for what an admin wants of a connection, from ethtool and ndo
 * callbacks, which hold rtnl already: xnf_renew_now().
 *
 * Invariants: probe never waits for the backend; remove waits at most
 * close_timeout_ms.  Neither needs the watch thread to get on, nor do works
 * that they wait for: it may be waiting for them, see the list in xnf.h.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/trace_events.h>
#include <net/sch_generic.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "xnf.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define QUEUES_DEFAULT_MAX	8u
#define QUEUES_MAX		64u
#define CLOSE_TIMEOUT_DEFAULT	10000u
#define CLOSE_TIMEOUT_MIN	100u
/* Tasks are frozen for a migration within 20 s, so waits must be shorter. */
#define CLOSE_TIMEOUT_MAX	15000u
#define RESET_INTERVAL		HZ
/* As long as a backend gets on within this, it is worth no loss of carrier. */
#define HOLD_INTERVAL		(3 * HZ)
/* Between two looks at a backend that somebody waits for: an eighth of the wait. */
#define POLL_PART		8u
#define POLL_LEAST_MS		2u
#define POLL_MOST_MS		50u
/* Between looks, doubled each time. */
#define RESUME_PAUSE_US		50u
#define RESUME_LOOKS		6u

static unsigned int xnf_max_queues;
module_param_named(max_queues, xnf_max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues,
		 "most queues of an interface, 1-64 (default 0: one a CPU, at most 8)");

bool xnf_trusted = true;
module_param_named(trusted, xnf_trusted, bool, 0644);
MODULE_PARM_DESC(trusted,
		 "0: show the backend nothing but packets (default 1)");

static unsigned int xnf_close_timeout_ms = CLOSE_TIMEOUT_DEFAULT;
module_param_named(close_timeout_ms, xnf_close_timeout_ms, uint, 0644);
MODULE_PARM_DESC(close_timeout_ms,
		 "longest wait, when the driver goes, for a backend that does not let go, 100-15000 (default 10000)");

static bool trace;
module_param(trace, bool, 0444);
MODULE_PARM_DESC(trace,
		 "1: switch the tracepoints on before the first device is taken (default 0)");

static const struct xenbus_device_id xnf_ids[] = {
	{ "vif" },
	{ "" }
};

/* The parameters may have been changed at run time to anything. */
static unsigned int max_queues(void)
{
	unsigned int max = READ_ONCE(xnf_max_queues);

	return max && max <= QUEUES_MAX ? max : min(QUEUES_DEFAULT_MAX,
						    num_online_cpus());
}

/* Used while the driver registers, see xnf_init(). */
static const struct xenbus_device_id xnf_no_ids[] = {
	{ "" }
};

static unsigned int close_timeout(void)
{
	return clamp(READ_ONCE(xnf_close_timeout_ms), CLOSE_TIMEOUT_MIN,
		     CLOSE_TIMEOUT_MAX);
}

static enum xnf_xs read_backend(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;

	/* The bus forgets the backend when a probe fails, and over some sleeps. */
	if (!xdev->otherend)
		return XNF_XS_UNKNOWN;
	return (enum xnf_xs)xenbus_read_driver_state(xdev, xdev->otherend);
}

static void step(struct xnf_info *info, enum xnf_hs_event event);

/* Sleeps for a while; longer, the longer it is since @begun. */
static void pause_poll(unsigned long begun)
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
static void do_connect(struct xnf_info *info)
{
	int err = xnf_connect(info);

	info->connect_error = err;
	step(info, err ? XNF_EV_CONNECT_FAILED : XNF_EV_CONNECTED);
	if (!err)
		step(info, XNF_EV_BACKEND);
}

static void end_outage(struct xnf_info *info)
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
 * the carrier was held, that is at once.  Under rtnl.
 */
static void announce(struct xnf_info *info)
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
static void retry_later(struct xnf_info *info, bool fresh)
{
	unsigned long delay = msecs_to_jiffies(info->hs.retry_ms);

	if (fresh || !delayed_work_pending(&info->hs_work) ||
	    time_before(jiffies + delay, info->hs_work.timer.expires))
		mod_delayed_work(system_freezable_wq, &info->hs_work, delay);
}

static void wait_for_backend(struct xnf_info *info)
{
	mod_delayed_work(system_freezable_wq, &info->hs_work,
			 msecs_to_jiffies(close_timeout()));
}

/* Not on the way out: nobody would wait for the work, and the module goes. */
static void limit_hold(struct xnf_info *info)
{
	if (READ_ONCE(info->held) && !info->removing)
		mod_delayed_work(system_percpu_wq, &info->announce_work,
				 HOLD_INTERVAL);
}

static void complain(struct xnf_info *info, bool gives_up)
{
	struct xenbus_device *xdev = info->xdev;

	if (gives_up) {
		dev_err(&xdev->dev, "backend %s did not close within %u ms (its state is %d): giving up; pages that it still maps stay allocated\n",
			xdev->otherend, close_timeout(), read_backend(info));
		return;
	}
	if (info->late)
		return;
	info->late = true;
	dev_warn(&xdev->dev, "backend %s has not closed within %u ms (its state is %d): it hangs, or its domain still holds packets of ours; the interface is down until it lets go\n",
		 xdev->otherend, close_timeout(), read_backend(info));
}

/*
 * Carries out the actions of one step, in the order of their bits.
 *
 * Work that steps is freezable: one that straddled a migration would claim
 * rings of the old host towards the new one.
 */
static void act(struct xnf_info *info, unsigned int todo)
{
	if (todo & XNF_DO_HOLD)
		xnf_hold(info);
	if (todo & XNF_DO_QUIESCE)
		xnf_quiesce(info, info->resuming || READ_ONCE(info->held));
	if (todo & (XNF_DO_HOLD | XNF_DO_QUIESCE))
		limit_hold(info);
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
		complain(info, todo & XNF_DO_RELEASE);
	if (todo & XNF_DO_RELEASE) {
		xnf_release(info);
		info->late = false;
	}
	if (todo & XNF_DO_INITIALISING)
		xnf_write_state(info, XenbusStateInitialising);
	if (todo & XNF_DO_CONNECT)
		do_connect(info);
	if (todo & XNF_DO_ANNOUNCE) {
		end_outage(info);
		xnf_link_update(info);
		/* It may wait to give up, see xnf_resume(). */
		cancel_delayed_work(&info->announce_work);
		announce(info);
		if (xnf_follow(info))
			announce(info);
		xnf_free_old(info);
		xnf_fill_rings(info);
		xnf_rss_connected(info);
		xnf_mcast_connected(info);
		xnf_link_look(info);
	}
	if (info->removing)
		return;		/* xnf_remove() keeps the time itself */
	if (todo & XNF_DO_WAIT)
		wait_for_backend(info);
	if (todo & XNF_DO_RETRY)
		retry_later(info, todo & XNF_DO_RELEASE);
	if (todo & XNF_DO_LOOK)
		step(info, XNF_EV_BACKEND);
}

static void note_backend(struct xnf_info *info, enum xnf_xs backend)
{
	if (backend == info->seen)
		return;
	trace_xnf_state(info->netdev->name, "backend", info->xdev->otherend,
			info->seen, backend);
	info->seen = backend;
}

static bool state_is_written(const struct xnf_info *info)
{
	return (enum xnf_xs)info->written == info->hs.own;
}

/*
 * Writes a state that could not be written when it was due, because memory or
 * xenstore was short.  The backend has seen nothing of it, so what time it has
 * begins now.
 */
static enum xnf_hs_event write_again(struct xnf_info *info,
				     enum xnf_hs_event event)
{
	xnf_write_state(info, (enum xenbus_state)info->hs.own);
	if (event != XNF_EV_TIMEOUT || info->removing || !state_is_written(info))
		return event;
	wait_for_backend(info);
	return XNF_EV_BACKEND;
}

static void step(struct xnf_info *info, enum xnf_hs_event event)
{
	enum xnf_xs backend = XNF_XS_UNKNOWN;
	unsigned int online = 1, todo;

	ASSERT_RTNL();
	lockdep_assert_held(&info->lock);
	if (event == XNF_EV_BACKEND || event == XNF_EV_TIMEOUT) {
		if (unlikely(!state_is_written(info)))
			event = write_again(info, event);
		backend = read_backend(info);
		note_backend(info, backend);
		if (xnf_hs_needs_online(&info->hs, backend))
			online = xnf_read_online(info->xdev);
	}
	todo = xnf_hs_step(&info->hs, event, backend, online);
	trace_xnf_handshake(info->xdev->nodename, event, backend,
			    info->hs.phase, info->hs.own, todo);
	act(info, todo);
	if (unlikely(!state_is_written(info)) && !info->removing && !info->resuming &&
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
	step(info, event);
	xnf_unlock(info);
}

static void hs_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, hs_work);

	xnf_run_step(info, XNF_EV_TIMEOUT);
}

static void renew(struct xnf_info *info, enum xnf_hs_event event,
		  const char *why)
{
	info->last_reset = jiffies;
	info->resets++;
	trace_xnf_reset(info->netdev->name, why);
	/* A removal before the next connection could not tell it. */
	xnf_rss_forget(info);
	step(info, event);
}

static void reset_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, reset_work);

	xnf_lock(info);
	renew(info, xchg(&info->broken, false) ? XNF_EV_RESET : XNF_EV_RENEW,
	      READ_ONCE(info->reset_why));
	xnf_unlock(info);
}

/* Between two steps of who holds info->lock: others may step or remove. */
static void pause_steps(struct xnf_info *info, unsigned long begun)
{
	info->stepping = false;
	mutex_unlock(&info->lock);
	pause_poll(begun);
	mutex_lock(&info->lock);
	info->stepping = true;
}

/* Steps until a connection later than the @before-th is in use, or cannot be. */
static int wait_for_connection(struct xnf_info *info, u64 before,
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
		pause_steps(info, begun);
		step(info, XNF_EV_BACKEND);
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
	if (info->hs.phase != XNF_HS_DOWN && !info->removing) {
		renew(info, XNF_EV_RENEW, why);
		err = wait_for_connection(info, before, limit);
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
	unsigned long next = info->last_reset + RESET_INTERVAL;
	unsigned long delay = 0;

	if (READ_ONCE(info->removing))
		return;
	if (time_before(jiffies, next))
		delay = next - jiffies;
	WRITE_ONCE(info->reset_why, why);
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
	WRITE_ONCE(info->broken, true);
	xnf_schedule_renewal(info, why);
}

/* Also gives up on a backend that took too long, see limit_hold(). */
static void announce_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, announce_work);

	rtnl_lock();
	if (info->held)
		xnf_carrier_lost(info);
	else
		announce(info);
	rtnl_unlock();
}

static void xnf_backend_changed(struct xenbus_device *xdev,
				enum xenbus_state backend)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);

	xnf_lock(info);
	step(info, XNF_EV_BACKEND);
	xnf_update_bus_state(info);
	xnf_unlock(info);
	xnf_link_remove_retired();
}

static void woke_work(struct work_struct *work);

static void info_init(struct xnf_info *info)
{
	mutex_init(&info->lock);
	INIT_DELAYED_WORK(&info->hs_work, hs_work);
	INIT_DELAYED_WORK(&info->reset_work, reset_work);
	INIT_DELAYED_WORK(&info->announce_work, announce_work);
	INIT_WORK(&info->woke_work, woke_work);
	xnf_ctrl_init(info);
	xnf_rss_init(info);
	xnf_mcast_init(info);
	xnf_link_init(info);
	info->last_reset = jiffies - RESET_INTERVAL;
	info->written = info->xdev->state;
	xnf_hs_init(&info->hs, (enum xnf_xs)info->written);
}

static void set_address(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;
	u8 mac[ETH_ALEN];

	if (xnf_read_mac(info->xdev, mac)) {
		eth_hw_addr_random(dev);
		dev_warn(&info->xdev->dev, "using random MAC address %pM\n",
			 dev->dev_addr);
	} else {
		eth_hw_addr_set(dev, mac);
		ether_addr_copy(info->store_mac, mac);
		ether_addr_copy(dev->perm_addr, mac);
	}
}

static int xnf_probe(struct xenbus_device *xdev,
		     const struct xenbus_device_id *id)
{
	struct net_device *dev;
	struct xnf_info *info;
	unsigned int mtu;
	int err;

	if (xnf_unloading())
		return -ENODEV;
	xnf_devices_clear(xdev);
	dev = xnf_netdev_alloc(xdev, max_queues());
	if (!dev)
		return -ENOMEM;
	info = netdev_priv(dev);
	info_init(info);
	dev_set_drvdata(&xdev->dev, info);
	set_address(info);
	mtu = xnf_read_mtu(xdev);
	if (mtu)
		dev->mtu = mtu;

	err = register_netdev(dev);
	if (err) {
		dev_err(&xdev->dev, "cannot register a network interface (error %d)\n",
			err);
		goto free_netdev;
	}
	/*
	 * The bus watches the backend as soon as this returns, and the watch
	 * fires at once: connecting is left to it.
	 */
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_add(info);
	trace_xnf_probe(dev->name, xdev->nodename);
	xnf_run_step(info, XNF_EV_PROBE);
	xnf_devices_add(info);
	return 0;

free_netdev:
	dev_set_drvdata(&xdev->dev, NULL);
	xnf_netdev_free(dev);
	return err;
}

/*
 * Steps until the handshake is over or the budget of the device is spent.
 *
 * Without a watch: the thread that would run its callback may wait for the
 * device_lock that our caller holds, because the toolstack removed the folder
 * meanwhile, and taking the watch away would wait for that thread.
 */
static void wait_until_gone(struct xnf_info *info, unsigned long deadline)
{
	unsigned long begun = jiffies;

	for (;;) {
		xnf_run_step(info, XNF_EV_BACKEND);
		if (info->hs.phase == XNF_HS_GONE)
			return;
		if (time_after_eq(jiffies, deadline)) {
			xnf_run_step(info, XNF_EV_TIMEOUT);
			return;
		}
		pause_poll(begun);
	}
}

static void stop_works(struct xnf_info *info)
{
	mutex_lock(&info->lock);
	WRITE_ONCE(info->removing, true);
	mutex_unlock(&info->lock);
	cancel_delayed_work_sync(&info->reset_work);
	cancel_delayed_work_sync(&info->hs_work);
	cancel_delayed_work_sync(&info->announce_work);
	cancel_work_sync(&info->woke_work);
	xnf_rss_stop(info);
	xnf_mcast_stop(info);
	xnf_link_stop(info);
}

/**
 * xnf_let_go() - let go of a device
 * @info: device, freed when this returns
 *
 * The interface goes while the backend closes, both take their time.  The
 * driver is registered without an owner, so nothing but this function stands
 * between the module's text and its end: when it returns, no work, timer,
 * interrupt or netdev operation of ours is left, and no watch but retired ones
 * (link.c).
 *
 * Context: process; the bus holds the device lock.
 */
void xnf_let_go(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;
	unsigned long deadline;

	deadline = jiffies + msecs_to_jiffies(close_timeout());
	xnf_devices_del(info);
	trace_xnf_remove(info->netdev->name, xdev->nodename);
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_remove(info);
	stop_works(info);
	xnf_run_step(info, XNF_EV_REMOVE);
	xnf_delete_keys(info);
	unregister_netdev(info->netdev);
	/* The interface may have asked for work until it was gone. */
	cancel_delayed_work_sync(&info->reset_work);
	xnf_mcast_stop(info);
	wait_until_gone(info, deadline);
	mutex_lock(&info->lock);
	xnf_update_bus_state(info);
	mutex_unlock(&info->lock);
	if (dev_get_drvdata(&xdev->dev) == info)
		dev_set_drvdata(&xdev->dev, NULL);
	xnf_netdev_free(info->netdev);
}

/**
 * xnf_remove() - the driver is unbound from a device
 * @xdev: device
 *
 * Context: process; the bus holds the device lock.
 */
void xnf_remove(struct xenbus_device *xdev)
{
	xnf_let_go(dev_get_drvdata(&xdev->dev));
}

/*
 * A backend needs a few ms to connect, and the look right after our own
 * Connected may be a moment too early.  The watch takes ten more.  So it is
 * looked again, soon at first, and after 3 ms for the last time.
 */
static void look_for_connected(struct xnf_info *info)
{
	unsigned int i;

	for (i = 0; i < RESUME_LOOKS; i++) {
		if (info->hs.phase != XNF_HS_UP || info->hs.announced)
			return;
		usleep_range(RESUME_PAUSE_US << i, 2 * RESUME_PAUSE_US << i);
		step(info, XNF_EV_BACKEND);
	}
}

/*
 * The device was made anew: the backend is another one.
 *
 * It is ready most of the time.  Then the carrier stays on: going off and on
 * it would take the queueing discipline and its packets away, and two grace
 * periods under rtnl out of the time until packets flow again.
 */
static void resume(struct xnf_info *info, enum xnf_xs node)
{
	info->migrations++;
	trace_xnf_resume(info->netdev->name, info->xdev->nodename);
	info->resuming = true;
	step(info, XNF_EV_RESUME);
	info->resuming = false;
	if (node != XNF_XS_INITIALISING)
		xnf_write_state(info, XenbusStateInitialising);
	/* The new backend is there before the guest runs: no need to wait for the watch. */
	step(info, XNF_EV_BACKEND);
	look_for_connected(info);
	if (info->hs.phase != XNF_HS_UP)
		xnf_free_old(info);
	limit_hold(info);
}

/* What happened while the guest slept, and what our node says now. */
static enum xnf_hs_event look_back(struct xnf_info *info, enum xnf_xs *node)
{
	struct xenbus_device *xdev = info->xdev;

	*node = (enum xnf_xs)xenbus_read_driver_state(xdev, xdev->nodename);
	return xnf_hs_woke(&info->hs, *node, *node != info->hs.own ||
			   xnf_is_published(info));
}

static void leave_stale_rings(struct xnf_info *info)
{
	netdev_warn(info->netdev, "the backend is on other rings than ours: connecting anew\n");
	renew(info, XNF_EV_RESET, "backend on other rings");
}

/*
 * After a sleep that the bus may not have told us of.  If it has not, nobody
 * made the device anew, and what our node says is for the watches to act on.
 */
static void woke_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(work, struct xnf_info, woke_work);
	enum xnf_xs node;

	xnf_lock(info);
	if (!info->removing && info->hs.phase == XNF_HS_UP &&
	    look_back(info, &node) == XNF_EV_RESET)
		leave_stale_rings(info);
	xnf_unlock(info);
}

/* Runs while tasks are frozen, before any watch can fire. */
static int xnf_resume(struct xenbus_device *xdev)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);
	enum xnf_hs_event event;
	enum xnf_xs node;

	xnf_lock(info);
	info->seen = XNF_XS_UNKNOWN;
	event = look_back(info, &node);
	/* The bus takes it for granted that the device was made anew. */
	info->written = XenbusStateInitialising;
	if (node != XNF_XS_UNKNOWN)
		info->written = (enum xenbus_state)node;
	xnf_update_bus_state(info);
	if (event == XNF_EV_RESUME)
		resume(info, node);
	else if (event == XNF_EV_RESET)
		leave_stale_rings(info);
	else
		step(info, event);
	xnf_unlock(info);
	/* xnf_suspend() has taken the watches back. */
	xnf_link_look(info);
	return 0;
}

/*
 * The guest becomes an image, or loads one: no backend may write into the
 * memory of either, and the image wakes in a domain that knows nothing of its
 * grants and ports.  Closing a port that is not there is a BUG() of the kernel,
 * and buses ignore, or may, that a device cannot be suspended: so nothing stays
 * shared, with a backend that does not answer as well.  What is down does not
 * come up while works are frozen.
 */
static int xnf_freeze(struct xenbus_device *xdev)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);
	unsigned long begun = jiffies, deadline;

	if (!xnf_hibernating())
		return 0;
	deadline = begun + msecs_to_jiffies(close_timeout());
	xnf_lock(info);
	if (info->hs.phase != XNF_HS_DOWN)
		renew(info, XNF_EV_RESET, "hibernation");
	while (info->hs.phase != XNF_HS_DOWN && time_before(jiffies, deadline)) {
		pause_steps(info, begun);
		step(info, XNF_EV_BACKEND);
	}
	step(info, XNF_EV_GIVE_UP);
	xnf_unlock(info);
	xnf_devices_settle(jiffies + msecs_to_jiffies(close_timeout()));
	return 0;
}

/*
 * For Xen, and on most buses for any sleep of the guest's own.  A cancelled
 * suspend calls nothing afterwards, so the rings stay as they are.
 */
static int xnf_suspend(struct xenbus_device *xdev)
{
	xnf_freeze(xdev);
	xnf_link_suspend(dev_get_drvdata(&xdev->dev));
	return 0;
}

static struct xenbus_driver xnf_driver = {
	.name = XNF_DRIVER_NAME,
	.ids = xnf_no_ids,
	.probe = xnf_probe,
	.remove = xenbus_remove_op(xnf_remove),
	.suspend = xnf_suspend,
	.resume = xnf_resume,
	XNF_XENBUS_SLEEP_OPS
	.otherend_changed = xnf_backend_changed,
};

static void check_states(void)
{
	BUILD_BUG_ON(XNF_XS_UNKNOWN != (int)XenbusStateUnknown);
	BUILD_BUG_ON(XNF_XS_INITIALISING != (int)XenbusStateInitialising);
	BUILD_BUG_ON(XNF_XS_INITWAIT != (int)XenbusStateInitWait);
	BUILD_BUG_ON(XNF_XS_CONNECTED != (int)XenbusStateConnected);
	BUILD_BUG_ON(XNF_XS_CLOSING != (int)XenbusStateClosing);
	BUILD_BUG_ON(XNF_XS_CLOSED != (int)XenbusStateClosed);
	BUILD_BUG_ON(XNF_XS_RECONFIGURED != (int)XenbusStateReconfigured);
}

static void check_params(void)
{
	if (xnf_max_queues > QUEUES_MAX)
		pr_warn("max_queues = %u is outside 1-%u, using %u\n",
			xnf_max_queues, QUEUES_MAX, max_queues());
	xnf_max_queues = max_queues();
	if (xnf_close_timeout_ms != close_timeout())
		pr_warn("close_timeout_ms = %u is outside %u-%u, using %u\n",
			xnf_close_timeout_ms, CLOSE_TIMEOUT_MIN,
			CLOSE_TIMEOUT_MAX, close_timeout());
}

/*
 * Registering a frontend waits for its devices, up to 300 s if a backend does
 * not answer.  So the driver registers without ids, which matches nothing,
 * and gets its devices afterwards.
 *
 * It registers without an owner as well: the bus takes a module reference for
 * each bound device if there is one, and "modprobe -r" would be refused.
 * Unbinding at unload, see xnf_remove(), is what keeps the text in use.
 */
static int __init xnf_init(void)
{
	int err;

	check_states();
	if (!xen_domain())
		return -ENODEV;
	if (!xen_has_pv_nic_devices()) {
		pr_info("not used: this guest keeps its emulated network cards (xen_emul_unplug)\n");
		return -ENODEV;
	}
	check_params();
	if (trace)
		trace_set_clr_event("xen_netfront", NULL, 1);
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_init();
	err = xnf_devices_init();
	if (err)
		goto exit_debugfs;
	err = __xenbus_register_frontend(&xnf_driver, NULL, KBUILD_MODNAME);
	if (err) {
		pr_err("cannot register the driver \"" XNF_DRIVER_NAME "\" (error %d): is another one built in?\n",
		       err);
		goto exit_devices;
	}
	xnf_driver.ids = xnf_ids;
	err = driver_attach(&xnf_driver.driver);
	if (err)
		goto unregister;
	if (XNF_BESIDE_BUILTIN)
		pr_info("the driver built into the kernel keeps its devices; to move one, unbind it from \"vif\" and bind it to \"" XNF_DRIVER_NAME "\" in /sys/bus/xen/drivers\n");
	return 0;

unregister:
	xenbus_unregister_driver(&xnf_driver);
exit_devices:
	xnf_devices_exit();
	xnf_link_remove_retired();
exit_debugfs:
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_exit();
	return err;
}
module_init(xnf_init);

static void __exit xnf_exit(void)
{
	xnf_devices_unbind(&xnf_driver.driver);
	xenbus_unregister_driver(&xnf_driver);
	xnf_devices_exit();
	xnf_link_remove_retired();
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_exit();
}
module_exit(xnf_exit);

MODULE_DESCRIPTION("Xen virtual network interface frontend (DKMS)");
MODULE_VERSION(XNF_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
