/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots of the transmit ring: taken, filled, published.
 *
 * Compiled as it is by tests/fuzz: includes nothing, and is included after
 * xnf.h.
 *
 * Locking: the netdev tx lock of the queue.
 *
 * Invariant: what is built may change until xnf_tx_publish(); a response that
 * names it before that is none of the backend's business.
 */
#ifndef XNF_TXRING_H
#define XNF_TXRING_H

/**
 * xnf_tx_next_slot() - take the next slot of the ring
 * @q: queue with room
 * @id: whose request it is, or XNF_TX_EXTRA
 *
 * Return: the slot, with whatever was in it.
 */
static inline struct xen_netif_tx_request *
xnf_tx_next_slot(struct xnf_queue *q, u16 id)
{
	RING_IDX prod = q->tx.req_prod_pvt;

	q->tx_built[prod % XNF_TX_RING_SIZE] = id;
	/* NAPI looks at it in xnf_tx_room(). */
	WRITE_ONCE(q->tx.req_prod_pvt, prod + 1);
	return RING_GET_REQUEST(&q->tx, prod);
}

/**
 * xnf_tx_add_slot() - append a data slot to a packet
 * @q: queue with room
 * @id: id of the slot, taken from q->tx_ids
 * @head: id of the packet's first slot
 * @ref: index of the reference that grants the data, or XNF_REF_NONE
 * @offset: of the data in its page
 * @size: bytes of it
 *
 * Return: the request, which says that more follows.
 */
static inline struct xen_netif_tx_request *
xnf_tx_add_slot(struct xnf_queue *q, u16 id, u16 head, u16 ref,
		unsigned int offset, unsigned int size)
{
	struct xen_netif_tx_request *req = xnf_tx_next_slot(q, id);

	req->id = id;
	req->gref = ref == XNF_REF_NONE ? 0 : q->tx_refs[ref];
	req->offset = offset;
	req->size = size;
	req->flags = XEN_NETTXF_more_data;

	q->tx_slots[id].ref = ref;
	q->tx_slots[id].head = head;
	q->tx_slots[head].pending++;
	return req;
}

/**
 * xnf_tx_publish() - the backend may answer what was built from here on
 * @q: queue
 *
 * It knows which ids come next, and one that it names before is none of its
 * business: the packet may be half built.
 */
static inline void xnf_tx_publish(struct xnf_queue *q)
{
	unsigned int i;
	u16 id;

	for (i = q->tx_pushed; i != q->tx.req_prod_pvt; i++) {
		id = q->tx_built[i % XNF_TX_RING_SIZE];
		/* Pairs with tx_response(): out, so all of it is there. */
		if (id != XNF_TX_EXTRA)
			smp_store_release(&q->tx_slots[id].out, true);
	}
	WRITE_ONCE(q->tx_pushed, q->tx.req_prod_pvt);
}

#endif
