/* Must compile: the target's headers and flags can build a Xen network driver at all. */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/netif.h>
#include <xen/page.h>
#include <xen/xenbus.h>

int xnf_control(struct net_device *dev);
int xnf_control(struct net_device *dev)
{
	return dev->mtu + XenbusStateConnected;
}
