// SPDX-License-Identifier: GPL-2.0
/*
 * The devices that the driver has, and what the bus does not do for them: a
 * sleep of the guest, probes that fail behind our back, devices that another one
 * has replaced, and the unload.
 *
 * The bus watches the backend once our probe has returned.  If it cannot, for
 * want of memory or of xenstore's quota, the device counts as not bound, and
 * nobody calls remove.  A work looks after each probe, with the lock of the
 * device, so after the bus is through with it.
 *
 * A guest that slept may wake with a backend on other rings than ours: those
 * of the kernel that loaded a hibernated image.  The states at both ends say
 * Connected then, so no watch tells.
 *
 * For an unload the watch thread of the bus unbinds them.  Whoever else does it
 * takes the lock of the device first, and then the bus waits for the watch
 * thread, to take its watch on the backend back, while the watch thread may be
 * waiting for that lock to remove the device: for ever.
 *
 * Locking: devices_lock for the list, which a device is on from the end of its
 * probe until it is let go.  The work takes device_lock, so nobody who holds
 * that waits for it.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/freezer.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/suspend.h>
#include <linux/syscore_ops.h>
#include <xen/xenbus.h>

#include "xnf.h"

#define FREEZE_INTERVAL		(HZ / 10)
#define THREAD_POLL_US		50u

static DEFINE_SPINLOCK(devices_lock);
static LIST_HEAD(devices);
static unsigned long sleep_event;	/* PM_*_PREPARE of the sleep under way, or 0 */
static bool unloading;

/* What the watch thread is to do, behind the events that it has by then. */
struct watch_turn {
	struct xenbus_watch watch;
	void (*work)(void);		/* may be NULL: it is waited for, no more */
	struct completion ended;
	struct task_struct *thread;
	unsigned long switches;
};

static struct {
	struct watch_turn turn;
	struct device_driver *driver;
	bool more;
} unload;

/* Devices freeze one after the other; a turn that was not waited for is left. */
static struct {
	struct watch_turn turn;
	bool left;
} freeze;

/* rtnl; never waited for but by the module's exit. */
static struct {
	struct watch_turn turn;
	bool left;
} bind_anew;

/* A device whose probe nobody has looked after yet, with a reference. */
static struct xenbus_device *devices_next_probed(void)
{
	struct xenbus_device *xdev = NULL;
	struct xnf_info *info;

	spin_lock(&devices_lock);
	list_for_each_entry(info, &devices, devices_entry) {
		if (info->probe_checked)
			continue;
		info->probe_checked = true;
		xdev = info->xdev;
		get_device(&xdev->dev);
		break;
	}
	spin_unlock(&devices_lock);
	return xdev;
}

/* What drives @xdev is its drvdata, unless a probe failed. */
static struct xnf_info *
devices_find_failed_probe(const struct xenbus_device *xdev)
{
	struct xnf_info *info, *left = NULL;

	spin_lock(&devices_lock);
	list_for_each_entry(info, &devices, devices_entry)
		if (info->xdev == xdev &&
		    dev_get_drvdata(&xdev->dev) != info)
			left = info;
	spin_unlock(&devices_lock);
	return left;
}

static bool devices_find(const struct xenbus_device *xdev)
{
	struct xnf_info *info;
	bool found = false;

	spin_lock(&devices_lock);
	list_for_each_entry(info, &devices, devices_entry)
		if (dev_get_drvdata(&xdev->dev) == info)
			found = true;
	spin_unlock(&devices_lock);
	return found;
}

/**
 * xnf_devices_clear() - let go of what a failed probe of a device left
 * @xdev: device
 *
 * Context: process, device_lock held.
 */
void xnf_devices_clear(struct xenbus_device *xdev)
{
	struct xnf_info *info = devices_find_failed_probe(xdev);

	if (!info)
		return;
	dev_warn(&xdev->dev, "the bus cannot watch the backend: the interface is gone again\n");
	xnf_let_go(info);
}

static void devices_probe_check_work(struct work_struct *work)
{
	struct xenbus_device *xdev;

	while ((xdev = devices_next_probed())) {
		device_lock(&xdev->dev);
		xnf_devices_clear(xdev);
		device_unlock(&xdev->dev);
		put_device(&xdev->dev);
	}
}
static DECLARE_WORK(probe_check, devices_probe_check_work);

/**
 * xnf_devices_add() - a device was probed
 * @info: device
 *
 * Context: process, device_lock held.
 */
void xnf_devices_add(struct xnf_info *info)
{
	spin_lock(&devices_lock);
	list_add_tail(&info->devices_entry, &devices);
	spin_unlock(&devices_lock);
	queue_work(system_freezable_wq, &probe_check);
}

/**
 * xnf_devices_del() - a device is let go
 * @info: device; nothing of this file touches it any more
 *
 * Context: process, device_lock held.
 */
