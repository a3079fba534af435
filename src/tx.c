// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit: packets into ring slots, responses back into free slots.
 *
 * Linear data is copied into staging chunks, pages that stay granted for the
 * life of the connection; only page fragments are granted one by one.  With
 * an untrusted backend ("bounce") fragments are copied as well, so that the
 * backend sees packets and nothing around them (XSA-403).
 *
 * A packet whose memory stays in use until the backend is done with it is
 * waited for ("eager"): an event announces its completion.  One that one
 * chunk holds whole can be freed at once, then nobody waits for it ("lazy"):
 * it is reaped along with others, or when XNF_TX_LAZY slots were answered.
 * What keeps a sender from flooding the ring are its socket, which is charged
 * for packets once XNF_TX_QUIET are under way, and byte queue limits; a packet
 * that stops the queue there is waited for.
 *
 * Locking: xnf_start_xmit() runs under the netdev tx lock and produces;
 * xnf_tx_reap() runs in NAPI and consumes.  The two meet in the free lists
 * (struct xnf_fifo) and in the ring's indices.
 *
 * Invariant: a running queue has room for the largest packet.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <asm/xen/hypercall.h>
#include <xen/interface/sched.h>

#include "xnf.h"
#include "trace.h"

static void tx_free_stage(struct xnf_queue *q)
{
	unsigned int i;

	for (i = 0; i < q->stage_nr; i++)
		q->info->kept += !xnf_grant_page_end(&q->stage_pages[i],
						     &q->stage_refs[i]);
	kvfree(q->stage_refs);
	kvfree(q->stage_pages);
	q->stage_refs = NULL;
	q->stage_pages = NULL;
	q->stage_nr = 0;
	q->stage_max = 0;
}

static int tx_alloc_stage(struct xnf_queue *q)
{
	q->stage_nr = 0;
	q->stage_max = XNF_TX_CHUNKS;
	q->tx_chunks.head = 0;
	q->tx_chunks.tail = 0;
	q->stage_pages = kvcalloc(q->stage_max, sizeof(*q->stage_pages),
				  GFP_KERNEL);
	q->stage_refs = kvcalloc(q->stage_max, sizeof(*q->stage_refs),
				 GFP_KERNEL);
	if (q->stage_pages && q->stage_refs)
		return 0;
	tx_free_stage(q);
	return -ENOMEM;
}

/*
 * The pool of chunks grows to what was ever in flight at once, so that an
 * idle queue costs nothing and a busy one allocates nothing.
 */
static int tx_take_chunk(struct xnf_queue *q)
{
	unsigned int n = q->stage_nr;
	int err;

	if (likely(xnf_fifo_used(&q->tx_chunks)))
		return xnf_fifo_take(&q->tx_chunks);
	if (n == q->stage_max)
		return -ENOSPC;
	err = xnf_grant_page(q->info->xdev, &q->stage_pages[n],
			     &q->stage_refs[n], GFP_ATOMIC | __GFP_NOWARN);
	if (err)
		return err;
	q->stage_nr++;
	return n;
}

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
	q->tx_refs = kvcalloc(XNF_TX_RING_SIZE, sizeof(*q->tx_refs),
			      GFP_KERNEL);
	if (!q->tx_refs)
		goto free_slots;
	err = xnf_grant_alloc(q->tx_refs, XNF_TX_RING_SIZE);
	if (err)
		goto free_refs;
	err = tx_alloc_stage(q);
	if (err)
		goto free_grants;

	q->tx_ids.head = 0;
	q->tx_ids.tail = 0;
	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		xnf_fifo_give(&q->tx_ids, i);
	q->tx_pushed = 0;
	q->tx_eager = 0;
	q->tx_event = 1;	/* as the ring is initialised */
	return 0;

free_grants:
	xnf_grant_free(q->tx_refs, XNF_TX_RING_SIZE);
free_refs:
	kvfree(q->tx_refs);
	q->tx_refs = NULL;
