// SPDX-License-Identifier: GPL-2.0
/*
 * Link state: the cable, as host and toolstack see it, and whom it leads to.
 *
 * Owns: the carrier while both ends are connected.  The backend may have a
 * key "carrier" (by the ABI; absent means up), the toolstack may write
 * "disconnect" into our folder (XAPI: cable pulled).  And it may put another
 * device into the place of ours, whose folder names another "backend": buses
 * before 7.0 see a device go only while its folder is not there.
 *
 * Locking: info->lock for what the keys said, watch_lock for who hears of a
 * watch.  Who removes a watch
 *   - waits for the thread that runs all callbacks of the bus (xenwatch_mutex);
 *     that may wait for the lock of the very device that is being removed or
 *     suspended (device_lock), for info->lock, or, when Xen suspends the guest,
 *     until every work is frozen;
 *   - takes xs_watch_rwsem and then waits while the bus is suspended; the bus
 *     takes both in the other order, and never wakes.
 * Only the watch thread itself does neither.  So a watch is retired, and
 * removed by the next callback of ours in that thread, or by the module's exit.
 * A watch is set up by a freezable work, so not during a suspend.
 *
 * Invariant: a watch that is retired does not touch its device any more.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "xnf.h"
#include "trace.h"

/* Between two tries for a watch that could not be had. */
#define LINK_INTERVAL	(10 * HZ)

/* A watch and who hears of it; outlives the device if need be. */
struct xnf_link_watch {
	struct xenbus_watch watch;
	struct xnf_info *info;		/* NULL: nobody any more */
	struct xnf_link_watch *next;	/* in retired */
};

static DEFINE_SPINLOCK(watch_lock);
static struct xnf_link_watch *retired;

static void link_watch_free(struct xnf_link_watch *link)
{
	kfree(link->watch.node);
	kfree(link);
}

/**
 * xnf_link_remove_retired() - remove the watches that nobody hears of
 *
 * Context: the watch thread of the bus; or the module's exit, without the lock
 * of any device, all of them removed: then no watch of this file is left.
 */
void xnf_link_remove_retired(void)
{
	struct xnf_link_watch *link, *next;

	spin_lock(&watch_lock);
	link = retired;
	retired = NULL;
	spin_unlock(&watch_lock);
	for (; link; link = next) {
		next = link->next;
		unregister_xenbus_watch(&link->watch);
		link_watch_free(link);
	}
}

/* Runs in the watch thread of the bus. */
static void xnf_watch_fired(struct xenbus_watch *watch, const char *path,
			    const char *token)
{
	struct xnf_link_watch *link = container_of(watch,
						   struct xnf_link_watch,
						   watch);

	spin_lock(&watch_lock);
	if (link->info)
		xnf_link_look(link->info);
	spin_unlock(&watch_lock);
	/* This one, perhaps. */
	xnf_link_remove_retired();
}

static struct xnf_link_watch *link_watch_alloc(struct xnf_info *info,
					       const char *dir, const char *key)
{
	struct xnf_link_watch *link = kzalloc(sizeof(*link), GFP_KERNEL);

	if (!link)
		return NULL;
	link->info = info;
	link->watch.callback = xnf_watch_fired;
	link->watch.node = kasprintf(GFP_KERNEL, "%s/%s", dir, key);
	if (link->watch.node)
		return link;
	link_watch_free(link);
	return NULL;
}

static void link_look_again(struct xnf_info *info)
{
	queue_delayed_work(system_freezable_wq, &info->link.work, LINK_INTERVAL);
}

/*
 * Twice, if need be: a watch at the same address may be left from the kernel
 * that loaded this image, see sleep.c, and the next one is at another.
 */
static int link_watch_register(struct xnf_info *info, const char *dir,
			       const char *key, struct xnf_link_watch **link)
{
	struct xnf_link_watch *used = NULL;
	int err;

	for (;;) {
		*link = link_watch_alloc(info, dir, key);
		err = *link ? register_xenbus_watch(&(*link)->watch) : -ENOMEM;
		if (used)
			link_watch_free(used);
		if (err != -EEXIST || used)
			return err;
		used = *link;
	}
}

/* Sets up *@watch, unless there is one. */
static void link_watch(struct xnf_info *info, struct xnf_link_watch **watch,
		       const char *dir, const char *key)
{
	struct xnf_link_watch *link;

	if (*watch)
		return;
	if (!link_watch_register(info, dir, key, &link)) {
		*watch = link;
		return;
	}
	if (link)
		link_watch_free(link);
	if (!info->link.watch_failure_logged)
		dev_warn(&info->xdev->dev, "cannot watch %s/%s: xenstore's quota or memory is short; trying again\n",
			 dir, key);
	info->link.watch_failure_logged = true;
	/* Nothing tells when there is enough again. */
	link_look_again(info);
}

static void link_retire(struct xnf_link_watch **link)
{
	if (!*link)
		return;
	spin_lock(&watch_lock);
	(*link)->info = NULL;
	(*link)->next = retired;
	retired = *link;
	spin_unlock(&watch_lock);
	*link = NULL;
}

static void link_retire_all(struct xnf_link *link)
{
	link_retire(&link->place_watch);
	link_retire(&link->toolstack_watch);
	link_retire(&link->backend_watch);
}

