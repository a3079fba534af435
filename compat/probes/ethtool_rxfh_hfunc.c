/* get_rxfh(dev, indir, key, hfunc).  Upstream v3.19 (892311f66f24) to v6.8; RHEL 7. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

int xnf_rxfh_ethtool_rxfh_hfunc(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc);
struct ethtool_ops xnf_probe_ethtool_rxfh_hfunc = { .get_rxfh = xnf_rxfh_ethtool_rxfh_hfunc };
