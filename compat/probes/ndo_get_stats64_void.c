/* ndo_get_stats64 returns void.  Upstream v4.11 (bc1f44709cf2); RHEL 7.5. */
#include <linux/netdevice.h>

void xnf_stats_ndo_get_stats64_void(struct net_device *dev, struct rtnl_link_stats64 *tot);
struct net_device_ops xnf_probe_ndo_get_stats64_void = { .ndo_get_stats64 = xnf_stats_ndo_get_stats64_void };
