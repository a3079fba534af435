// SPDX-License-Identifier: GPL-2.0
/*
 * Receive: pages posted to the backend, frames taken from what it filled.
 *
 * A frame is parsed as a whole, by the rules of wire.h, before anything is
 * done about it: a frame that breaks a rule costs itself and leaves the slots
 * as they were.  Small frames are copied out and their page stays granted;
 * larger ones take their pages along and the slots get others.  We keep a
 * reference on each page that goes, and use it again when the stack has let go
 * of it; no page_pool, whose end waits, and complains, for as long as a process
 * leaves unread what it received.
 *
 * Locking: NAPI is the only user while the queue runs.
 *
 * Invariant: the request for ring index i names slot i modulo ring size, so a
 * consumed slot is posted again in place.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "xnf.h"
#include "rxframe.h"
#include "trace.h"

/* Posted before packets flow: enough for two of the largest frames. */
#define RX_FIRST		64u

/*
 * Frames up to here are copied out and their page goes straight back.  One of
 * the usual MTU costs less to copy than its page costs to take back and to
 * grant anew, and charges its socket half as much.
 */
#define RX_COPYBREAK		1536u
/* Bytes of a larger frame that are copied into the linear area. */
#define RX_HEAD		128u
/* Consumed slots that make a refill, and with it a doorbell, worthwhile. */
#define RX_REFILL_BATCH		32u

static void rx_refill_timeout(struct timer_list *t)
{
	struct xnf_queue *q = timer_container_of(q, t, refill_timer);

	xnf_queue_look(q);
}

/**
 * xnf_rx_create() - memory and grants of the receive side
 * @q: queue whose ring is set up
 *
 * Return: 0 or a negative error; then nothing is left behind.
 * Context: process.
 */
int xnf_rx_create(struct xnf_queue *q)
{
	grant_ref_t *refs;
	unsigned int i;
	int err = -ENOMEM;

	q->rx_slots = kvcalloc(XNF_RX_RING_SIZE, sizeof(*q->rx_slots),
			       GFP_KERNEL);
	refs = kvcalloc(XNF_RX_RING_SIZE, sizeof(*refs), GFP_KERNEL);
	if (!q->rx_slots || !refs)
		goto free_slots;
	err = xnf_grant_alloc(refs, XNF_RX_RING_SIZE);
	if (err)
		goto free_slots;
	for (i = 0; i < XNF_RX_RING_SIZE; i++)
		q->rx_slots[i].ref = refs[i];
	kvfree(refs);
	timer_setup(&q->refill_timer, rx_refill_timeout, 0);
	return 0;

free_slots:
	kvfree(refs);
	kvfree(q->rx_slots);
	q->rx_slots = NULL;
	return err;
}

/* A page that we lent to the stack and that is ours again, or NULL. */
static struct page *rx_reuse_page(struct xnf_rx_used *used)
{
	struct page *page;

	if (used->head == used->tail)
		return NULL;
	page = used->page[used->head % XNF_RX_RING_SIZE];
	/* The stack lets go in about the order in which it got them. */
	if (page_count(page) != 1)
		return NULL;
	used->head++;
	return page;
}

static void rx_forget_page(struct xnf_rx_used *used)
{
	put_page(used->page[used->head++ % XNF_RX_RING_SIZE]);
}

/*
 * The stack gets @page; what it has had for longest makes room.  A page of the
 * reserves does not come back: packets on it are for few sockets only.
 */
static void rx_lend_page(struct xnf_rx_used *used, struct page *page)
{
	if (page_is_pfmemalloc(page))
		return;
	if (used->tail - used->head == XNF_RX_RING_SIZE)
		rx_forget_page(used);
	get_page(page);
	used->page[used->tail++ % XNF_RX_RING_SIZE] = page;
}

/*
 * Ends the backend's access to the slot's page.  If the backend still maps
 * it, the slot loses the reference and tries to get another.
 */
static bool rx_end_slot(struct xnf_rx_slot *slot)
{
	if (!slot->granted)
		return true;
	slot->granted = false;
	if (likely(xnf_grant_end(&slot->ref, slot->page)))
		return true;
	if (xnf_grant_alloc(&slot->ref, 1))
		slot->ref = INVALID_GRANT_REF;
	return false;
}

/**
 * xnf_rx_free_old() - free what xnf_rx_destroy() left
 * @q: queue
 *
 * Context: process.
 */
