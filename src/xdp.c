// SPDX-License-Identifier: GPL-2.0
/*
 * Native XDP: a program sees each frame before it becomes an skb.
 *
 * The program runs on a copy of the frame in a page of its own, which gives
 * it headroom with any backend, keeps the backend's hands off what was
 * checked, and leaves the ring's pages granted.  A frame that goes nowhere
 * leaves its page for the next one.  Frames are transmitted by copy, too, so
 * nothing of them is in flight.
 *
 * While a program is attached the backend is asked for frames without
 * segmentation and with whole checksums, see publish_features() in publish.c.
 * What it sent before it heard of that and a program cannot take is dropped.
 *
 * Locking: attach and detach under rtnl.  NAPI reads q->xdp and the program
 * in it; both go only after a grace period.
 *
 * Invariant: q->xdp is set for all queues or for none, whether they have
 * rings or not, so a program outlives reconnects and migrations.
 */
#include <linux/bpf.h>
#include <linux/bpf_trace.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/xdp.h>

#include "xnf.h"

struct xnf_xdp {
	struct bpf_prog *prog;
	struct page *page;	/* for the next frame, may be NULL; NAPI */
	struct xnf_xdp *next;	/* to be freed */
	struct xdp_rxq_info rxq;
};

/* A frame, room in front of it and what build_skb() puts behind it. */
#define XNF_XDP_FRAME_MAX	(PAGE_SIZE - XDP_PACKET_HEADROOM -	\
				 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
#define XNF_XDP_MTU_MAX		(XNF_XDP_FRAME_MAX - ETH_HLEN - 2 * VLAN_HLEN)

/* Frames up to here leave a program's page behind. */
#define XNF_XDP_COPYBREAK	256u

#define XDP_RENEW_LIMIT		HZ

#define XNF_XDP_PENDING_TX		BIT(0)
#define XNF_XDP_PENDING_REDIRECT	BIT(1)

/**
 * xnf_xdp_fits() - can the MTU be had with the present program?
 * @info: device
 * @mtu: bytes
 *
 * Context: rtnl.
 */
bool xnf_xdp_fits(const struct xnf_info *info, unsigned int mtu)
{
	return !info->xdp_prog || mtu <= XNF_XDP_MTU_MAX;
}

/**
 * xnf_xdp_buffer() - where to put the next frame
 * @q: queue with a program
 * @xdp: what q->xdp was when NAPI looked
 * @frame: sound frame
 *
 * Return: memory for frame->len bytes, or NULL; then the frame is counted.
 * Context: NAPI.
 */
void *xnf_xdp_buffer(struct xnf_queue *q, struct xnf_xdp *xdp,
		     const struct xnf_wire_frame *frame)
{
	if (unlikely(frame->gso_size || frame->len > XNF_XDP_FRAME_MAX)) {
		xnf_rx_count(q, &q->rx_stats.xdp_too_big);
		return NULL;
	}
	if (!xdp->page)
		xdp->page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!xdp->page)) {
		xnf_rx_count(q, &q->rx_stats.nomem);
		return NULL;
	}
	return page_address(xdp->page) + XDP_PACKET_HEADROOM;
}

/* The frame as the program left it, metadata in front. */
static struct sk_buff *xdp_to_skb(struct xnf_queue *q, struct xnf_xdp *xdp,
				  const struct xdp_buff *buff)
{
	unsigned int meta = buff->data - buff->data_meta;
	unsigned int len = buff->data_end - buff->data;
	struct sk_buff *skb;

	if (unlikely(len < ETH_HLEN))
		return NULL;
	if (len + meta <= XNF_XDP_COPYBREAK) {
		skb = napi_alloc_skb(&q->napi, len + meta);
		if (unlikely(!skb))
			return NULL;
		skb_put_data(skb, buff->data_meta, len + meta);
		__skb_pull(skb, meta);
	} else {
		skb = build_skb(buff->data_hard_start, PAGE_SIZE);
		if (unlikely(!skb))
			return NULL;
		xdp->page = NULL;
		skb_reserve(skb, buff->data - buff->data_hard_start);
		skb_put(skb, len);
	}
	if (meta)
		skb_metadata_set(skb, meta);
	return skb;
}

static bool xdp_send_back(struct xnf_queue *q, const struct xdp_buff *buff)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->info->netdev, q->id);
	bool sent;

	__netif_tx_lock(txq, smp_processor_id());
	sent = xnf_tx_raw(q, buff->data, buff->data_end - buff->data);
	__netif_tx_unlock(txq);
	if (sent)
		q->xdp_pending |= XNF_XDP_PENDING_TX;
	return sent;
}

static bool xdp_redirect(struct xnf_queue *q, struct xnf_xdp *xdp,
			 struct xdp_buff *buff, struct bpf_prog *prog)
{
	if (xdp_do_redirect(q->info->netdev, buff, prog))
		return false;
	xdp->page = NULL;
	q->xdp_pending |= XNF_XDP_PENDING_REDIRECT;
	return true;
}