free_slots:
	kvfree(q->tx_slots);
	q->tx_slots = NULL;
	return err;
}

/* @reason: one of the counters below "dropped" */
static void tx_drop(struct xnf_queue *q, u64 *reason)
{
	u64_stats_update_begin(&q->tx_stats.syncp);
	q->tx_stats.dropped++;
	(*reason)++;
	u64_stats_update_end(&q->tx_stats.syncp);
}

static u64 *tx_drop_reason(struct xnf_queue *q, int err)
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

/*
 * Ends the backend's access to what @id names.  Returns false if the backend
 * still maps it: then the page is on the kernel's deferred list and the id
 * got a fresh reference, if there was one to have.
 */
static bool tx_end_slot(struct xnf_queue *q, u16 id)
{
	struct xnf_tx_slot *slot = &q->tx_slots[id];
	bool ended = true;

	if (slot->chunk != XNF_CHUNK_NONE) {
		xnf_fifo_give(&q->tx_chunks, slot->chunk);
	} else if (slot->page) {
		ended = xnf_grant_end(&q->tx_refs[id], slot->page);
		slot->page = NULL;
	}
	slot->busy = false;
	return ended;
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
		slot = &q->tx_slots[i];
		if (slot->busy)
			tx_end_slot(q, i);
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
	tx_free_stage(q);
	xnf_grant_free(q->tx_refs, XNF_TX_RING_SIZE);
	kvfree(q->tx_refs);
	kvfree(q->tx_slots);
	q->tx_refs = NULL;
	q->tx_slots = NULL;
}

/**
 * xnf_tx_room() - slots that a packet may use now
 * @q: live queue
 *
 * The ring, the ids and the chunks run out separately: extras take a ring
 * slot without an id, and an id outlives its ring slot while the rest of its
 * packet is in flight.
 *
 * Context: netdev tx lock, or NAPI (then a lower bound).
 */
unsigned int xnf_tx_room(const struct xnf_queue *q)
{
	unsigned int ring = XNF_TX_RING_SIZE -
			    (q->tx.req_prod_pvt - READ_ONCE(q->tx.rsp_cons));
	unsigned int chunks = xnf_fifo_used(&q->tx_chunks) +
			      q->stage_max - q->stage_nr;

	return min3(ring, xnf_fifo_used(&q->tx_ids), chunks);
}

/* How one packet is laid out in slots. */
struct xnf_tx_plan {
	unsigned int copy;	/* bytes from the front that are staged */
	bool lazy;		/* nobody waits for the completion */
	unsigned int slots;	/* data slots, staged and granted */
	u16 chunk[XNF_TX_SLOTS_MAX];	/* memory for the staged bytes */
};

static unsigned int frag_slots(const skb_frag_t *frag, unsigned int skip)
{
	unsigned int offset = skb_frag_off(frag) + skip;

	return DIV_ROUND_UP((offset & ~XEN_PAGE_MASK) +
			    skb_frag_size(frag) - skip, XEN_PAGE_SIZE);
}

/*
 * Everything that is linear is staged, at least XNF_TX_HEAD bytes of a packet
 * with fragments: netback copies that much from the first slot instead of
 * mapping it, and drops a packet whose first slot is shorter than an Ethernet
 * header.  A packet that fits one chunk is staged whole.
 */
static void tx_plan(const struct sk_buff *skb, bool bounce,
		    struct xnf_tx_plan *plan)
{
	unsigned int i, skip;

	if (bounce || skb->len <= XNF_TX_COPYBREAK)
		plan->copy = skb->len;
	else
		plan->copy = max(skb_headlen(skb), XNF_TX_HEAD);
	plan->slots = DIV_ROUND_UP(plan->copy, XEN_PAGE_SIZE);

	skip = plan->copy - min(plan->copy, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		unsigned int size = skb_frag_size(frag);

		if (skip >= size) {
			skip -= size;
			continue;
		}
		plan->slots += frag_slots(frag, skip);
		skip = 0;
	}
}