/**
 * xnf_link_update() - carrier on or off, as all have it who have a say
 * @info: device
 *
 * Context: process, info->lock held.
 */
void xnf_link_update(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;
	bool up = info->hs.phase == XNF_HS_UP && info->hs.announced &&
		  !info->link.toolstack_disconnect &&
		  !info->link.backend_carrier_off;

	lockdep_assert_held(&info->lock);
	if (up == netif_carrier_ok(dev) && !info->tx_held)
		return;
	trace_xnf_carrier(dev->name, up ? "on" : "off");
	if (up) {
		xnf_carrier_on(info);
		return;
	}
	xnf_carrier_lost(info);
	netif_carrier_off(dev);
}

/*
 * Most hosts have neither key, so a connection does not wait for the answer:
 * the link may be up for a moment before a key takes it down.
 */
static void link_read_keys(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;
	struct xnf_link *link = &info->link;

	link_watch(info, &link->toolstack_watch, xdev->nodename, "disconnect");
	if (xenbus_exists(XBT_NIL, xdev->otherend, "carrier"))
		link_watch(info, &link->backend_watch, xdev->otherend,
			   "carrier");
	link->toolstack_disconnect = xenbus_read_unsigned(xdev->nodename,
							  "disconnect", 0);
	link->backend_carrier_off = link->backend_watch &&
				    !xenbus_read_unsigned(xdev->otherend,
							  "carrier", 1);
	xnf_link_update(info);
}

/**
 * xnf_link_find_replacement() - is another device in the place of this one?
 * @xdev: device
 *
 * As a bus from 7.0 on decides it: the folder names another backend, and the
 * state in it is the toolstack's.  Of ours nothing is written there (publish.c).
 *
 * Return: 1, 0, or a negative error while it cannot be said.
 * Context: process; nobody binds or unbinds @xdev meanwhile.
 */
int xnf_link_find_replacement(struct xenbus_device *xdev)
{
	char *backend;
	int ret = 0;

	if (!xdev->otherend)
		return 0;
	backend = xenbus_read(XBT_NIL, xdev->nodename, "backend", NULL);
	if (IS_ERR(backend))
		return PTR_ERR(backend) == -ENOENT ? 0 : PTR_ERR(backend);
	if (strcmp(backend, xdev->otherend) &&
	    xenbus_read_driver_state(xdev, xdev->nodename) ==
	    XenbusStateInitialising)
		ret = xenbus_exists(XBT_NIL, backend, "state") ? 1 : -EAGAIN;
	kfree(backend);
	return ret;
}

static void link_follow_replacement(struct xnf_info *info)
{
	int replaced = xnf_link_find_replacement(info->xdev);

	if (!replaced)
		return;
	/* The watch thread may have no time for it, or be past this device. */
	if (replaced > 0)
		xnf_devices_bind_anew(info);
	link_look_again(info);
}

static void link_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(work, struct xnf_info,
					     link.work.work);

	xnf_lock(info);
	if (info->removing)
		goto unlock;
	if (info->hs.phase == XNF_HS_UP && info->hs.announced)
		link_read_keys(info);
	link_watch(info, &info->link.place_watch, info->xdev->nodename,
		   "backend");
	link_follow_replacement(info);
unlock:
	xnf_unlock(info);
}

/**
 * xnf_link_init() - once for each device
 * @info: device
 */
void xnf_link_init(struct xnf_info *info)
{
	INIT_DELAYED_WORK(&info->link.work, link_work);
}

/**
 * xnf_link_look() - see to the keys that have a say, soon
 * @info: device
 *
 * Context: any.
 */
void xnf_link_look(struct xnf_info *info)
{
	if (!READ_ONCE(info->removing))
		mod_delayed_work(system_freezable_wq, &info->link.work, 0);
}

/**
 * xnf_link_release() - the backend is let go: its key is not ours to watch
 * @info: device
 *
 * Context: process, info->lock held.
 */
void xnf_link_release(struct xnf_info *info)
{
	lockdep_assert_held(&info->lock);
	info->link.backend_carrier_off = false;
	link_retire(&info->link.backend_watch);
	xnf_link_look(info);
}

/**
 * xnf_link_suspend() - no watches of this file over a suspend
 * @info: device
 *
 * The bus sets up every watch anew when the guest wakes, a round trip each,
 * and only then calls the drivers.  The work that looks is frozen and runs when
 * the tasks thaw, after a suspend that was cancelled, too.
 *
 * Context: process, works frozen, device_lock held; the watch thread, unless
 * the guest sleeps by its own power management.
 */
void xnf_link_suspend(struct xnf_info *info)
{
	link_retire_all(&info->link);
	if (!xnf_pm_sleeping())
		xnf_link_remove_retired();
	xnf_link_look(info);
}

/**
 * xnf_link_stop() - nothing of this file touches the device any more
 * @info: device that is being removed
 *
 * Context: process, device_lock held, perhaps the watch thread; without
 * info->lock.
 */
void xnf_link_stop(struct xnf_info *info)
{
	/* First, for a callback that runs asks for the work. */
	link_retire_all(&info->link);
	cancel_delayed_work_sync(&info->link.work);
}