/* Carries out all verdicts but XDP_PASS.  Return: the counter of what became of it. */
static u64_stats_t *xdp_act(struct xnf_queue *q, struct xnf_xdp *xdp,
		    struct xdp_buff *buff, struct bpf_prog *prog, u32 act,
		    bool blank)
{
	struct xnf_rx_stats *stats = &q->rx_stats;
	u64_stats_t *counter;

	switch (act) {
	case XDP_DROP:
		return &stats->xdp_drop;
	case XDP_TX:
		if (likely(!blank && xdp_send_back(q, buff)))
			return &stats->xdp_tx;
		counter = &stats->xdp_tx_full;
		break;
	case XDP_REDIRECT:
		if (likely(!blank && xdp_redirect(q, xdp, buff, prog)))
			return &stats->xdp_redirect;
		counter = &stats->xdp_redirect_fail;
		break;
	default:
		bpf_warn_invalid_xdp_action(q->info->netdev, prog, act);
		fallthrough;
	case XDP_ABORTED:
		counter = &stats->xdp_aborted;
		break;
	}
	trace_xdp_exception(q->info->netdev, prog, act);
	return counter;
}

/**
 * xnf_xdp_run() - the program's verdict on a frame, carried out
 * @q: queue with a program
 * @xdp: what q->xdp was when NAPI looked
 * @frame: the frame that was put into xnf_xdp_buffer()
 *
 * Return: what the stack gets, or NULL.
 * Context: NAPI.
 */
struct sk_buff *xnf_xdp_run(struct xnf_queue *q, struct xnf_xdp *xdp,
			    const struct xnf_wire_frame *frame)
{
	/* Its checksum would never be filled in. */
	bool blank = frame->flags & XEN_NETRXF_csum_blank;
	struct xnf_rx_stats *stats = &q->rx_stats;
	struct bpf_prog *prog = READ_ONCE(xdp->prog);
	struct sk_buff *skb = NULL;
	struct xdp_buff buff;
	u64_stats_t *counter;
	u32 act;

	xdp_init_buff(&buff, PAGE_SIZE, &xdp->rxq);
	xdp_prepare_buff(&buff, page_address(xdp->page), XDP_PACKET_HEADROOM,
			 frame->len, true);
	act = bpf_prog_run_xdp(prog, &buff);
	if (likely(act == XDP_PASS)) {
		skb = xdp_to_skb(q, xdp, &buff);
		if (likely(skb)) {
			xnf_rx_count(q, &stats->xdp_pass);
			return skb;
		}
		/* Less than a header is the program's doing. */
		counter = buff.data_end - buff.data < ETH_HLEN ?
			  &stats->errors : &stats->nomem;
	} else {
		counter = xdp_act(q, xdp, &buff, prog, act, blank);
	}

	/* Nothing that takes a lock happens between these two. */
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(counter);
	u64_stats_inc(&stats->packets);
	u64_stats_add(&stats->bytes, frame->len);
	u64_stats_update_end(&stats->syncp);
	return NULL;
}

/**
 * xnf_xdp_flush() - end of a poll: send what programs sent
 * @q: queue whose xdp_pending is not 0
 *
 * Context: NAPI.
 */
void xnf_xdp_flush(struct xnf_queue *q)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->info->netdev, q->id);

	if (q->xdp_pending & XNF_XDP_PENDING_REDIRECT)
		xdp_do_flush();
	if (q->xdp_pending & XNF_XDP_PENDING_TX) {
		__netif_tx_lock(txq, smp_processor_id());
		xnf_tx_push(q);
		__netif_tx_unlock(txq);
	}
	q->xdp_pending = 0;
}

/* Those that do not can never be sent, and are no reason to drop the others. */
static bool xdp_fits(struct xdp_frame *frame)
{
	return !xdp_frame_has_frags(frame) && frame->len >= ETH_HLEN &&
	       frame->len <= XEN_PAGE_SIZE;
}

/**
 * xnf_xdp_xmit() - ndo_xdp_xmit: frames that were redirected to us
 * @dev: netdev
 * @count: number of frames
 * @frames: frames; those that were sent are given back here
 * @flags: XDP_XMIT_*
 *
 * A frame that cannot be sent at all is given back as well, and counted as
 * dropped: the caller takes what is returned for the first ones of @frames.
 *
 * Return: frames that are done with, the first ones; or a negative error.
 * Context: NAPI of another device.
 */
int xnf_xdp_xmit(struct net_device *dev, int count, struct xdp_frame **frames,
		 u32 flags)
{
	struct xnf_info *info = netdev_priv(dev);
	unsigned int queues = READ_ONCE(info->nr_queues);
	struct netdev_queue *txq;
	struct xnf_queue *q;
	int sent = 0, bad = 0;

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	if (unlikely(!queues))
		return -ENETDOWN;
	q = &info->queues[smp_processor_id() % queues];
	txq = netdev_get_tx_queue(dev, q->id);

	__netif_tx_lock(txq, smp_processor_id());
	/* Rings go only after this lock was taken with both of them false. */
	if (unlikely(!READ_ONCE(info->live) || !READ_ONCE(info->running))) {
		__netif_tx_unlock(txq);
		return -ENETDOWN;
	}
	while (sent < count) {
		struct xdp_frame *frame = frames[sent];
		bool fits = xdp_fits(frame);

		if (fits && !xnf_tx_raw(q, frame->data, frame->len))
			break;
		xdp_return_frame_rx_napi(frame);
		bad += !fits;
		sent++;
	}
	if (flags & XDP_XMIT_FLUSH)
		xnf_tx_push(q);
	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_add(&q->tx_stats.xdp_xmit, sent - bad);
	u64_stats_add(&q->tx_stats.xdp_xmit_full, count - sent);
	u64_stats_add(&q->tx_stats.bad_size, bad);
	u64_stats_add(&q->tx_stats.dropped, bad);
	u64_stats_update_end(&q->tx_stats.syncp);
	__netif_tx_unlock(txq);
	return sent;
}

