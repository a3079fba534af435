/* bpf_warn_invalid_xdp_action(act).  Upstream v4.8 - v5.16. */
/* needs: bpf_warn_invalid_xdp_action */
#include <linux/filter.h>

void xnf_probe_bpf_warn_invalid_xdp_action_1(u32 act);
void xnf_probe_bpf_warn_invalid_xdp_action_1(u32 act)
{
	bpf_warn_invalid_xdp_action(act);
}
