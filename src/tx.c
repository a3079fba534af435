// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit: packets into ring slots.  What comes back: txdone.c.
 *
 * Linear data is copied into chunks, pages that stay granted: no grant
 * operation a packet, no slab neighbour within the backend's reach.  Only page
 * fragments are granted one by one.  Both have their references from txref.c.
 * With an untrusted backend ("bounce") fragments are copied as well, so that
 * the backend sees packets and nothing around them (XSA-403).
 *
 * A packet whose memory stays in use until the backend is done with it is
 * waited for: an event announces its completion (tx_event_deadline).  One that
 * one chunk holds whole can be freed at once (free_early), then nobody waits:
 * it is reaped along with others, or when TX_UNREAPED_MAX slots were answered.
 * What keeps a sender from flooding the ring are its socket, which is charged
 * for packets once TX_CHARGE_AFTER are under way, and byte queue limits; a
 * packet that stops the queue there is waited for.
 *
 * Locking: xnf_start_xmit() runs under the netdev tx lock and produces;
 * xnf_tx_reap() runs in NAPI and consumes.  The two meet in the free lists
 * (struct xnf_fifo) and in the ring's indices.
 *
 * Invariants: a running queue has room for the largest packet.  A response may
 * name only what was published: an id is out, and its packet complete, from
 * xnf_tx_push() on and not from when it is taken.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/sched.h>

#include "frame.h"
#include "xnf.h"
#include "trace.h"
#include "txring.h"

/* Slots that netback accepts for one packet, not counting extras. */
#define TX_SLOTS_MAX		XEN_NETIF_NR_SLOTS_MIN
/* Room that the largest packet needs: its slots and one GSO extra. */
#define TX_ROOM_MIN		(TX_SLOTS_MAX + 1)

/* Packets up to here are copied whole, fragments and all. */
#define TX_COPYBREAK		256u

/* Unanswered requests beyond which a socket is charged until they are. */
#define TX_CHARGE_AFTER		8u
/* Bytes at the front that netback copies anyway before it maps the rest. */
#define TX_HEAD		128u

/**
 * xnf_tx_create() - memory and grants of the transmit side
 * @q: queue whose ring is set up
 *
 * Return: 0 or a negative error; then nothing is left behind.
 * Context: process.
 */
int xnf_tx_create(struct xnf_queue *q)
{
	unsigned int i;
	int err = -ENOMEM;

	q->tx_slots = kvcalloc(XNF_TX_RING_SIZE, sizeof(*q->tx_slots),
			       GFP_KERNEL);
	if (!q->tx_slots)
		return err;
	err = xnf_txref_create(q);
	if (err)
		goto free_slots;

	q->tx_ids.head = 0;
	q->tx_ids.tail = 0;
	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		xnf_fifo_give(&q->tx_ids, i);
	q->tx_pushed = 0;
	q->tx_event_deadline = 0;
	q->tx_event = 1;	/* as the ring is initialised */
	return 0;

free_slots:
	kvfree(q->tx_slots);
	q->tx_slots = NULL;
	return err;
}

/* @reason: one of the counters below "dropped" */
static void tx_drop(struct xnf_queue *q, u64_stats_t *reason)
{
	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.dropped);
	u64_stats_inc(reason);
	u64_stats_update_end(&q->tx_stats.syncp);
}

static u64_stats_t *tx_drop_reason(struct xnf_queue *q, int err)
{
	switch (err) {
	case -EMSGSIZE:
		return &q->tx_stats.bad_size;
	case -EOPNOTSUPP:
		return &q->tx_stats.no_feature;
	default:
		return &q->tx_stats.no_memory;
	}
}

/**
 * xnf_tx_destroy() - undo xnf_tx_create()
 * @q: queue that is stopped and whose backend let go
 *
 * Packets in flight are dropped and counted.
 * Context: process.
 */
void xnf_tx_destroy(struct xnf_queue *q)
{
	struct xnf_tx_slot *slot;
	unsigned int i;

	if (!q->tx_slots)
		return;
	for (i = 0; i < XNF_TX_RING_SIZE; i++) {
		/* Out, or built and never published; chunks have their own end. */
		if (q->tx_slots[i].page)
			xnf_tx_end_slot(q, i);
	}
	for (i = 0; i < XNF_TX_RING_SIZE; i++) {
		slot = &q->tx_slots[i];
		if (!slot->len)
			continue;
		slot->len = 0;
		dev_kfree_skb(slot->skb);
		slot->skb = NULL;
		tx_drop(q, &q->tx_stats.disconnected);
	}
	netdev_tx_reset_queue(netdev_get_tx_queue(q->info->netdev, q->id));
	xnf_txref_destroy(q);
	kvfree(q->tx_slots);
	q->tx_slots = NULL;
}