/* Appends a data slot to the packet whose head is @head. */
static struct xen_netif_tx_request *
tx_add_slot(struct xnf_queue *q, u16 id, u16 head, grant_ref_t ref,
	    unsigned int offset, unsigned int size)
{
	struct xen_netif_tx_request *req;

	req = RING_GET_REQUEST(&q->tx, q->tx.req_prod_pvt++);
	req->id = id;
	req->gref = ref;
	req->offset = offset;
	req->size = size;
	req->flags = XEN_NETTXF_more_data;

	q->tx_slots[id].head = head;
	q->tx_slots[id].busy = true;
	q->tx_slots[head].pending++;
	return req;
}

static struct xen_netif_tx_request *
tx_add_chunk(struct xnf_queue *q, struct sk_buff *skb, unsigned int from,
	     unsigned int size, u16 id, u16 head, u16 chunk)
{
	skb_copy_bits(skb, from, page_address(q->stage_pages[chunk]), size);
	q->tx_slots[id].chunk = chunk;
	return tx_add_slot(q, id, head, q->stage_refs[chunk], 0, size);
}

static struct xen_netif_tx_request *
tx_add_frag(struct xnf_queue *q, const skb_frag_t *frag, unsigned int skip,
	    u16 head)
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

		gnttab_grant_foreign_access_ref(q->tx_refs[id],
						q->info->xdev->otherend_id,
						xen_page_to_gfn(page),
						GNTMAP_readonly);
		q->tx_slots[id].page = page;
		q->tx_slots[id].chunk = XNF_CHUNK_NONE;
		req = tx_add_slot(q, id, head, q->tx_refs[id], offset, size);
		left -= size;
		offset = 0;
		page++;
	}
	return req;
}

/* The GSO extra takes the ring slot behind the first request. */
static void tx_add_gso(struct xnf_queue *q, const struct sk_buff *skb)
{
	struct xen_netif_extra_info *extra;

	extra = (struct xen_netif_extra_info *)
		RING_GET_REQUEST(&q->tx, q->tx.req_prod_pvt++);
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
	const u16 *chunk = plan->chunk;
	unsigned int from, i, size, skip;

	slot->skb = plan->lazy ? NULL : skb;
	slot->len = skb->len;
	slot->pending = 0;
	slot->mcast = false;

	size = min_t(unsigned int, plan->copy, XEN_PAGE_SIZE);
	first = tx_add_chunk(q, skb, 0, size, head, head, *chunk++);
	last = first;
	if (skb_is_gso(skb))
		tx_add_gso(q, skb);
	for (from = size; from < plan->copy; from += size) {
		size = min_t(unsigned int, plan->copy - from, XEN_PAGE_SIZE);
		last = tx_add_chunk(q, skb, from, size,
				    xnf_fifo_take(&q->tx_ids), head, *chunk++);
	}

	skip = plan->copy - min(plan->copy, skb_headlen(skb));
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		if (skip >= skb_frag_size(frag)) {
			skip -= skb_frag_size(frag);
			continue;
		}
		last = tx_add_frag(q, frag, skip, head);
		skip = 0;
	}
	last->flags &= ~XEN_NETTXF_more_data;
	tx_finish_first(first, skb);
}

static bool tx_index_after(RING_IDX a, RING_IDX b)
{
	return (s32)(a - b) > 0;
}

static void tx_set_event(struct xnf_queue *q, RING_IDX event)
{
	WRITE_ONCE(q->tx_event, event);
	WRITE_ONCE(q->tx.sring->rsp_event, event);
}

/*
 * Somebody waits for the requests from @first on, which are not published
 * yet.  An event that is due before their end is enough, and so is one that
 * came already: NAPI arms again and sees tx_eager.
 */
