/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A received frame: the slots that it is in, by the rules of wire.h.
 *
 * Compiled as it is by tests/fuzz: includes nothing, and is included after
 * xnf.h.
 *
 * Locking: NAPI.
 *
 * Invariant: each response is read once, into memory of ours.
 */
#ifndef XNF_RXFRAME_H
#define XNF_RXFRAME_H

/* Data of one slot of the frame in hand. */
struct xnf_rx_piece {
	struct xnf_rx_slot *slot;
	unsigned int offset;
	unsigned int len;
};

/* The slot that ring index @index was posted from. */
static inline struct xnf_rx_slot *xnf_rx_slot(struct xnf_queue *q,
					      RING_IDX index)
{
	return &q->rx_slots[index & (XNF_RX_RING_SIZE - 1)];
}

static inline void xnf_rx_parse_extra(struct xnf_wire_frame *frame,
				      const struct xen_netif_extra_info *extra)
{
	u32 value;

	switch (xnf_wire_frame_extra(frame, extra->type, extra->flags)) {
	case XNF_WIRE_EXTRA_GSO:
		xnf_wire_frame_gso(frame, extra->u.gso.size,
				   extra->u.gso.type);
		break;
	case XNF_WIRE_EXTRA_HASH:
		/* Four bytes, but netback stores them as one number. */
		memcpy(&value, extra->u.hash.value, sizeof(value));
		xnf_wire_frame_hash(frame, extra->u.hash.type,
				    extra->u.hash.algorithm, value);
		break;
	default:
		/* Nothing else was asked for; known types are harmless. */
		break;
	}
}

/**
 * xnf_rx_parse() - consume the slots of one frame
 * @q: queue; at least one response is there
 * @prod: index behind the last response
 * @frame: filled in
 * @piece: XNF_WIRE_DATA_MAX of them; filled with the frame's data, in order,
 *	   which is only valid if frame->fault is XNF_WIRE_OK
 */
static inline void xnf_rx_parse(struct xnf_queue *q, RING_IDX prod,
				struct xnf_wire_frame *frame,
				struct xnf_rx_piece *piece)
{
	RING_IDX cons = q->rx.rsp_cons;

	xnf_wire_frame_init(frame);
	do {
		struct xen_netif_rx_response rsp;
		unsigned int n = frame->data;

		RING_COPY_RESPONSE(&q->rx, cons, &rsp);
		if (frame->next == XNF_WIRE_EXTRA) {
			struct xen_netif_extra_info extra;

			BUILD_BUG_ON(sizeof(extra) != sizeof(rsp));
			memcpy(&extra, &rsp, sizeof(extra));
			xnf_rx_parse_extra(frame, &extra);
		} else if (xnf_wire_frame_data(frame,
					       cons & (XNF_RX_RING_SIZE - 1),
					       rsp.id, rsp.offset, rsp.flags,
					       rsp.status)) {
			piece[n].slot = xnf_rx_slot(q, cons);
			piece[n].offset = rsp.offset;
			piece[n].len = rsp.status;
		}
		cons++;
		if (frame->next != XNF_WIRE_DONE && cons == prod)
			xnf_wire_frame_cut(frame);
	} while (frame->next != XNF_WIRE_DONE);

	q->rx_since_eoi += cons - q->rx.rsp_cons;
	WRITE_ONCE(q->rx.rsp_cons, cons);
}

#endif
