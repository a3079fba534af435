/* NETDEV_RESEND_IGMP, a macro or an enumerator.
 * Upstream v3.12; netdev_notify_peers() calls it from v4.13 on. */
#include <linux/netdevice.h>

int xnf_probe_netdev_resend_igmp(void);
int xnf_probe_netdev_resend_igmp(void)
{
	return NETDEV_RESEND_IGMP;
}
