/* ndo_tx_timeout(dev).  Upstream before v5.6. */
#include <linux/netdevice.h>

void xnf_timeout_ndo_tx_timeout_dev(struct net_device *dev);
struct net_device_ops xnf_probe_ndo_tx_timeout_dev = { .ndo_tx_timeout = xnf_timeout_ndo_tx_timeout_dev };