static void xdp_free(struct xnf_xdp *xdp)
{
	xdp_rxq_info_unreg(&xdp->rxq);
	if (xdp->page)
		__free_page(xdp->page);
	kfree(xdp);
}

static struct xnf_xdp *xdp_alloc(struct xnf_queue *q, struct bpf_prog *prog)
{
	struct xnf_xdp *xdp = kzalloc(sizeof(*xdp), GFP_KERNEL);
	int err = -ENOMEM;

	if (!xdp)
		return ERR_PTR(err);
	xdp->prog = prog;
	err = xdp_rxq_info_reg(&xdp->rxq, q->info->netdev, q->id, 0);
	if (err)
		goto free_xdp;
	err = xdp_rxq_info_reg_mem_model(&xdp->rxq, MEM_TYPE_PAGE_ORDER0,
					 NULL);
	if (err)
		goto unreg_rxq;
	return xdp;

unreg_rxq:
	xdp_rxq_info_unreg(&xdp->rxq);
free_xdp:
	kfree(xdp);
	return ERR_PTR(err);
}

/* A program cannot be kept from going, so nothing here fails. */
static void xdp_detach(struct xnf_info *info)
{
	struct xnf_xdp *xdp, *gone = NULL;
	unsigned int i;

	for (i = 0; i < info->max_queues; i++) {
		xdp = info->queues[i].xdp;
		if (!xdp)
			continue;
		WRITE_ONCE(info->queues[i].xdp, NULL);
		xdp->next = gone;
		gone = xdp;
	}
	/* NAPI may be at work with them. */
	synchronize_net();
	while (gone) {
		xdp = gone;
		gone = xdp->next;
		xdp_free(xdp);
	}
}

static int xdp_attach(struct xnf_info *info, struct bpf_prog *prog)
{
	unsigned int i;

	for (i = 0; i < info->max_queues; i++) {
		struct xnf_xdp *xdp = xdp_alloc(&info->queues[i], prog);

		if (IS_ERR(xdp)) {
			xdp_detach(info);
			return PTR_ERR(xdp);
		}
		/* Set up before NAPI can see it. */
		smp_store_release(&info->queues[i].xdp, xdp);
	}
	return 0;
}

/*
 * Connects anew when the first program comes and when the last one goes: the
 * backend reads what we want to receive only then.  A program runs on each
 * frame from here on whatever the backend does, so a slow one is waited for no
 * longer than XDP_RENEW_LIMIT, and no program is refused for it.
 */
static void xdp_renew(struct xnf_info *info, const char *why)
{
	xnf_renew_now(info, why, XDP_RENEW_LIMIT);
}

static int xdp_setup(struct xnf_info *info, struct bpf_prog *prog,
		     struct netlink_ext_ack *extack)
{
	struct bpf_prog *old = info->xdp_prog;
	unsigned int i;
	int err = 0;

	if (prog && info->netdev->mtu > XNF_XDP_MTU_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "MTU too large for XDP: a frame has to fit one page with its headroom, multi-buffer is not supported; lower the MTU to 3498");
		return -EOPNOTSUPP;
	}
	if (prog && !old)
		err = xdp_attach(info, prog);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "no memory for the receive queues of XDP");
		return err;
	}
	WRITE_ONCE(info->xdp_prog, prog);
	if (prog && old)
		for (i = 0; i < info->max_queues; i++)
			WRITE_ONCE(info->queues[i].xdp->prog, prog);
	if (!prog && old)
		xdp_detach(info);
	if (old)
		bpf_prog_put(old);
	if (!prog != !old)
		xdp_renew(info, prog ? "XDP on" : "XDP off");
	return 0;
}

/**
 * xnf_bpf() - ndo_bpf
 * @dev: netdev
 * @bpf: what to do
 *
 * Context: rtnl.
 */
int xnf_bpf(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct xnf_info *info = netdev_priv(dev);

	switch (bpf->command) {
	case XDP_SETUP_PROG:
		return xdp_setup(info, bpf->prog, bpf->extack);
	default:
		return xnf_bpf_query(bpf, info->xdp_prog);
	}
}

/**
 * xnf_xdp_init() - tell the kernel what we can do
 * @dev: netdev that is not registered
 */
void xnf_xdp_init(struct net_device *dev)
{
	BUILD_BUG_ON(XNF_XDP_MTU_MAX < 3498);
	xnf_set_xdp_features(dev);
}
