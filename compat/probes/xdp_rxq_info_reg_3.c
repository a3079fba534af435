/* xdp_rxq_info_reg(rxq, dev, queue).  Upstream v4.16 - v5.10. */
/* needs: xdp_rxq_info_reg */
#include <linux/netdevice.h>
#include <net/xdp.h>

int xnf_probe_xdp_rxq_info_reg_3(struct xdp_rxq_info *rxq, struct net_device *dev);
int xnf_probe_xdp_rxq_info_reg_3(struct xdp_rxq_info *rxq, struct net_device *dev)
{
	return xdp_rxq_info_reg(rxq, dev, 0);
}
