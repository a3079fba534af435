/* xdp_rxq_info_reg(rxq, dev, queue, napi_id).  Upstream v5.11 (b02e5a0ebb17); RHEL 8. */
/* needs: xdp_rxq_info_reg */
#include <linux/netdevice.h>
#include <net/xdp.h>

int xnf_probe_xdp_rxq_info_reg_4(struct xdp_rxq_info *rxq, struct net_device *dev);
int xnf_probe_xdp_rxq_info_reg_4(struct xdp_rxq_info *rxq, struct net_device *dev)
{
	return xdp_rxq_info_reg(rxq, dev, 0, 0);
}