/**
 * xnf_tx_room() - slots that a packet may use now
 * @q: live queue
 *
 * The ring, the ids and the references run out separately: extras take a ring
 * slot without an id, an id outlives its ring slot while the rest of its packet
 * is in flight, and a reference is lost to a backend that keeps a page mapped.
 *
 * Context: netdev tx lock, or NAPI (then a lower bound).
 */
unsigned int xnf_tx_room(const struct xnf_queue *q)
{
	unsigned int ring = XNF_TX_RING_SIZE -
			    (READ_ONCE(q->tx.req_prod_pvt) -
			     READ_ONCE(q->tx.rsp_cons));
	unsigned int refs = xnf_fifo_used(&q->tx_chunks) +
			    xnf_fifo_used(&q->tx_bare);

	return min3(ring, xnf_fifo_used(&q->tx_ids), refs);
}

/* How one packet is laid out in slots. */
struct xnf_tx_plan {
	unsigned int copy;	/* bytes from the front that are copied */
	bool free_early;	/* when copied, and no event for it */
	unsigned int slots;	/* data slots, copied and granted */
	u16 ref[TX_SLOTS_MAX];	/* of each, those of chunks first */
};

static unsigned int tx_frag_slots(const skb_frag_t *frag, unsigned int skip)
{
	unsigned int offset = skb_frag_off(frag) + skip;

	return DIV_ROUND_UP((offset & ~XEN_PAGE_MASK) +
			    skb_frag_size(frag) - skip, XEN_PAGE_SIZE);
}

/*
 * Everything that is linear is copied, at least TX_HEAD bytes of a packet
 * with fragments: netback copies that much from the first slot instead of
 * mapping it, and drops a packet whose first slot is shorter than an Ethernet
 * header.  A packet that fits one chunk is copied whole, and any if @whole.
 */
static void tx_plan(const struct sk_buff *skb, bool whole,
		    struct xnf_tx_plan *plan)
{
	unsigned int i, skip;

	if (whole || skb->len <= TX_COPYBREAK)
		plan->copy = skb->len;
	else
		plan->copy = max(skb_headlen(skb), TX_HEAD);
	plan->slots = DIV_ROUND_UP(plan->copy, XEN_PAGE_SIZE);

	skip = plan->copy - min(plan->copy, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		unsigned int size = skb_frag_size(frag);

		if (skip >= size) {
			skip -= size;
			continue;
		}
		plan->slots += tx_frag_slots(frag, skip);
		skip = 0;
	}
}

static struct xen_netif_tx_request *
tx_add_chunk(struct xnf_queue *q, struct sk_buff *skb, unsigned int from,
	     unsigned int size, u16 id, u16 head, u16 ref)
{
	void *to = page_address(q->tx_chunk[ref]);

	/* It was another packet's: nothing of that goes out again. */
	if (unlikely(skb_copy_bits(skb, from, to, size)))
		memset(to, 0, size);
	return xnf_tx_add_slot(q, id, head, ref, 0, size);
}

static struct xen_netif_tx_request *
tx_add_frag(struct xnf_queue *q, const skb_frag_t *frag, unsigned int skip,
	    u16 head, const u16 **ref)
{
	struct page *page = skb_frag_page(frag);
	unsigned int offset = skb_frag_off(frag) + skip;
	unsigned int left = skb_frag_size(frag) - skip;
	struct xen_netif_tx_request *req = NULL;

	page += offset >> XEN_PAGE_SHIFT;
	offset &= ~XEN_PAGE_MASK;
	while (left) {
		unsigned int size = min_t(unsigned int, left,
					  XEN_PAGE_SIZE - offset);
		u16 id = xnf_fifo_take(&q->tx_ids);

		gnttab_grant_foreign_access_ref(q->tx_refs[**ref],
						q->info->xdev->otherend_id,
						xen_page_to_gfn(page),
						GNTMAP_readonly);
		q->tx_slots[id].page = page;
		req = xnf_tx_add_slot(q, id, head, *(*ref)++, offset, size);
		left -= size;
		offset = 0;
		page++;
	}
	return req;
}

static struct xen_netif_extra_info *tx_add_extra(struct xnf_queue *q)
{
	return (struct xen_netif_extra_info *)xnf_tx_next_slot(q, XNF_TX_EXTRA);
}

