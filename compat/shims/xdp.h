/* SPDX-License-Identifier: GPL-2.0 */
/*
 * <net/xdp.h> and <linux/bpf.h>, for xdp.c alone.  Floor: frames with a memory model (upstream
 * 4.18); before that a driver cannot take redirected frames, nor have its own given back.
 */
#ifndef XNF_SHIM_XDP_H
#define XNF_SHIM_XDP_H

#if XNF_FEATURE_xdp
#include <linux/bpf.h>
#include <linux/bpf_trace.h>
#include <linux/filter.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <net/xdp.h>

#if !XNF_HAS_xdp_init_buff
static inline void xdp_init_buff(struct xdp_buff *xdp, u32 frame_sz, struct xdp_rxq_info *rxq)
{
#if XNF_HAS_xdp_buff_frame_sz
	xdp->frame_sz = frame_sz;
#endif
	xdp->rxq = rxq;
}

static inline void xdp_prepare_buff(struct xdp_buff *xdp, unsigned char *hard_start, int headroom,
				    int data_len, const bool meta_valid)
{
	xdp->data_hard_start = hard_start;
	xdp->data = hard_start + headroom;
	xdp->data_end = (unsigned char *)xdp->data + data_len;
	xdp->data_meta = meta_valid ? xdp->data : (unsigned char *)xdp->data + 1;
}
#endif

#if !XNF_HAS_xdp_do_flush
#define xdp_do_flush() xdp_do_flush_map()
#endif

#if !XNF_HAS_xdp_frame_has_frags
static inline bool xdp_frame_has_frags(struct xdp_frame *frame)
{
	return false;
}
#endif

#if XNF_HAS_xdp_rxq_info_reg_3
#define xdp_rxq_info_reg(rxq, dev, queue, napi_id) xdp_rxq_info_reg(rxq, dev, queue)
#elif !XNF_HAS_xdp_rxq_info_reg_4
#error "xen-netfront: no known form of xdp_rxq_info_reg() in this kernel"
#endif

#if XNF_HAS_bpf_warn_invalid_xdp_action_1
#define bpf_warn_invalid_xdp_action(dev, prog, act) bpf_warn_invalid_xdp_action(act)
#elif !XNF_HAS_bpf_warn_invalid_xdp_action_3
#error "xen-netfront: no known form of bpf_warn_invalid_xdp_action() in this kernel"
#endif

/* Up to 5.8 the driver says which program it has. */
static inline int xnf_bpf_query(struct netdev_bpf *bpf, const struct bpf_prog *prog)
{
#if XNF_HAS_XDP_QUERY_PROG
	if (bpf->command == XDP_QUERY_PROG) {
		bpf->prog_id = prog ? prog->aux->id : 0;
		return 0;
	}
#endif
	return -EINVAL;
}

static inline void xnf_set_xdp_features(struct net_device *dev)
{
#if XNF_HAS_net_device_xdp_features
	dev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT | NETDEV_XDP_ACT_NDO_XMIT;
#endif
}
#endif

#endif
