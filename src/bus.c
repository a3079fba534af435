// SPDX-License-Identifier: GPL-2.0
/*
 * The driver towards the bus: probe, remove, what the backend's watch tells,
 * and how the driver is registered and goes.
 *
 * Locking: the bus holds device_lock around probe and remove, and runs
 * xnf_backend_changed() in its watch thread.
 *
 * Invariants: probe never waits for the backend; remove waits at most
 * close_timeout_ms.  Neither needs the watch thread to get on, nor do works
 * that they wait for: it may be waiting for them, see the list in xnf.h.
 */
#include <linux/etherdevice.h>
#include <linux/mutex.h>
#include <linux/rtnetlink.h>
#include <xen/xenbus.h>

#include "xnf.h"
#include "trace.h"

static const struct xenbus_device_id xnf_ids[] = {
	{ "vif" },
	{ "" }
};

/* Used while the driver registers, see xnf_bus_register(). */
static const struct xenbus_device_id xnf_no_ids[] = {
	{ "" }
};

static void xnf_backend_changed(struct xenbus_device *xdev,
				enum xenbus_state backend)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);

	xnf_lock(info);
	if (!info->hibernating) {
		xnf_step(info, XNF_EV_BACKEND);
		xnf_update_bus_state(info);
	}
	/* Gone, or was it another device's? */
	if (info->backend_state == XNF_XS_UNKNOWN)
		xnf_link_look(info);
	xnf_unlock(info);
	xnf_link_remove_retired();
}

static void bus_init_info(struct xnf_info *info)
{
	xnf_steps_init(info);
	xnf_sleep_init(info);
	xnf_ctrl_init(info);
	xnf_rss_init(info);
	xnf_mcast_init(info);
	xnf_link_init(info);
}

static void bus_set_address(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;
	u8 mac[ETH_ALEN];

	if (xnf_read_mac(info->xdev, mac)) {
		eth_hw_addr_random(dev);
		dev_warn(&info->xdev->dev, "using random MAC address %pM\n",
			 dev->dev_addr);
	} else {
		eth_hw_addr_set(dev, mac);
		ether_addr_copy(info->xenstore_mac, mac);
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
	dev = xnf_netdev_alloc(xdev, xnf_queues_max());
	if (!dev)
		return -ENOMEM;
	info = netdev_priv(dev);
	bus_init_info(info);
	dev_set_drvdata(&xdev->dev, info);
	bus_set_address(info);
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
static void bus_wait_until_gone(struct xnf_info *info, unsigned long deadline)
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
		xnf_pause_poll(begun);
	}
}

static void bus_stop_works(struct xnf_info *info)
{
	xnf_steps_stop(info);
	xnf_sleep_stop(info);
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

	deadline = jiffies + msecs_to_jiffies(xnf_close_timeout());
	xnf_publish_removal(info);
	xnf_devices_del(info);
	trace_xnf_remove(info->netdev->name, xdev->nodename);
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_remove(info);
	bus_stop_works(info);
	xnf_run_step(info, XNF_EV_REMOVE);
	xnf_delete_keys(info);
	unregister_netdev(info->netdev);
	/* The interface may have asked for work until it was gone. */
	xnf_steps_stop_resets(info);
	xnf_mcast_stop(info);
	bus_wait_until_gone(info, deadline);
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

/**
 * xnf_bus_register() - register the driver, and take the devices that there are
 *
 * Registering a frontend waits for its devices, up to 300 s if a backend does
 * not answer.  So the driver registers without ids, which matches nothing,
 * and gets its devices afterwards.
 *
 * It registers without an owner as well: the bus takes a module reference for
 * each bound device if there is one, and "modprobe -r" would be refused.
 * Unbinding at unload, see xnf_remove(), is what keeps the text in use.
 *
 * Return: 0 or a negative error.
 * Context: process.
 */
int xnf_bus_register(void)
{
	int err = __xenbus_register_frontend(&xnf_driver, NULL, KBUILD_MODNAME);

	if (err) {
		pr_err("cannot register the driver \"" XNF_DRIVER_NAME "\" (error %d): is another one built in?\n",
		       err);
		return err;
	}
	xnf_driver.ids = xnf_ids;
	err = driver_attach(&xnf_driver.driver);
	if (err)
		xenbus_unregister_driver(&xnf_driver);
	return err;
}

/**
 * xnf_bus_unregister() - undo xnf_bus_register(): let go of all devices
 *
 * Context: process, without any lock; the time limits of all backends.
 */
void xnf_bus_unregister(void)
{
	xnf_devices_unbind(&xnf_driver.driver);
	xenbus_unregister_driver(&xnf_driver);
}