/* The GSO extra takes the ring slot behind the first request. */
static void tx_add_gso(struct xnf_queue *q, const struct sk_buff *skb)
{
	struct xen_netif_extra_info *extra = tx_add_extra(q);

	extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
	extra->flags = 0;
	extra->u.gso.size = skb_shinfo(skb)->gso_size;
	extra->u.gso.type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ?
			    XEN_NETIF_GSO_TYPE_TCPV6 :
			    XEN_NETIF_GSO_TYPE_TCPV4;
	extra->u.gso.pad = 0;
	extra->u.gso.features = 0;
}

static void tx_finish_first(struct xen_netif_tx_request *first,
			    const struct sk_buff *skb)
{
	/* By the protocol the first request has the length of the packet. */
	first->size = skb->len;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		first->flags |= XEN_NETTXF_csum_blank |
				XEN_NETTXF_data_validated;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		first->flags |= XEN_NETTXF_data_validated;
	if (skb_is_gso(skb))
		first->flags |= XEN_NETTXF_extra_info;
}

static void tx_build(struct xnf_queue *q, struct sk_buff *skb,
		     const struct xnf_tx_plan *plan)
{
	struct xen_netif_tx_request *first, *last;
	u16 head = xnf_fifo_take(&q->tx_ids);
	struct xnf_tx_slot *slot = &q->tx_slots[head];
	const u16 *ref = plan->ref;
	unsigned int from, i, size, skip;

	slot->skb = plan->free_early ? NULL : skb;
	slot->len = skb->len;
	slot->pending = 0;
	slot->mcast = false;

	size = min_t(unsigned int, plan->copy, XEN_PAGE_SIZE);
	first = tx_add_chunk(q, skb, 0, size, head, head, *ref++);
	last = first;
	if (skb_is_gso(skb))
		tx_add_gso(q, skb);
	for (from = size; from < plan->copy; from += size) {
		size = min_t(unsigned int, plan->copy - from, XEN_PAGE_SIZE);
		last = tx_add_chunk(q, skb, from, size,
				    xnf_fifo_take(&q->tx_ids), head, *ref++);
	}

	skip = plan->copy - min(plan->copy, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		if (skip >= skb_frag_size(frag)) {
			skip -= skb_frag_size(frag);
			continue;
		}
		last = tx_add_frag(q, frag, skip, head, &ref);
		skip = 0;
	}
	last->flags &= ~XEN_NETTXF_more_data;
	tx_finish_first(first, skb);
}

/**
 * xnf_tx_push() - publish what was built, ring the doorbell if need be
 * @q: live queue
 *
 * Context: netdev tx lock of the queue.
 */
void xnf_tx_push(struct xnf_queue *q)
{
	int notify;

	if (q->tx_pushed == q->tx.req_prod_pvt)
		return;
	xnf_tx_publish(q);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->tx, notify);
	if (!notify)
		return;
	notify_remote_via_irq(q->tx_irq);
	trace_xnf_doorbell(q->info->netdev->name, q->id, "transmit");
	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.doorbells);
	u64_stats_update_end(&q->tx_stats.syncp);
}

/**
 * xnf_tx_mcast() - a change of the backend's multicast list
 * @q: live queue
 * @type: XEN_NETIF_EXTRA_TYPE_MCAST_ADD or _DEL
 * @addr: group
 *
 * A request without a packet, which the backend does not look at: the extra
 * behind it is all.  Its answer goes to xnf_mcast_answer().
 *
 * Return: false if there is no room.
 * Context: netdev tx lock of the queue.
 */
bool xnf_tx_mcast(struct xnf_queue *q, u8 type, const u8 *addr)
{
	struct xen_netif_extra_info *extra;
	struct xen_netif_tx_request *req;
	RING_IDX first = q->tx.req_prod_pvt;
	struct xnf_tx_slot *slot;
	u16 id;

	if (xnf_tx_room(q) < TX_ROOM_MIN)
		return false;
	id = xnf_fifo_take(&q->tx_ids);
	slot = &q->tx_slots[id];
	slot->skb = NULL;
	slot->page = NULL;
	slot->pending = 0;
	slot->mcast = true;
	req = xnf_tx_add_slot(q, id, id, XNF_REF_NONE, 0, 0);
	req->flags = XEN_NETTXF_extra_info;
	extra = tx_add_extra(q);
	memset(extra, 0, sizeof(*extra));
	extra->type = type;
	ether_addr_copy(extra->u.mcast.addr, addr);
	xnf_tx_want_event(q, first);
	xnf_tx_push(q);
	return true;
}

