/* netif_napi_add(dev, napi, poll).  Upstream v6.1 (b48b89f9c189) dropped the weight. */
#include <linux/netdevice.h>

void xnf_probe_netif_napi_add_3(struct net_device *dev, struct napi_struct *napi,
	       int (*poll)(struct napi_struct *, int));
void xnf_probe_netif_napi_add_3(struct net_device *dev, struct napi_struct *napi,
	       int (*poll)(struct napi_struct *, int))
{
	netif_napi_add(dev, napi, poll);
}