void xnf_rx_free_old(struct xnf_queue *q)
{
	unsigned int i;

	if (!q->old_slots)
		return;
	for (i = 0; i < XNF_RX_RING_SIZE; i++) {
		struct xnf_rx_slot *slot = &q->old_slots[i];

		rx_end_slot(slot);
		xnf_grant_free(&slot->ref, 1);
		if (slot->page)
			put_page(slot->page);
	}
	kvfree(q->old_slots);
	q->old_slots = NULL;
}

/**
 * xnf_rx_destroy() - undo xnf_rx_create()
 * @q: queue that is stopped and whose backend let go
 *
 * A resume leaves the slots to xnf_rx_free_old(): it has the neighbours to
 * tell first, and the backend that could reach the pages is on another host.
 *
 * Context: process.
 */
void xnf_rx_destroy(struct xnf_queue *q)
{
	if (!q->rx_slots)
		return;
	timer_delete_sync(&q->refill_timer);
	while (q->rx_used.head != q->rx_used.tail)
		rx_forget_page(&q->rx_used);
	xnf_rx_free_old(q);
	q->old_slots = q->rx_slots;
	q->rx_slots = NULL;
	if (!q->info->resuming)
		xnf_rx_free_old(q);
}

static bool rx_fill_slot(struct xnf_queue *q, struct xnf_rx_slot *slot)
{
	if (slot->granted)
		return true;
	if (unlikely(slot->ref == INVALID_GRANT_REF) &&
	    xnf_grant_alloc(&slot->ref, 1)) {
		slot->ref = INVALID_GRANT_REF;
		return false;
	}
	if (!slot->page) {
		slot->page = rx_reuse_page(&q->rx_used);
		/* It may hold what the guest made of it. */
		if (slot->page && q->info->agreed.bounce)
			clear_page(page_address(slot->page));
	}
	if (!slot->page)
		slot->page = alloc_page(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO);
	if (unlikely(!slot->page))
		return false;
	gnttab_page_grant_foreign_access_ref_one(slot->ref,
						 q->info->xdev->otherend_id,
						 slot->page, 0);
	slot->granted = true;
	return true;
}

/**
 * xnf_rx_refill() - post consumed slots again
 * @q: live queue
 * @batch: do nothing for fewer slots than this
 *
 * Out of memory is no error: the timer tries again, and a backend that has
 * slots left goes on.  A new connection begins with few slots, because making
 * all of them would hold up its first packet; see xnf_fill_rings().
 *
 * Context: NAPI, or process before the queue runs.
 */
void xnf_rx_refill(struct xnf_queue *q, unsigned int batch)
{
	RING_IDX prod = q->rx.req_prod_pvt;
	RING_IDX end = q->rx.rsp_cons + (READ_ONCE(q->info->rx_fill_all) ?
					 XNF_RX_RING_SIZE : RX_FIRST);
	int notify;

	if (end - prod < batch)
		return;
	for (; prod != end; prod++) {
		struct xnf_rx_slot *slot = xnf_rx_slot(q, prod);
		struct xen_netif_rx_request *req;

		if (unlikely(!rx_fill_slot(q, slot))) {
			xnf_rx_count(q, &q->rx_stats.nomem);
			mod_timer(&q->refill_timer, jiffies + HZ / 10);
			break;
		}
		req = RING_GET_REQUEST(&q->rx, prod);
		req->id = prod & (XNF_RX_RING_SIZE - 1);
		req->gref = slot->ref;
	}
	if (prod == q->rx.req_prod_pvt)
		return;

	WRITE_ONCE(q->rx.req_prod_pvt, prod);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->rx, notify);
	if (!notify)
		return;
	notify_remote_via_irq(q->rx_irq);
	trace_xnf_doorbell(q->info->netdev->name, q->id, "receive");
	xnf_rx_count(q, &q->rx_stats.doorbells);
}

static void *rx_piece_data(const struct xnf_rx_piece *piece)
{
	return page_address(piece->slot->page) + piece->offset;
}

static struct sk_buff *rx_copy(struct xnf_queue *q,
			       const struct xnf_wire_frame *frame,
			       const struct xnf_rx_piece *piece)
{
	struct sk_buff *skb = napi_alloc_skb(&q->napi, frame->len);
	unsigned int i;

	if (unlikely(!skb))
		return NULL;
	for (i = 0; i < frame->data; i++)
		skb_put_data(skb, rx_piece_data(&piece[i]), piece[i].len);
	xnf_rx_count(q, &q->rx_stats.copied);
	return skb;
}

