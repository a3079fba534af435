// SPDX-License-Identifier: GPL-2.0
/*
 * A device while the guest sleeps and wakes: suspend and resume by Xen,
 * hibernation, and sleeps of the guest's own.
 *
 * Locking: the callbacks of the bus run with device_lock held, but for a
 * suspend by Xen, which runs in the watch thread while nobody else does
 * anything.  Each takes xnf_lock() for what it does.  After an image, a watch of
 * the bus is removed under device_lock, as the bus itself did right before
 * (xenwatch_mutex).
 *
 * Invariants: between xnf_suspend() and xnf_resume() no watch of ours is set
 * up; an image of the guest's memory shares nothing with a backend.
 */
#include <linux/delay.h>
#include <linux/netdevice.h>
#include <linux/workqueue.h>
#include <xen/xenbus.h>

#include "xnf.h"
#include "trace.h"

/* Between looks, doubled each time. */
#define RESUME_PAUSE_US		50u
#define RESUME_LOOKS		6u
/* "/local/domain/N/backend/vif/N/N/state", with room to spare */
#define SLEEP_PATH_SIZE		96

/*
 * A backend needs a few ms to connect, and the look right after our own
 * Connected may be a moment too early.  The watch takes ten more.  So it is
 * looked again, soon at first, and after 3 ms for the last time.
 */
static void sleep_await_connected(struct xnf_info *info)
{
	unsigned int i;

	for (i = 0; i < RESUME_LOOKS; i++) {
		if (info->hs.phase != XNF_HS_UP || info->hs.announced)
			return;
		usleep_range(RESUME_PAUSE_US << i, 2 * RESUME_PAUSE_US << i);
		xnf_step(info, XNF_EV_BACKEND);
	}
}

/*
 * The device was made anew: the backend is another one.
 *
 * It is ready most of the time.  Then the carrier stays on: going off and on
 * it would take the queueing discipline and its packets away, and two grace
 * periods under rtnl out of the time until packets flow again.
 */
static void sleep_reconnect(struct xnf_info *info, enum xnf_xs node)
{
	info->migrations++;
	trace_xnf_resume(info->netdev->name, info->xdev->nodename);
	info->resuming = true;
	xnf_step(info, XNF_EV_RESUME);
	info->resuming = false;
	if (node != XNF_XS_INITIALISING)
		xnf_write_state(info, XenbusStateInitialising);
	/* The new backend is there before the guest runs: no need to wait for the watch. */
	xnf_step(info, XNF_EV_BACKEND);
	sleep_await_connected(info);
	if (info->hs.phase != XNF_HS_UP)
		xnf_free_old(info);
	xnf_limit_tx_hold(info);
}

/* What happened while the guest slept, and what our node says now. */
static enum xnf_hs_event sleep_find_event(struct xnf_info *info,
					  enum xnf_xs *node)
{
	struct xenbus_device *xdev = info->xdev;

	*node = (enum xnf_xs)xenbus_read_driver_state(xdev, xdev->nodename);
	return xnf_hs_woke(&info->hs, *node, *node != info->hs.own ||
			   xnf_is_published(info));
}

static void sleep_leave_other_rings(struct xnf_info *info)
{
	netdev_warn(info->netdev, "the backend is on other rings than ours: connecting anew\n");
	xnf_renew(info, XNF_EV_RESET, "backend on other rings");
}

/*
 * After a sleep that the bus may not have told us of.  If it has not, nobody
 * made the device anew, and what our node says is for the watches to act on.
 */
static void sleep_woke_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(work, struct xnf_info, woke_work);
	enum xnf_xs node;

	xnf_lock(info);
	if (info->removing)
		goto unlock;
	if (info->hibernating) {
		info->hibernating = false;
		xnf_step(info, XNF_EV_BACKEND);
	}
	if (info->hs.phase == XNF_HS_UP &&
	    sleep_find_event(info, &node) == XNF_EV_RESET)
		sleep_leave_other_rings(info);
unlock:
	xnf_unlock(info);
}

/*
 * xenstored knows a watch by its path and a token, and the bus's tokens are
 * addresses.  The kernel that loaded the image, in this very domain, may have
 * had the device at the same address, if its memory is not randomised; its watch
 * is still there.  The bus would get -EEXIST for its own, write Closing, and hear
 * of no backend any more, after a reload neither.
 *
 * What this kernel has not set up, it can only take away in place of what it
 * has.  So the watch left behind becomes one of a key that nobody writes.
 */
