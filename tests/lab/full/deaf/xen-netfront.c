// SPDX-License-Identifier: GPL-2.0
/*
 * A driver that is broken on purpose: it takes the Xen network devices, shows an interface with a
 * carrier, and never talks to the backend, so no packet leaves or arrives. What apply must notice
 * and undo.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

static netdev_tx_t deaf_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops deaf_ops = {
	.ndo_start_xmit = deaf_xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static int deaf_probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct net_device *dev = alloc_etherdev(0);
	int err;

	if (!dev)
		return -ENOMEM;
	dev->netdev_ops = &deaf_ops;
	eth_hw_addr_random(dev);
	SET_NETDEV_DEV(dev, &xdev->dev);
	dev_set_drvdata(&xdev->dev, dev);
	err = register_netdev(dev);
	if (err)
		free_netdev(dev);
	return err;
}

static void deaf_remove(struct xenbus_device *xdev)
{
	struct net_device *dev = dev_get_drvdata(&xdev->dev);

	unregister_netdev(dev);
	free_netdev(dev);
}

static const struct xenbus_device_id deaf_ids[] = {
	{ "vif" },
	{ "" }
};

static struct xenbus_driver deaf_driver = {
	.ids = deaf_ids,
	.probe = deaf_probe,
	.remove = deaf_remove,
	.not_essential = true,
};

static int __init deaf_init(void)
{
	return xenbus_register_frontend(&deaf_driver);
}
module_init(deaf_init);

static void __exit deaf_exit(void)
{
	xenbus_unregister_driver(&deaf_driver);
}
module_exit(deaf_exit);

MODULE_DESCRIPTION("Broken on purpose: a Xen network driver that is deaf");
MODULE_LICENSE("GPL");
MODULE_VERSION(DEAF_VERSION);
MODULE_ALIAS("xen:vif");
