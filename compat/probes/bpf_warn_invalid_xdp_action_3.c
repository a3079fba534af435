/* bpf_warn_invalid_xdp_action(dev, prog, act).  Upstream v5.17 (c8064e5b4ada); RHEL 9. */
/* needs: bpf_warn_invalid_xdp_action */
#include <linux/filter.h>
#include <linux/netdevice.h>

void xnf_probe_bpf_warn_invalid_xdp_action_3(struct net_device *dev, struct bpf_prog *prog, u32 act);
void xnf_probe_bpf_warn_invalid_xdp_action_3(struct net_device *dev, struct bpf_prog *prog, u32 act)
{
	bpf_warn_invalid_xdp_action(dev, prog, act);
}
