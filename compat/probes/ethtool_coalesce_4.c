/* get_coalesce(dev, coalesce, kernel_coalesce, extack).
 * Upstream v5.15 (f3ccfda19319); RHEL 8.6 and 9. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

int xnf_coalesce_ethtool_coalesce_4(struct net_device *dev, struct ethtool_coalesce *ec,
		 struct kernel_ethtool_coalesce *kec, struct netlink_ext_ack *extack);
struct ethtool_ops xnf_probe_ethtool_coalesce_4 = { .get_coalesce = xnf_coalesce_ethtool_coalesce_4, .set_coalesce = xnf_coalesce_ethtool_coalesce_4 };