static void tx_want_event(struct xnf_queue *q, RING_IDX first)
{
	WRITE_ONCE(q->tx_eager, q->tx.req_prod_pvt);
	smp_mb();	/* pairs with xnf_tx_arm() */
	if (tx_index_after(READ_ONCE(q->tx_event), q->tx_eager))
		tx_set_event(q, first + 1);
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
	WRITE_ONCE(q->tx_pushed, q->tx.req_prod_pvt);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&q->tx, notify);
	if (!notify)
		return;
	notify_remote_via_irq(q->tx_irq);
	trace_xnf_doorbell(q->info->netdev->name, q->id, "transmit");
	u64_stats_update_begin(&q->tx_stats.syncp);
	q->tx_stats.doorbells++;
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

	if (xnf_tx_room(q) < XNF_TX_ROOM_MIN)
		return false;
	id = xnf_fifo_take(&q->tx_ids);
	slot = &q->tx_slots[id];
	slot->skb = NULL;
	slot->page = NULL;
	slot->chunk = XNF_CHUNK_NONE;
	slot->pending = 0;
	slot->mcast = true;
	req = tx_add_slot(q, id, id, q->tx_refs[id], 0, 0);
	req->flags = XEN_NETTXF_extra_info;
	extra = (struct xen_netif_extra_info *)
		RING_GET_REQUEST(&q->tx, q->tx.req_prod_pvt++);
	memset(extra, 0, sizeof(*extra));
	extra->type = type;
	ether_addr_copy(extra->u.mcast.addr, addr);
	tx_want_event(q, first);
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
	q->tx_stats.stops++;
	u64_stats_update_end(&q->tx_stats.syncp);
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

/* Lays the packet out; makes it linear if it takes too many slots. */
static int tx_layout(struct xnf_queue *q, struct sk_buff *skb,
		     struct xnf_tx_plan *plan)
{
	bool bounce = q->info->agreed.bounce;

	if (unlikely(skb->len > XEN_NETIF_MAX_TX_SIZE ||
		     skb->len < ETH_HLEN))
		return -EMSGSIZE;
	tx_plan(skb, bounce, plan);
	if (likely(plan->slots <= XNF_TX_SLOTS_MAX))
		return 0;

	/* A packet that somebody else holds too must not be rearranged. */
	if (skb_shared(skb) || skb_linearize(skb))
		return -ENOMEM;
	tx_plan(skb, bounce, plan);
	u64_stats_update_begin(&q->tx_stats.syncp);
	q->tx_stats.linearized++;
	u64_stats_update_end(&q->tx_stats.syncp);
	return 0;
}

/*
 * The copy of a packet is all that the backend sees, but a socket counts its
 * packets until they are freed.  Were each freed here, only the ring would
 * limit a flood of datagrams, and it holds more than the receiving socket; and
 * TCP would see no queue where there is one.
 */
static bool tx_lazy(const struct xnf_queue *q, const struct sk_buff *skb,
		    const struct xnf_tx_plan *plan)
{
	if (plan->copy < skb->len || plan->slots > 1)
		return false;
	return !skb->sk || q->tx.req_prod_pvt -
			   READ_ONCE(q->tx.sring->rsp_prod) < XNF_TX_QUIET;
}

/* Everything that can fail, so that tx_build() cannot. */
static int tx_prepare(struct xnf_queue *q, struct sk_buff *skb,
		      struct xnf_tx_plan *plan)
{
	unsigned int i, chunks;
	int err;

	err = tx_layout(q, skb, plan);
	if (unlikely(err))
		return err;
	if (unlikely(!tx_fits_features(q->info, skb, plan->slots)))
		return -EOPNOTSUPP;

	plan->lazy = tx_lazy(q, skb, plan);
	chunks = DIV_ROUND_UP(plan->copy, XEN_PAGE_SIZE);
	for (i = 0; i < chunks; i++) {
		err = tx_take_chunk(q);
		if (unlikely(err < 0))
			goto untake_chunks;
		plan->chunk[i] = err;
	}
	return 0;

untake_chunks:
	/*
	 * The path that takes also owns head.  Some may be new ones, which
	 * were never in the list, so each is put back by name.
	 */
	while (i--)
		q->tx_chunks.item[--q->tx_chunks.head % XNF_TX_RING_SIZE] =
			plan->chunk[i];
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