/*
 * Nothing goes on until the backend made room, so it gets what it needs: the
 * requests, its doorbell and, where it shares our CPU, that.  A sender that
 * spins would otherwise keep the CPU until the hypervisor takes it away, one
 * ring's worth of packets in each of its time slices.
 */
static void tx_stop(struct xnf_queue *q, struct netdev_queue *txq)
{
	netif_tx_stop_queue(txq);
	trace_xnf_tx_stop(q->info->netdev->name, q->id, "ring full");
	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.stops);
	u64_stats_update_end(&q->tx_stats.syncp);
	xnf_stall_watch(q);
	xnf_tx_push(q);
	HYPERVISOR_sched_op(SCHEDOP_yield, NULL);
	/* NAPI may have made room before it could see the stop. */
	smp_mb();
	if (xnf_tx_room(q) < XNF_TX_ROOM_WAKE)
		return;
	netif_tx_start_queue(txq);
	trace_xnf_tx_start(q->info->netdev->name, q->id, "room again");
}

/*
 * Features may have shrunk since the stack checked the packet: a migration
 * can end at a backend without them.
 */
static bool tx_fits_features(const struct xnf_info *info,
			     const struct sk_buff *skb, unsigned int slots)
{
	if (slots > 1 && !info->agreed.sg)
		return false;
	if (!skb_is_gso(skb))
		return true;
	return skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ? info->agreed.tso6 :
							   info->agreed.tso4;
}

/*
 * Lays the packet out.  One in more pieces than a backend takes is copied whole:
 * that needs chunks, a page each, where making it linear would need all of it in
 * a row, and a packet that nobody else holds.
 */
static int tx_layout(struct xnf_queue *q, struct sk_buff *skb,
		     struct xnf_tx_plan *plan)
{
	if (unlikely(skb->len > XEN_NETIF_MAX_TX_SIZE ||
		     skb->len < ETH_HLEN))
		return -EMSGSIZE;
	tx_plan(skb, q->info->agreed.bounce, plan);
	if (likely(plan->slots <= TX_SLOTS_MAX))
		return 0;

	tx_plan(skb, true, plan);
	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.linearized);
	u64_stats_update_end(&q->tx_stats.syncp);
	return 0;
}

/*
 * The copy of a packet is all that the backend sees, but a socket counts its
 * packets until they are freed.  Were each freed here, only the ring would
 * limit a flood of datagrams, and it holds more than the receiving socket; and
 * TCP would see no queue where there is one.
 */
static bool tx_can_free_early(const struct xnf_queue *q,
			      const struct sk_buff *skb,
			      const struct xnf_tx_plan *plan)
{
	if (plan->copy < skb->len || plan->slots > 1)
		return false;
	return !skb->sk || q->tx.req_prod_pvt -
			   READ_ONCE(q->tx.sring->rsp_prod) < TX_CHARGE_AFTER;
}

static bool tx_backend_finishes(const struct xnf_info *info,
				const struct sk_buff *skb)
{
	switch (xnf_frame_kind(skb->data, skb_headlen(skb),
			       skb_checksum_start_offset(skb),
			       skb->csum_offset)) {
	case XNF_FRAME_IPV4:
		return true;
	case XNF_FRAME_IPV6:
		return info->agreed.csum6;
	default:
		return false;
	}
}

/*
 * The stack goes by a frame's EtherType.  What packet sockets and the devices
 * of virtual machines send may ask for a sum at any place, and a migration
 * may have ended at a backend that knows less.
 */
static int tx_finish_checksum(struct xnf_queue *q, struct sk_buff *skb)
{
	if (skb->ip_summed != CHECKSUM_PARTIAL ||
	    likely(tx_backend_finishes(q->info, skb)))
		return 0;
	/* Each segment would need a sum of its own. */
	if (skb_is_gso(skb))
		return -EOPNOTSUPP;
	if (skb_shared(skb) || skb_checksum_help(skb))
		return -ENOMEM;
	return 0;
}

/* Everything that can fail, so that tx_build() cannot. */
static int tx_prepare(struct xnf_queue *q, struct sk_buff *skb,
		      struct xnf_tx_plan *plan)
{
	unsigned int i, chunks;
	int err;

