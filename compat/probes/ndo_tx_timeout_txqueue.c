/* ndo_tx_timeout(dev, txqueue).  Upstream v5.6 (0290bd291cc0); RHEL 8. */
#include <linux/netdevice.h>

void xnf_timeout_ndo_tx_timeout_txqueue(struct net_device *dev, unsigned int txqueue);
struct net_device_ops xnf_probe_ndo_tx_timeout_txqueue = { .ndo_tx_timeout = xnf_timeout_ndo_tx_timeout_txqueue };