	if (unlikely(!READ_ONCE(info->live) || index >= info->nr_queues)) {
		q = &info->queues[0];
		tx_drop(q, &q->tx_stats.no_link);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	if (unlikely(xnf_tx_room(q) < XNF_TX_ROOM_MIN)) {
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
	if (plan.lazy)
		dev_consume_skb_any(skb);
	else
		tx_want_event(q, first);

	u64_stats_update_begin(&q->tx_stats.syncp);
	q->tx_stats.packets++;
	q->tx_stats.bytes += len;
	u64_stats_update_end(&q->tx_stats.syncp);

	push = __netdev_tx_sent_queue(txq, len, more);
	/* What byte queue limits stopped, only a completion starts again. */
	if (unlikely(netif_xmit_stopped(txq)))
		tx_want_event(q, first);
	if (push)
		xnf_tx_push(q);
	if (unlikely(xnf_tx_room(q) < XNF_TX_ROOM_MIN))
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
	int chunk;
	u16 id;

	if (unlikely(len < ETH_HLEN || len > XEN_PAGE_SIZE))
		return false;
	if (unlikely(xnf_tx_room(q) <= XNF_TX_ROOM_MIN))
		return false;
	chunk = tx_take_chunk(q);
	if (unlikely(chunk < 0))
		return false;
	id = xnf_fifo_take(&q->tx_ids);
	slot = &q->tx_slots[id];
	slot->skb = NULL;
	slot->len = 0;
	slot->pending = 0;
	slot->chunk = chunk;
	memcpy(page_address(q->stage_pages[chunk]), data, len);
	req = tx_add_slot(q, id, id, q->stage_refs[chunk], 0, len);
	req->flags = 0;

	u64_stats_update_begin(&q->tx_stats.syncp);
	q->tx_stats.packets++;
	q->tx_stats.bytes += len;
	u64_stats_update_end(&q->tx_stats.syncp);
	return true;
}

static void tx_done_error(struct xnf_queue *q)
{
	u64_stats_update_begin(&q->done_stats.syncp);
	q->done_stats.errors++;
	u64_stats_update_end(&q->done_stats.syncp);
}

/* An id whose reference was lost to a backend that kept the page mapped. */
static void tx_kept(struct xnf_queue *q, u16 id)
{
	u64_stats_update_begin(&q->done_stats.syncp);
	q->done_stats.grants_kept++;
	u64_stats_update_end(&q->done_stats.syncp);
	if (xnf_grant_alloc(&q->tx_refs[id], 1))
		q->tx_refs[id] = INVALID_GRANT_REF;
	xnf_schedule_reset(q->info, "page still mapped");
}

/* An id without a reference cannot be used again: it goes with the reset. */
static void tx_give_id(struct xnf_queue *q, u16 id)
{
	if (likely(q->tx_refs[id] != INVALID_GRANT_REF))
		xnf_fifo_give(&q->tx_ids, id);
}

/*
 * One response.  Returns the head slot of a packet that is complete with it,
 * or NULL.
 */
static struct xnf_tx_slot *tx_response(struct xnf_queue *q,
				       const struct xen_netif_tx_response *rsp)
{
	struct xnf_tx_slot *slot, *head;
	u16 id = rsp->id;

	if (unlikely(xnf_wire_tx(id, XNF_TX_RING_SIZE) != XNF_WIRE_OK)) {
		xnf_queue_fault(q, XNF_WIRE_TX_ID);
		return NULL;
	}
	slot = &q->tx_slots[id];
	if (unlikely(!slot->busy)) {
		xnf_queue_fault(q, XNF_WIRE_TX_IDLE);
		return NULL;
	}
	if (unlikely(slot->mcast))
		xnf_mcast_answer(q->info, rsp->status == XEN_NETIF_RSP_OKAY);
	else if (unlikely(rsp->status != XEN_NETIF_RSP_OKAY))
		tx_done_error(q);

	head = &q->tx_slots[slot->head];
	if (unlikely(!tx_end_slot(q, id)))
		tx_kept(q, id);
	if (slot != head)
		tx_give_id(q, id);
	if (--head->pending)
		return NULL;
	return head;
}

/**
 * xnf_tx_reap() - take back what the backend is done with
 * @q: live queue
 * @budget: NAPI budget, 0 from netpoll
 *
 * Return: responses consumed.
 * Context: NAPI.
 */
unsigned int xnf_tx_reap(struct xnf_queue *q, int budget)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->info->netdev, q->id);
	unsigned int packets = 0, bytes = 0;
	RING_IDX cons = q->tx.rsp_cons;
	RING_IDX start = cons;
	RING_IDX prod = READ_ONCE(q->tx.sring->rsp_prod);

