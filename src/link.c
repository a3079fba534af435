// SPDX-License-Identifier: GPL-2.0
/*
 * Link state: the cable, as host and toolstack see it.
 *
 * Owns: the carrier while both ends are connected.  The backend may have a
 * key "carrier" (by the ABI; absent means up), the toolstack may write
 * "disconnect" into our folder (XAPI: cable pulled).
 *
 * Locking: info->lock for what the keys said.  Watches come and go in
 * link_work() alone, and where it cannot run: during a suspend and in the end.
 * They go without info->lock, since removing one waits for the callbacks of
 * all others, and the one on the backend's state takes it.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>

#include "xnf.h"
#include "trace.h"

/* A watch has no argument of its own: one structure tells the device. */
static void xnf_watch_fired(struct xenbus_watch *watch, const char *path,
			    const char *token)
{
	struct xnf_link_watch *link = container_of(watch,
						   struct xnf_link_watch,
						   watch);

	xnf_link_look(link->info);
}

static bool link_start(struct xnf_info *info, struct xnf_link_watch *link,
		       const char *dir, const char *key)
{
	link->info = info;
	link->watch.node = kasprintf(GFP_KERNEL, "%s/%s", dir, key);
	if (!link->watch.node)
		return false;
	link->watch.callback = xnf_watch_fired;
	if (!register_xenbus_watch(&link->watch))
		return true;
	kfree(link->watch.node);
	link->watch.node = NULL;
	return false;
}

static void link_stop(struct xnf_link_watch *link)
{
	if (!link->watch.node)
		return;
	unregister_xenbus_watch(&link->watch);
	kfree(link->watch.node);
	link->watch.node = NULL;
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
		  !info->link.pulled && !info->link.dark;

	if (up == netif_carrier_ok(dev) && !info->held)
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
static void look(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;
	struct xnf_link *link = &info->link;

	if (!link->toolstack.watch.node)
		link_start(info, &link->toolstack, xdev->nodename,
			   "disconnect");
	if (!link->backend.watch.node &&
	    xenbus_exists(XBT_NIL, xdev->otherend, "carrier"))
		link_start(info, &link->backend, xdev->otherend, "carrier");
	link->pulled = xenbus_read_unsigned(xdev->nodename, "disconnect", 0);
	link->dark = link->backend.watch.node &&
		     !xenbus_read_unsigned(xdev->otherend, "carrier", 1);
	xnf_link_update(info);
}

static void link_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(work, struct xnf_info, link.work);
	bool stale;

	mutex_lock(&info->lock);
	stale = info->link.stale;
	info->link.stale = false;
	mutex_unlock(&info->lock);
	if (stale)
		link_stop(&info->link.backend);

	mutex_lock(&info->lock);
	if (info->hs.phase == XNF_HS_UP && info->hs.announced)
		look(info);
	mutex_unlock(&info->lock);
}

/**
 * xnf_link_init() - once for each device
 * @info: device
 */
void xnf_link_init(struct xnf_info *info)
{
	INIT_WORK(&info->link.work, link_work);
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
		queue_work(system_freezable_wq, &info->link.work);
}

/**
 * xnf_link_release() - the backend is let go: its key is not ours to watch
 * @info: device
 *
 * Context: process, info->lock held.
 */
void xnf_link_release(struct xnf_info *info)
{
	info->link.dark = false;
	info->link.stale = true;
	xnf_link_look(info);
}

/**
 * xnf_link_suspend() - no watches of this file over a suspend
 * @info: device
 *
 * The bus sets up every watch anew when the guest wakes, a round trip each,
 * and only then calls the drivers.  The work is frozen and runs when the tasks
 * thaw, after a suspend that was cancelled, too.
 *
 * Context: process, workqueues frozen, without info->lock.
 */
void xnf_link_suspend(struct xnf_info *info)
{
	link_stop(&info->link.toolstack);
	link_stop(&info->link.backend);
	xnf_link_look(info);
}

/**
 * xnf_link_stop() - no watch or work of this file runs when this returns
 * @info: device that is being removed
 *
 * Context: process, without info->lock.
 */
void xnf_link_stop(struct xnf_info *info)
{
	cancel_work_sync(&info->link.work);
	link_stop(&info->link.toolstack);
	link_stop(&info->link.backend);
}
