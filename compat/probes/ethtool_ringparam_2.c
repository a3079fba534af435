/* get_ringparam(dev, ring).  Upstream before v5.17. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

void xnf_ring_ethtool_ringparam_2(struct net_device *dev, struct ethtool_ringparam *ring);
struct ethtool_ops xnf_probe_ethtool_ringparam_2 = { .get_ringparam = xnf_ring_ethtool_ringparam_2 };