static void sleep_clear_watch(struct xenbus_device *xdev)
{
	struct xenbus_watch *watch = &xdev->otherend_watch;
	char state[SLEEP_PATH_SIZE], unused[SLEEP_PATH_SIZE];
	int err;

	if (watch->node || !watch->callback)
		return;
	snprintf(state, sizeof(state), "%s/state", xdev->otherend);
	snprintf(unused, sizeof(unused), "%s/unused", xdev->nodename);
	watch->node = state;
	err = register_xenbus_watch(watch);
	if (err == -EEXIST) {
		watch->node = unused;
		err = register_xenbus_watch(watch);
		watch->node = state;
	}
	if (!err)
		unregister_xenbus_watch(watch);
	watch->node = NULL;
}

/**
 * xnf_resume() - the guest runs again
 * @xdev: device
 *
 * Return: 0.
 * Context: process; while tasks are frozen, before any watch can fire.
 */
int xnf_resume(struct xenbus_device *xdev)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);
	enum xnf_hs_event event;
	enum xnf_xs node;

	xnf_lock(info);
	info->hibernating = false;
	info->backend_state = XNF_XS_UNKNOWN;
	event = sleep_find_event(info, &node);
	/* The bus takes it for granted that the device was made anew. */
	info->written_state = XenbusStateInitialising;
	if (node != XNF_XS_UNKNOWN)
		info->written_state = (enum xenbus_state)node;
	xnf_update_bus_state(info);
	if (event == XNF_EV_RESUME)
		sleep_reconnect(info, node);
	else if (event == XNF_EV_RESET)
		sleep_leave_other_rings(info);
	else
		xnf_step(info, event);
	xnf_unlock(info);
	/* xnf_suspend() has taken the watches back. */
	xnf_link_look(info);
	if (xnf_hibernating())
		sleep_clear_watch(xdev);
	return 0;
}

/**
 * xnf_freeze() - the guest may be about to become an image, or to load one
 * @xdev: device
 *
 * Then no backend may write into the memory of either, and the image wakes in a
 * domain that knows nothing of its grants and ports.  Closing a port that is not
 * there is a BUG() of the kernel, and buses ignore, or may, that a device cannot
 * be suspended: so nothing stays shared, with a backend that does not answer as
 * well.  What is down stays down, whatever a backend does that is restarted now:
 * works are frozen, and the watch thread does not step.
 *
 * Return: 0.
 * Context: process; the bus holds device_lock.  Sleeps for twice
 * close_timeout_ms at most.
 */
int xnf_freeze(struct xenbus_device *xdev)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);
	unsigned long begun = jiffies, deadline;

	if (!xnf_hibernating())
		return 0;
	deadline = begun + msecs_to_jiffies(xnf_close_timeout());
	xnf_lock(info);
	if (info->hs.phase != XNF_HS_DOWN)
		xnf_renew(info, XNF_EV_RESET, "hibernation");
	while (info->hs.phase != XNF_HS_DOWN && time_before(jiffies, deadline)) {
		xnf_pause_steps(info, begun);
		xnf_step(info, XNF_EV_BACKEND);
	}
	xnf_step(info, XNF_EV_GIVE_UP);
	info->hibernating = true;
	xnf_unlock(info);
	xnf_link_suspend(info);
	xnf_devices_settle(jiffies + msecs_to_jiffies(xnf_close_timeout()));
	return 0;
}

/**
 * xnf_suspend() - the guest is about to sleep, or to be saved or moved
 * @xdev: device
 *
 * For Xen, and on most buses for any sleep of the guest's own.  A cancelled
 * suspend calls nothing afterwards, so the rings stay as they are.
 *
 * Return: 0.
 * Context: process; the bus holds device_lock, or nobody else runs.
 */
int xnf_suspend(struct xenbus_device *xdev)
{
	if (xnf_hibernating())
		return xnf_freeze(xdev);
	xnf_link_suspend(dev_get_drvdata(&xdev->dev));
	return 0;
}

/**
 * xnf_sleep_init() - before the first sleep of a device
 * @info: device
 */
void xnf_sleep_init(struct xnf_info *info)
{
	INIT_WORK(&info->woke_work, sleep_woke_work);
}

/**
 * xnf_sleep_stop() - nothing of this file runs any more
 * @info: device; it is being removed
 *
 * Context: process, neither rtnl nor info->lock.
 */
void xnf_sleep_stop(struct xnf_info *info)
{
	cancel_work_sync(&info->woke_work);
}