/* The page of @piece becomes fragment of @skb, from byte @skip on. */
static bool rx_add_page(struct xnf_queue *q, struct sk_buff *skb,
			const struct xnf_rx_piece *piece, unsigned int skip)
{
	struct xnf_rx_slot *slot = piece->slot;

	/* A slot without data is legal, a fragment without data is not. */
	if (unlikely(piece->len == skip))
		return true;
	if (unlikely(skb_shinfo(skb)->nr_frags >= MAX_SKB_FRAGS))
		return false;
	if (unlikely(!rx_end_slot(slot))) {
		/* The page may change under a reader: not for the stack. */
		put_page(slot->page);
		slot->page = NULL;
		xnf_schedule_reset(q->info, "page still mapped");
		return false;
	}
	rx_lend_page(&q->rx_used, slot->page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, slot->page,
			piece->offset + skip, piece->len - skip, PAGE_SIZE);
	slot->page = NULL;
	return true;
}

static struct sk_buff *rx_take(struct xnf_queue *q,
			       const struct xnf_wire_frame *frame,
			       const struct xnf_rx_piece *piece)
{
	unsigned int head = xnf_wire_head(frame->data, piece[0].len,
					  RX_HEAD, MAX_SKB_FRAGS);
	struct sk_buff *skb = napi_alloc_skb(&q->napi, max(head, RX_HEAD));
	void *from = rx_piece_data(&piece[0]), *to;
	unsigned int i;

	if (unlikely(!skb))
		return NULL;
	/*
	 * The backend's access ends before the headers are copied, unless the
	 * first slot holds nothing else: what is checked is what is used.
	 */
	to = skb_put(skb, head);
	if (!rx_add_page(q, skb, &piece[0], head))
		goto free_skb;
	memcpy(to, from, head);
	for (i = 1; i < frame->data; i++)
		if (!rx_add_page(q, skb, &piece[i], 0))
			goto free_skb;
	return skb;

free_skb:
	dev_kfree_skb_any(skb);
	return NULL;
}

/*
 * Where does the checksum go that the sender left out?  The stack finds it for
 * a packet without tags, so these are out of its way meanwhile.
 */
static int rx_find_checksum(struct sk_buff *skb, bool recalculate)
{
	__be16 protocol = skb->protocol;
	unsigned int tags = 0;
	int err;

	while (eth_type_vlan(skb->protocol) && pskb_may_pull(skb, VLAN_HLEN)) {
		const struct vlan_hdr *tag = (const void *)skb->data;

		skb->protocol = tag->h_vlan_encapsulated_proto;
		__skb_pull(skb, VLAN_HLEN);
		tags += VLAN_HLEN;
	}
	skb_reset_network_header(skb);
	err = skb_checksum_setup(skb, recalculate);
	__skb_push(skb, tags);
	skb_reset_network_header(skb);
	skb->protocol = protocol;
	return err;
}

/*
 * A sum that nobody here can finish is no reason to lose the packet: it did
 * not leave the host, so its data is as it was sent.
 */
static int rx_finish_checksum(struct xnf_queue *q, struct sk_buff *skb,
			      bool recalculate)
{
	int err = rx_find_checksum(skb, recalculate);

	if (likely(!err) || skb_is_gso(skb))
		return err;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	xnf_rx_count(q, &q->rx_stats.csum_unknown);
	return 0;
}

static int rx_set_offload(struct xnf_queue *q, struct sk_buff *skb,
			  const struct xnf_wire_frame *frame)
{
	bool fixup = false;

	if (frame->flags & XEN_NETRXF_csum_blank)
		skb->ip_summed = CHECKSUM_PARTIAL;
	else if (frame->flags & XEN_NETRXF_data_validated)
		skb->ip_summed = CHECKSUM_UNNECESSARY;

	if (frame->gso_size) {
		skb_shinfo(skb)->gso_size = frame->gso_size;
		skb_shinfo(skb)->gso_type =
			frame->gso_type == XNF_WIRE_GSO_TCPV4 ?
			SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
		/* The stack checks the headers and counts the segments. */
		skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
		skb_shinfo(skb)->gso_segs = 0;
		/* Some peers send segments without saying csum_blank. */
		if (skb->ip_summed != CHECKSUM_PARTIAL) {
			skb->ip_summed = CHECKSUM_PARTIAL;
			fixup = true;
			xnf_rx_count(q, &q->rx_stats.gso_fixup);
		}
	}
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return 0;
	return rx_finish_checksum(q, skb, fixup);
}

static void rx_set_hash(const struct net_device *dev, struct sk_buff *skb,
			const struct xnf_wire_frame *frame)
{
	bool tcp = frame->hash_type == _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP ||
		   frame->hash_type == _XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP;

	if (!frame->hash || !(dev->features & NETIF_F_RXHASH) ||
	    frame->hash_alg != XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ)
		return;
	skb_set_hash(skb, frame->hash_value,
		     tcp ? PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3);
}

