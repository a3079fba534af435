// SPDX-License-Identifier: GPL-2.0
/*
 * The end of what was sent: responses, what they give back, and when an event
 * shall tell of them.
 *
 * Compiled as it is by tests/fuzz.
 *
 * Locking: NAPI, but for xnf_tx_want_event(), which who transmits calls, and
 * xnf_tx_end_slot() of a queue that is stopped.
 *
 * Invariant: a response counts only for an id that is out; a packet is done
 * with the last response that it was owed.
 */
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "xnf.h"
#include "trace.h"

/* Slots, each with a chunk, that may stay unreaped when nobody waits. */
#define TX_UNREAPED_MAX		32u

/**
 * xnf_tx_end_slot() - end the backend's access to what an id names
 * @q: queue
 * @id: out, or built
 *
 * Return: false if the backend still maps it: then the page is on the kernel's
 * deferred list, and the reference with it.
 * Context: NAPI, or process once the queue is stopped.
 */
bool xnf_tx_end_slot(struct xnf_queue *q, u16 id)
{
	struct xnf_tx_slot *slot = &q->tx_slots[id];
	bool ended = true;

	slot->out = false;
	if (slot->ref == XNF_REF_NONE)
		return true;
	if (!slot->page) {
		xnf_fifo_give(&q->tx_chunks, slot->ref);
		return true;
	}
	ended = xnf_grant_end(&q->tx_refs[slot->ref], slot->page);
	slot->page = NULL;
	if (likely(ended))
		xnf_fifo_give(&q->tx_bare, slot->ref);
	return ended;
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

/**
 * xnf_tx_want_event() - somebody waits for requests that are not published yet
 * @q: live queue
 * @first: ring index of the first of them
 *
 * An event that is due before their end is enough, and so is one that came
 * already: NAPI arms again and sees tx_event_deadline.
 *
 * Context: netdev tx lock of the queue.
 */
void xnf_tx_want_event(struct xnf_queue *q, RING_IDX first)
{
	WRITE_ONCE(q->tx_event_deadline, q->tx.req_prod_pvt);
	smp_mb();	/* pairs with xnf_tx_arm() */
	if (tx_index_after(READ_ONCE(q->tx_event), q->tx_event_deadline))
		tx_set_event(q, first + 1);
}

static void tx_done_error(struct xnf_queue *q)
{
	u64_stats_update_begin(&q->done_stats.syncp);
	u64_stats_inc(&q->done_stats.errors);
	u64_stats_update_end(&q->done_stats.syncp);
}

/* A reference was lost to a backend that kept the page mapped: is there another? */
static void tx_replace_ref(struct xnf_queue *q, u16 ref)
{
	u64_stats_update_begin(&q->done_stats.syncp);
	u64_stats_inc(&q->done_stats.grants_kept);
	u64_stats_update_end(&q->done_stats.syncp);
	if (!xnf_grant_alloc(&q->tx_refs[ref], 1))
		xnf_fifo_give(&q->tx_bare, ref);
	xnf_schedule_reset(q->info, "page still mapped");
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
	if (unlikely(!smp_load_acquire(&slot->out))) {
		xnf_queue_fault(q, XNF_WIRE_TX_IDLE);
		return NULL;
	}
	if (unlikely(slot->mcast))
		xnf_mcast_answer(q->info, rsp->status == XEN_NETIF_RSP_OKAY);
	else if (unlikely(rsp->status != XEN_NETIF_RSP_OKAY))
		tx_done_error(q);

	head = &q->tx_slots[slot->head];
	if (unlikely(!xnf_tx_end_slot(q, id)))
		tx_replace_ref(q, slot->ref);
	if (slot != head)
		xnf_fifo_give(&q->tx_ids, id);
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

	for (; cons != prod && !q->rings_broken; cons++) {
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
		xnf_fifo_give(&q->tx_ids, head - q->tx_slots);
	}
	if (cons == start)
		return 0;

	/* Pairs with the barrier in tx_stop(). */
	WRITE_ONCE(q->tx.rsp_cons, cons);
	netdev_tx_completed_queue(txq, packets, bytes);
	smp_mb();
	if (unlikely(netif_tx_queue_stopped(txq)) &&
	    READ_ONCE(q->info->live) && !READ_ONCE(q->info->tx_held) &&
	    xnf_tx_room(q) >= XNF_TX_ROOM_WAKE) {
		netif_tx_wake_queue(txq);
		trace_xnf_tx_start(q->info->netdev->name, q->id, "room again");
	}
	return cons - start;
}

/*
 * Three quarters of what is in flight: completions come in batches under
 * load, with a rest to keep the backend busy.  The end of what somebody waits
 * for raises an event at the latest; when nobody waits, TX_UNREAPED_MAX slots
 * may gather.  A full ring holds more, so a stopped queue is always woken.
 */
static RING_IDX tx_next_event(const struct xnf_queue *q, RING_IDX cons)
{
	unsigned int most = (READ_ONCE(q->tx_pushed) - cons) * 3 / 4 + 1;
	RING_IDX deadline = READ_ONCE(q->tx_event_deadline);

	if (!tx_index_after(deadline, cons))
		return cons + max(most, TX_UNREAPED_MAX);
	return tx_index_after(cons + most, deadline) ? deadline : cons + most;
}

/**
 * xnf_tx_answered() - are there responses to reap?
 * @q: live queue
 *
 * Context: NAPI.
 */
bool xnf_tx_answered(const struct xnf_queue *q)
{
	return READ_ONCE(q->tx.sring->rsp_prod) != q->tx.rsp_cons;
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
	return xnf_tx_answered(q);
}