	if (unlikely(!xnf_wire_prod_ok(prod, cons,
				       READ_ONCE(q->tx_pushed)))) {
		xnf_queue_fault(q, XNF_WIRE_TX_IDLE);
		return 0;
	}
	virt_rmb();	/* responses are read after the index covering them */

	for (; cons != prod && !q->faulty; cons++) {
		struct xen_netif_tx_response rsp;
		struct xnf_tx_slot *head;

		RING_COPY_RESPONSE(&q->tx, cons, &rsp);
		if (rsp.status == XEN_NETIF_RSP_NULL)
			continue;	/* answers an extra, which has no id */
		head = tx_response(q, &rsp);
		if (!head)
			continue;
		/* Requests without a packet of the stack's have no length. */
		if (likely(head->len)) {
			packets++;
			bytes += head->len;
			head->len = 0;
			if (head->skb)
				napi_consume_skb(head->skb, budget);
			head->skb = NULL;
		}
		head->mcast = false;
		tx_give_id(q, head - q->tx_slots);
	}
	if (cons == start)
		return 0;

	/* Pairs with the barrier in tx_stop(). */
	WRITE_ONCE(q->tx.rsp_cons, cons);
	netdev_tx_completed_queue(txq, packets, bytes);
	smp_mb();
	if (unlikely(netif_tx_queue_stopped(txq)) &&
	    READ_ONCE(q->info->live) && !READ_ONCE(q->info->held) &&
	    xnf_tx_room(q) >= XNF_TX_ROOM_WAKE) {
		netif_tx_wake_queue(txq);
		trace_xnf_tx_start(q->info->netdev->name, q->id, "room again");
	}
	return cons - start;
}

/*
 * Three quarters of what is in flight: completions come in batches under
 * load, with a rest to keep the backend busy.  The end of what somebody waits
 * for raises an event at the latest; when nobody waits, XNF_TX_LAZY slots may
 * gather.  A full ring holds more, so a stopped queue is always woken.
 */
static RING_IDX tx_next_event(const struct xnf_queue *q, RING_IDX cons)
{
	unsigned int most = (READ_ONCE(q->tx_pushed) - cons) * 3 / 4 + 1;
	RING_IDX eager = READ_ONCE(q->tx_eager);

	if (!tx_index_after(eager, cons))
		return cons + max(most, XNF_TX_LAZY);
	return tx_index_after(cons + most, eager) ? eager : cons + most;
}

/**
 * xnf_tx_arm() - ask for an event when it is worth while to reap again
 * @q: live queue
 *
 * Return: true if there are responses to reap already.
 * Context: NAPI.
 */
bool xnf_tx_arm(struct xnf_queue *q)
{
	RING_IDX cons = q->tx.rsp_cons;
	RING_IDX event = tx_next_event(q, cons), again;

	tx_set_event(q, event);
	virt_mb();	/* the event index is out before we look again */
	again = tx_next_event(q, cons);
	if (tx_index_after(event, again)) {
		tx_set_event(q, again);
		virt_mb();
	}
	return READ_ONCE(q->tx.sring->rsp_prod) != cons;
}
