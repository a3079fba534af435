// SPDX-License-Identifier: GPL-2.0
/*
 * Module and xenbus driver: probe, remove, resume, and the loop that feeds
 * events to the handshake and carries out what it decides.
 *
 * Locking: info->lock around each step and its actions.  Steps come from the
 * xenbus watch thread (backend changes, resume), from workqueues (delays,
 * resets) and from whoever unbinds the driver.
 *
 * Invariants: probe never waits for the backend; remove waits at most
 * close_timeout_ms, and neither needs a watch callback to get on.
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
#define POLL_INTERVAL_MS	50u
/* Between looks, doubled each time. */
#define RESUME_PAUSE_US		50u
#define RESUME_LOOKS		6u

unsigned int xnf_max_queues;
module_param_named(max_queues, xnf_max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues,
		 "most queues of an interface, 1-64 (default 0: one a CPU, at most 8)");

bool xnf_trusted = true;
module_param_named(trusted, xnf_trusted, bool, 0644);
MODULE_PARM_DESC(trusted,
		 "0: show the backend nothing but packets (default 1)");

unsigned int xnf_close_timeout_ms = CLOSE_TIMEOUT_DEFAULT;
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

/* Used while the driver registers, see xnf_init(). */
static const struct xenbus_device_id xnf_no_ids[] = {
	{ "" }
};

/* The parameter may have been changed at run time to anything. */
static unsigned int close_timeout(void)
{
	return clamp(READ_ONCE(xnf_close_timeout_ms), CLOSE_TIMEOUT_MIN,
		     CLOSE_TIMEOUT_MAX);
}

static enum xnf_xs read_backend(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;

	return (enum xnf_xs)xenbus_read_driver_state(xdev, xdev->otherend);
}

static void step(struct xnf_info *info, enum xnf_hs_event event);

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
 * the carrier was held, that is at once.
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
	netdev_notify_peers(dev);
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
	struct xenbus_device *xdev = info->xdev;

	if (todo & XNF_DO_HOLD)
		xnf_hold(info);
	if (todo & XNF_DO_QUIESCE)
		xnf_quiesce(info, info->resuming || READ_ONCE(info->held));
	if (todo & (XNF_DO_HOLD | XNF_DO_QUIESCE))
		limit_hold(info);
	if (todo & XNF_DO_CLOSING)
		xnf_write_state(info, XenbusStateClosing);
	if (todo & XNF_DO_CLOSED) {
		xnf_write_state(info, XenbusStateClosed);
		/* A shutdown may wait for this device. */
		complete(&xdev->down);
	}
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
		mod_delayed_work(system_freezable_wq, &info->hs_work,
				 msecs_to_jiffies(close_timeout()));
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

static void step(struct xnf_info *info, enum xnf_hs_event event)
{
	enum xnf_xs backend = XNF_XS_UNKNOWN;
	unsigned int online = 1, todo;

	lockdep_assert_held(&info->lock);
	if (event == XNF_EV_BACKEND || event == XNF_EV_TIMEOUT) {
		backend = read_backend(info);
		note_backend(info, backend);
		if (xnf_hs_needs_online(&info->hs, backend))
			online = xnf_read_online(info->xdev);
	}
	todo = xnf_hs_step(&info->hs, event, backend, online);
	trace_xnf_handshake(info->xdev->nodename, event, backend,
			    info->hs.phase, info->hs.own, todo);
	act(info, todo);
}

/**
 * xnf_run_step() - feed one event to the handshake and act
 * @info: device
 * @event: event
 *
 * Context: process; takes info->lock.
 */
void xnf_run_step(struct xnf_info *info, enum xnf_hs_event event)
{
	mutex_lock(&info->lock);
	step(info, event);
	mutex_unlock(&info->lock);
}

static void hs_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, hs_work);

	xnf_run_step(info, XNF_EV_TIMEOUT);
}

static void reset_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, reset_work);

	info->last_reset = jiffies;
	info->resets++;
	trace_xnf_reset(info->netdev->name, READ_ONCE(info->reset_why));
	/* A removal before the next connection could not tell it. */
	xnf_rss_forget(info);
	xnf_run_step(info, xchg(&info->broken, false) ? XNF_EV_RESET :
							XNF_EV_RENEW);
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

	if (READ_ONCE(info->held))
		xnf_carrier_lost(info);
	else
		announce(info);
}

static void xnf_backend_changed(struct xenbus_device *xdev,
				enum xenbus_state backend)
{
	xnf_run_step(dev_get_drvdata(&xdev->dev), XNF_EV_BACKEND);
}

static void info_init(struct xnf_info *info)
{
	mutex_init(&info->lock);
	init_waitqueue_head(&info->wait);
	INIT_DELAYED_WORK(&info->hs_work, hs_work);
	INIT_DELAYED_WORK(&info->reset_work, reset_work);
	INIT_DELAYED_WORK(&info->announce_work, announce_work);
	xnf_ctrl_init(info);
	xnf_rss_init(info);
	xnf_mcast_init(info);
	xnf_link_init(info);
	info->last_reset = jiffies - RESET_INTERVAL;
	xnf_hs_init(&info->hs, (enum xnf_xs)info->xdev->state);
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

	dev = xnf_netdev_alloc(xdev, xnf_max_queues);
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
	return 0;

free_netdev:
	dev_set_drvdata(&xdev->dev, NULL);
	xnf_netdev_free(dev);
	return err;
}

static void xnf_watch_fired(struct xenbus_watch *watch, const char *path,
			    const char *token)
{
	struct xnf_info *info = container_of(watch, struct xnf_info, watch);

	WRITE_ONCE(info->fired, info->fired + 1);
	wake_up(&info->wait);
}

