/* get_ringparam(dev, ring, kernel_ring, extack).  Upstream v5.17 (74624944ad00); RHEL 8.6 and 9. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

void xnf_ring_ethtool_ringparam_4(struct net_device *dev, struct ethtool_ringparam *ring,
	      struct kernel_ethtool_ringparam *kring, struct netlink_ext_ack *extack);
struct ethtool_ops xnf_probe_ethtool_ringparam_4 = { .get_ringparam = xnf_ring_ethtool_ringparam_4 };
