/* ndo_get_stats64 returns its argument.  Upstream before v4.11. */
#include <linux/netdevice.h>

struct rtnl_link_stats64 *xnf_stats_ndo_get_stats64_pointer(struct net_device *dev, struct rtnl_link_stats64 *tot);
struct net_device_ops xnf_probe_ndo_get_stats64_pointer = { .ndo_get_stats64 = xnf_stats_ndo_get_stats64_pointer };
