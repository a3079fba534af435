/* get_coalesce(dev, coalesce).  Upstream before v5.15. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

int xnf_coalesce_ethtool_coalesce_2(struct net_device *dev, struct ethtool_coalesce *ec);
struct ethtool_ops xnf_probe_ethtool_coalesce_2 = { .get_coalesce = xnf_coalesce_ethtool_coalesce_2, .set_coalesce = xnf_coalesce_ethtool_coalesce_2 };