/*
 * The bus drops its watch on the backend before it calls remove, so remove
 * has one of its own.  It is only a wake-up: when remove itself runs in the
 * watch thread (hot unplug) no callback can come, and the poll does the work.
 */
static bool start_watch(struct xnf_info *info)
{
	info->watch.node = kasprintf(GFP_KERNEL, "%s/state",
				     info->xdev->otherend);
	if (!info->watch.node)
		return false;
	info->watch.callback = xnf_watch_fired;
	if (!register_xenbus_watch(&info->watch))
		return true;
	kfree(info->watch.node);
	return false;
}

static void stop_watch(struct xnf_info *info)
{
	unregister_xenbus_watch(&info->watch);
	kfree(info->watch.node);
}

/* Steps until the handshake is over or the budget of the device is spent. */
static void wait_until_gone(struct xnf_info *info, unsigned long deadline)
{
	unsigned long poll = msecs_to_jiffies(POLL_INTERVAL_MS);
	unsigned int seen;

	for (;;) {
		seen = READ_ONCE(info->fired);
		xnf_run_step(info, XNF_EV_BACKEND);
		if (info->hs.phase == XNF_HS_GONE)
			return;
		if (time_after_eq(jiffies, deadline)) {
			xnf_run_step(info, XNF_EV_TIMEOUT);
			return;
		}
		wait_event_timeout(info->wait,
				   READ_ONCE(info->fired) != seen, poll);
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
	xnf_rss_stop(info);
	xnf_mcast_stop(info);
	xnf_link_stop(info);
}

/**
 * xnf_remove() - let go of a device
 * @xdev: device
 *
 * The interface goes while the backend closes, both take their time.  The
 * driver is registered without an owner, so nothing but this function stands
 * between the module's text and its end: when it returns, no work, timer,
 * interrupt, watch or netdev operation of ours is left.
 *
 * Context: process; the bus holds the device lock.
 */
void xnf_remove(struct xenbus_device *xdev)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);
	unsigned long deadline;
	bool watching;

	deadline = jiffies + msecs_to_jiffies(close_timeout());
	trace_xnf_remove(info->netdev->name, xdev->nodename);
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_remove(info);
	stop_works(info);
	watching = start_watch(info);
	xnf_run_step(info, XNF_EV_REMOVE);
	xnf_delete_keys(info);
	unregister_netdev(info->netdev);
	/* The interface may have asked for work until it was gone. */
	cancel_delayed_work_sync(&info->reset_work);
	xnf_mcast_stop(info);
	wait_until_gone(info, deadline);
	if (watching)
		stop_watch(info);
	dev_set_drvdata(&xdev->dev, NULL);
	xnf_netdev_free(info->netdev);
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
 * Runs while tasks are frozen, before any watch can fire: the old backend is
 * gone with the old host, the bus has set our state to Initialising and will
 * watch the new backend.
 *
 * The new backend is ready most of the time.  Then the carrier stays on: going
 * off and on it would take the queueing discipline and its packets away, and
 * two grace periods under rtnl out of the time until packets flow again.
 */
static int xnf_resume(struct xenbus_device *xdev)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);

	mutex_lock(&info->lock);
	info->migrations++;
	trace_xnf_resume(info->netdev->name, xdev->nodename);
	info->seen = XNF_XS_UNKNOWN;
	info->resuming = true;
	step(info, XNF_EV_RESUME);
	info->resuming = false;
	/* The new backend is there before the guest runs: no need to wait for the watch. */
	step(info, XNF_EV_BACKEND);
	look_for_connected(info);
	if (info->hs.phase != XNF_HS_UP)
		xnf_free_old(info);
	limit_hold(info);
	mutex_unlock(&info->lock);
	return 0;
}

/* A cancelled suspend calls nothing afterwards, so the rings stay as they are. */
static int xnf_suspend(struct xenbus_device *xdev)
{
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
	unsigned int fallback = min(QUEUES_DEFAULT_MAX, num_online_cpus());

	if (xnf_max_queues > QUEUES_MAX)
		pr_warn("max_queues = %u is outside 1-%u, using %u\n",
			xnf_max_queues, QUEUES_MAX, fallback);
	if (!xnf_max_queues || xnf_max_queues > QUEUES_MAX)
		xnf_max_queues = fallback;
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
	if (!xen_domain() || !xen_has_pv_nic_devices())
		return -ENODEV;
	check_params();
	if (trace)
		trace_set_clr_event("xen_netfront", NULL, 1);
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_init();
	err = __xenbus_register_frontend(&xnf_driver, NULL, KBUILD_MODNAME);
	if (err) {
		if (XNF_FEATURE_debugfs)
			xnf_debugfs_exit();
		pr_err("cannot register the driver \"" XNF_DRIVER_NAME "\" (error %d): is another one built in?\n",
		       err);
		return err;
	}
	xnf_driver.ids = xnf_ids;
	err = driver_attach(&xnf_driver.driver);
	if (err) {
		xenbus_unregister_driver(&xnf_driver);
		if (XNF_FEATURE_debugfs)
			xnf_debugfs_exit();
		return err;
	}
	if (XNF_BESIDE_BUILTIN)
		pr_info("the driver built into the kernel keeps its devices; to move one, unbind it from \"vif\" and bind it to \"" XNF_DRIVER_NAME "\" in /sys/bus/xen/drivers\n");
	return 0;
}
module_init(xnf_init);

static void __exit xnf_exit(void)
{
	xenbus_unregister_driver(&xnf_driver);
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_exit();
}
module_exit(xnf_exit);

MODULE_DESCRIPTION("Xen virtual network interface frontend (DKMS)");
MODULE_VERSION(XNF_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