	err = tx_finish_checksum(q, skb);
	if (unlikely(err))
		return err;
	err = tx_layout(q, skb, plan);
	if (unlikely(err))
		return err;
	if (unlikely(!tx_fits_features(q->info, skb, plan->slots)))
		return -EOPNOTSUPP;

	plan->free_early = tx_can_free_early(q, skb, plan);
	chunks = DIV_ROUND_UP(plan->copy, XEN_PAGE_SIZE);
	for (i = 0; i < plan->slots; i++) {
		err = i < chunks ? xnf_txref_take_chunk(q) : xnf_txref_take_bare(q);
		if (unlikely(err < 0))
			goto untake;
		plan->ref[i] = err;
	}
	return 0;

untake:
	while (i--)
		xnf_txref_untake(i < chunks ? &q->tx_chunks : &q->tx_bare,
			  plan->ref[i]);
	return err;
}

/**
 * xnf_start_xmit() - ndo_start_xmit
 * @skb: packet
 * @dev: netdev
 *
 * Return: NETDEV_TX_OK; the packet was queued or dropped.  NETDEV_TX_BUSY only
 * if the stack ignored that the queue is stopped.
 * Context: BH off, netdev tx lock of the packet's queue.
 */
netdev_tx_t xnf_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);
	u16 index = skb_get_queue_mapping(skb);
	struct netdev_queue *txq = netdev_get_tx_queue(dev, index);
	struct xnf_queue *q = &info->queues[index];
	bool more = netdev_xmit_more();
	struct xnf_tx_plan plan;
	unsigned int len;
	RING_IDX first;
	bool push;
	int err;

	if (unlikely(!READ_ONCE(info->live) || index >= READ_ONCE(info->nr_queues))) {
		/* Our own lock is that of this queue's counters. */
		tx_drop(q, &q->tx_stats.no_link);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	if (unlikely(xnf_tx_room(q) < TX_ROOM_MIN)) {
		tx_stop(q, txq);
		return NETDEV_TX_BUSY;
	}
	err = tx_prepare(q, skb, &plan);
	if (unlikely(err < 0)) {
		tx_drop(q, tx_drop_reason(q, err));
		dev_kfree_skb_any(skb);
		if (!more)
			xnf_tx_push(q);
		return NETDEV_TX_OK;
	}

	skb_tx_timestamp(skb);
	first = q->tx.req_prod_pvt;
	tx_build(q, skb, &plan);
	len = skb->len;
	if (plan.free_early)
		dev_consume_skb_any(skb);
	else
		xnf_tx_want_event(q, first);

	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.packets);
	u64_stats_add(&q->tx_stats.bytes, len);
	u64_stats_update_end(&q->tx_stats.syncp);

	push = __netdev_tx_sent_queue(txq, len, more);
	/* What byte queue limits stopped, only a completion starts again. */
	if (unlikely(netif_xmit_stopped(txq))) {
		xnf_tx_want_event(q, first);
		xnf_stall_watch(q);
	}
	if (push)
		xnf_tx_push(q);
	if (unlikely(xnf_tx_room(q) < TX_ROOM_MIN))
		tx_stop(q, txq);
	return NETDEV_TX_OK;
}

/**
 * xnf_tx_raw() - queue a copy of a frame that has no skb
 * @q: queue whose NAPI runs
 * @data: frame, checksums filled in
 * @len: bytes
 *
 * Leaves the room that a running queue owes the stack.  Not published before
 * xnf_tx_push().
 *
 * Return: false if there was no room.
 * Context: BH off, netdev tx lock of the queue.
 */
bool xnf_tx_raw(struct xnf_queue *q, const void *data, unsigned int len)
{
	struct xen_netif_tx_request *req;
	struct xnf_tx_slot *slot;
	int ref;
	u16 id;

	if (unlikely(len < ETH_HLEN || len > XEN_PAGE_SIZE))
		return false;
	if (unlikely(xnf_tx_room(q) <= TX_ROOM_MIN))
		return false;
	ref = xnf_txref_take_chunk(q);
	if (unlikely(ref < 0))
		return false;
	id = xnf_fifo_take(&q->tx_ids);
	slot = &q->tx_slots[id];
	slot->skb = NULL;
	slot->len = 0;
	slot->pending = 0;
	memcpy(page_address(q->tx_chunk[ref]), data, len);
	req = xnf_tx_add_slot(q, id, id, ref, 0, len);
	req->flags = 0;

	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.packets);
	u64_stats_add(&q->tx_stats.bytes, len);
	u64_stats_update_end(&q->tx_stats.syncp);
	return true;
}