void xnf_devices_del(struct xnf_info *info)
{
	spin_lock(&devices_lock);
	list_del(&info->devices_entry);
	spin_unlock(&devices_lock);
}

/**
 * xnf_hibernating() - is the guest about to become an image, or to load one?
 *
 * Context: any.
 */
bool xnf_hibernating(void)
{
	unsigned long event = READ_ONCE(sleep_event);

	return event == PM_HIBERNATION_PREPARE || event == PM_RESTORE_PREPARE;
}

/**
 * xnf_pm_sleeping() - is the guest about to sleep by its own power management?
 *
 * Not so in a suspend by Xen, which nobody announces, and which runs in the
 * watch thread of the bus.
 *
 * Context: any.
 */
bool xnf_pm_sleeping(void)
{
	return READ_ONCE(sleep_event);
}

/**
 * xnf_unloading() - is the driver about to go, and takes no more devices?
 *
 * Context: any.
 */
bool xnf_unloading(void)
{
	return READ_ONCE(unloading);
}

static int devices_take_first(struct device *dev, void *data)
{
	struct device **found = data;

	*found = get_device(dev);
	return 1;
}

static int devices_any(struct device *dev, void *data)
{
	return 1;
}

/* Runs once, in the watch thread of the bus. */
static void xnf_watch_fired(struct xenbus_watch *watch, const char *path,
			    const char *token)
{
	struct watch_turn *turn = container_of(watch, struct watch_turn, watch);

	unregister_xenbus_watch(watch);
	if (turn->work)
		turn->work();
	turn->thread = current;
	turn->switches = current->nvcsw;
	complete(&turn->ended);
}

/* Return: 0 or a negative error. */
static int watch_turn_begin(struct watch_turn *turn)
{
	init_completion(&turn->ended);
	/* A watch fires as soon as there is one; this key never changes. */
	turn->watch.node = "domid";
	turn->watch.callback = xnf_watch_fired;
	return register_xenbus_watch(&turn->watch);
}

/*
 * Has the watch thread left the callback?  It goes to sleep of its own accord
 * after that, not before.
 */
static bool watch_turn_left(const struct watch_turn *turn)
{
	return READ_ONCE(turn->thread->nvcsw) != turn->switches;
}

/* A device in whose place is another one, with a reference. */
static struct xenbus_device *devices_next_replaced(void)
{
	struct xenbus_device *xdev = NULL;
	struct xnf_info *info;

	spin_lock(&devices_lock);
	list_for_each_entry(info, &devices, devices_entry) {
		if (!info->replaced)
			continue;
		info->replaced = false;
		xdev = info->xdev;
		get_device(&xdev->dev);
		break;
	}
	spin_unlock(&devices_lock);
	return xdev;
}

/*
 * Asked again, for what was asked for may be over by now.  Whoever has the lock
 * may be waiting for this thread.
 */
static bool devices_is_replaced(struct xenbus_device *xdev)
{
	bool replaced;

	if (!device_trylock(&xdev->dev))
		return false;
	replaced = devices_find(xdev) && xnf_link_find_replacement(xdev) > 0;
	device_unlock(&xdev->dev);
	return replaced;
}

/*
 * As a bus from 7.0 on does, in the same thread.  An older one sees a device go
 * only if it looks while the folder is not there, and the new backend would not
 * be watched by anybody.
 */
static void devices_bind_replaced(void)
{
	struct xenbus_device *xdev;

	while (!xnf_unloading() && !xnf_pm_sleeping() &&
	       (xdev = devices_next_replaced())) {
		if (devices_is_replaced(xdev)) {
			device_release_driver(&xdev->dev);
			xnf_link_remove_retired();
			if (device_attach(&xdev->dev) > 0)
				dev_info(&xdev->dev, "another device is in the place of this one: bound anew\n");
			else
				dev_err(&xdev->dev, "another device is in the place of this one and cannot be bound: detach and attach it on the host\n");
		}
		put_device(&xdev->dev);
	}
}

/**
 * xnf_devices_bind_anew() - the driver lets go of a device and takes it again, soon
 * @info: device; its backend is not the one that the bus found any more
 *
 * The watch thread decides it once more.  Who comes while it is at it asks again.
 *
 * Context: process, rtnl.
 */
void xnf_devices_bind_anew(struct xnf_info *info)
{
	ASSERT_RTNL();
	spin_lock(&devices_lock);
	info->replaced = true;
	spin_unlock(&devices_lock);
	if (bind_anew.left && !completion_done(&bind_anew.turn.ended))
		return;
	bind_anew.turn.work = devices_bind_replaced;
	bind_anew.left = !watch_turn_begin(&bind_anew.turn);
	if (!bind_anew.left)
		pr_warn_once("cannot bind %s anew: xenstore's quota or memory is short; trying again\n",
			     info->xdev->nodename);
}

/*
 * unregister_xenbus_watch() would wait for the watch thread as well, but cannot
 * be frozen, which a suspend waits for; and a suspend may be what that thread
 * does next.
 */
