/* netif_napi_add(dev, napi, poll, weight).  Upstream before v6.1. */
#include <linux/netdevice.h>

void xnf_probe_netif_napi_add_4(struct net_device *dev, struct napi_struct *napi,
	       int (*poll)(struct napi_struct *, int));
void xnf_probe_netif_napi_add_4(struct net_device *dev, struct napi_struct *napi,
	       int (*poll)(struct napi_struct *, int))
{
	netif_napi_add(dev, napi, poll, 64);
}
