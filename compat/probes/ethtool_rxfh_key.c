/* get_rxfh(dev, indir, key).
 * Upstream v3.16 (fe62d0013723) to v3.18: no hash function yet, no get_rxfh_indir any more. */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

int xnf_rxfh_ethtool_rxfh_key(struct net_device *dev, u32 *indir, u8 *key);
struct ethtool_ops xnf_probe_ethtool_rxfh_key = { .get_rxfh = xnf_rxfh_ethtool_rxfh_key };