static void watch_turn_wait(struct watch_turn *turn)
{
	while (!wait_for_completion_timeout(&turn->ended, FREEZE_INTERVAL))
		try_to_freeze();
	while (!watch_turn_left(turn)) {
		try_to_freeze();
		usleep_range(THREAD_POLL_US, 2 * THREAD_POLL_US);
	}
}

/* Return: whether it is over. */
static bool watch_turn_wait_until(struct watch_turn *turn,
				  unsigned long deadline)
{
	unsigned long now = jiffies;

	if (!wait_for_completion_timeout(&turn->ended,
					 time_before(now, deadline) ?
					 deadline - now : 1))
		return false;
	while (!watch_turn_left(turn))
		usleep_range(THREAD_POLL_US, 2 * THREAD_POLL_US);
	return true;
}

/*
 * After the probes that the watch thread ran.  One device each time, so that
 * other watches get their turn in between.
 */
static void devices_unbind_first(void)
{
	struct device *found;

	if (driver_for_each_device(unload.driver, NULL, &found,
				   devices_take_first) > 0) {
		device_release_driver(found);
		put_device(found);
	}
	unload.more = driver_for_each_device(unload.driver, NULL, NULL,
					     devices_any) > 0;
	xnf_link_remove_retired();
}

/* Return: whether there are more to unbind, and a watch to do it. */
static bool devices_unbind_one(void)
{
	unload.turn.work = devices_unbind_first;
	if (watch_turn_begin(&unload.turn))
		return false;
	watch_turn_wait(&unload.turn);
	return unload.more;
}

/**
 * xnf_devices_settle() - wait until the watch thread has handled what it has
 * @deadline: in jiffies; until then at most, for that thread may be waiting for
 *	the lock of a device that the caller holds
 *
 * An image that is made while a callback asks xenstore for something wakes with
 * the callback waiting for the answer, which nobody gives in another domain; and
 * whoever takes a watch back, as the bus does at once, waits for the callback.
 * The watches that nobody hears of go meanwhile: that domain does not know them.
 *
 * Context: process, device_lock held, neither rtnl nor info->lock; not in the
 * watch thread; one at a time.
 */
void xnf_devices_settle(unsigned long deadline)
{
	if (freeze.left && !watch_turn_wait_until(&freeze.turn, deadline))
		return;
	freeze.turn.work = xnf_link_remove_retired;
	freeze.left = !watch_turn_begin(&freeze.turn) &&
		      !watch_turn_wait_until(&freeze.turn, deadline);
}

/**
 * xnf_devices_unbind() - unbind the devices of a driver, for good
 * @driver: it takes no more; what could not be unbound here, for want of a
 *	watch, is left to its unregistration
 *
 * Context: process, without any lock; the time limits of all backends.
 */
void xnf_devices_unbind(struct device_driver *driver)
{
	WRITE_ONCE(unloading, true);
	unload.driver = driver;
	while (devices_unbind_one())
		;
}

static void devices_woke_all(void)
{
	struct xnf_info *info;

	spin_lock(&devices_lock);
	list_for_each_entry(info, &devices, devices_entry)
		queue_work(system_freezable_wq, &info->woke_work);
	spin_unlock(&devices_lock);
}

static int devices_pm_event(struct notifier_block *nb, unsigned long event,
			    void *data)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
	case PM_SUSPEND_PREPARE:
		WRITE_ONCE(sleep_event, event);
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
	case PM_POST_SUSPEND:
		WRITE_ONCE(sleep_event, 0);
		devices_woke_all();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block pm_notifier = {
	.notifier_call = devices_pm_event,
};

/*
 * Around the moment in which the guest is saved.  No lock: this is the only CPU,
 * and whoever was stopped for it holds no spinlock.
 */
static int devices_core_suspend(void *data)
{
	struct xnf_info *info;

	list_for_each_entry(info, &devices, devices_entry)
		xnf_net_freeze(info);
	return 0;
}

static void devices_core_resume(void *data)
{
	struct xnf_info *info;

	list_for_each_entry(info, &devices, devices_entry)
		xnf_net_thaw(info);
}

XNF_SYSCORE(core, devices_core_suspend, devices_core_resume);

/**
 * xnf_devices_init() - before the first device
 *
 * Return: 0 or a negative error.
 */
int xnf_devices_init(void)
{
	int err = register_pm_notifier(&pm_notifier);

	if (!err)
		register_syscore(&core);
	return err;
}

/**
 * xnf_devices_exit() - nothing is left of any device when this returns
 *
 * Context: process, without the lock of any device, all of them unbound.
 */
void xnf_devices_exit(void)
{
	unregister_syscore(&core);
	unregister_pm_notifier(&pm_notifier);
	flush_work(&probe_check);
	if (freeze.left)
		watch_turn_wait(&freeze.turn);
	if (bind_anew.left)
		watch_turn_wait(&bind_anew.turn);
}
