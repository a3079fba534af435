/* get_rxfh(dev, param).  Upstream v6.8 (fb6e30a72539). */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

int xnf_rxfh_ethtool_rxfh_param(struct net_device *dev, struct ethtool_rxfh_param *rxfh);
struct ethtool_ops xnf_probe_ethtool_rxfh_param = { .get_rxfh = xnf_rxfh_ethtool_rxfh_param };
