/* get_rxfh_indir(dev, indir), the table alone, and no get_rxfh().
 * Upstream v3.3 to v3.15; RHEL 7 has both. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

int xnf_rxfh_ethtool_rxfh_indir(struct net_device *dev, u32 *indir);
struct ethtool_ops xnf_probe_ethtool_rxfh_indir = { .get_rxfh_indir = xnf_rxfh_ethtool_rxfh_indir };
/* Twice the same member where there is one. */
struct xnf_probe_ethtool_rxfh_indir_alone {
	struct ethtool_ops;
	int get_rxfh;
};