static void rx_bad_frame(struct xnf_queue *q, enum xnf_wire_fault fault)
{
	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_inc(&q->rx_stats.errors);
	u64_stats_inc(&q->rx_stats.fault[fault]);
	u64_stats_update_end(&q->rx_stats.syncp);
}

/* Through the program; what it lets pass comes back. */
static struct sk_buff *rx_filter(struct xnf_queue *q, struct xnf_xdp *xdp,
				 const struct xnf_wire_frame *frame,
				 const struct xnf_rx_piece *piece)
{
	void *to = xnf_xdp_buffer(q, xdp, frame);
	unsigned int i;

	if (unlikely(!to))
		return NULL;
	for (i = 0; i < frame->data; i++) {
		memcpy(to, rx_piece_data(&piece[i]), piece[i].len);
		to += piece[i].len;
	}
	return xnf_xdp_run(q, xdp, frame);
}

static void rx_deliver(struct xnf_queue *q, const struct xnf_wire_frame *frame,
		       const struct xnf_rx_piece *piece)
{
	/* Once: a program may go at any time, its memory not before we end. */
	struct xnf_xdp *xdp = READ_ONCE(q->xdp);
	struct sk_buff *skb;

	if (XNF_FEATURE_xdp && unlikely(xdp)) {
		skb = rx_filter(q, xdp, frame, piece);
		if (!skb)
			return;
	} else if (frame->len <= RX_COPYBREAK) {
		skb = rx_copy(q, frame, piece);
	} else {
		skb = rx_take(q, frame, piece);
	}
	if (unlikely(!skb)) {
		xnf_rx_count(q, &q->rx_stats.nomem);
		return;
	}

	skb->protocol = eth_type_trans(skb, q->info->netdev);
	skb_reset_network_header(skb);
	if (unlikely(rx_set_offload(q, skb, frame))) {
		rx_bad_frame(q, XNF_WIRE_OK);
		dev_kfree_skb_any(skb);
		return;
	}
	rx_set_hash(q->info->netdev, skb, frame);
	skb_record_rx_queue(skb, q->id);
	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_inc(&q->rx_stats.packets);
	u64_stats_add(&q->rx_stats.bytes, frame->len);
	u64_stats_update_end(&q->rx_stats.syncp);
	napi_gro_receive(&q->napi, skb);
}

/**
 * xnf_rx_poll() - take up to @budget frames from the ring
 * @q: live queue
 * @budget: frames, sound or not
 *
 * Return: frames taken.
 * Context: NAPI.
 */
int xnf_rx_poll(struct xnf_queue *q, int budget)
{
	struct xnf_rx_piece piece[XNF_WIRE_DATA_MAX];
	struct xnf_wire_frame frame;
	RING_IDX prod = READ_ONCE(q->rx.sring->rsp_prod);
	int done = 0;

	if (unlikely(!xnf_wire_prod_ok(prod, q->rx.rsp_cons,
				       q->rx.req_prod_pvt))) {
		xnf_queue_fault(q, XNF_WIRE_RX_ID);
		return 0;
	}
	virt_rmb();	/* responses are read after the index covering them */

	rcu_read_lock();	/* for programs and what they redirect to */
	while (done < budget && q->rx.rsp_cons != prod) {
		xnf_rx_parse(q, prod, &frame, piece);
		if (likely(frame.fault == XNF_WIRE_OK))
			rx_deliver(q, &frame, piece);
		else
			rx_bad_frame(q, frame.fault);
		done++;
	}
	if (XNF_FEATURE_xdp && unlikely(q->xdp_pending))
		xnf_xdp_flush(q);
	rcu_read_unlock();
	xnf_rx_refill(q, RX_REFILL_BATCH);
	return done;
}

/**
 * xnf_rx_answered() - are there so many responses to take?
 * @q: live queue
 * @responses: at least 1
 *
 * Context: NAPI.
 */
bool xnf_rx_answered(const struct xnf_queue *q, unsigned int responses)
{
	return READ_ONCE(q->rx.sring->rsp_prod) - q->rx.rsp_cons >= responses;
}

/**
 * xnf_rx_arm() - ask for an event
 * @q: live queue
 * @responses: when so many are there, at least 1
 *
 * Return: true if there are that many to take already.
 * Context: NAPI.
 */
bool xnf_rx_arm(struct xnf_queue *q, unsigned int responses)
{
	WRITE_ONCE(q->rx.sring->rsp_event, q->rx.rsp_cons + responses);
	virt_mb();	/* the event index is out before we look again */
	return xnf_rx_answered(q, responses);
}
