/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pure checks of what the backend says on the rings.
 *
 * Owns: the rules that a response must obey before the driver acts on it.
 * The caller reads every shared field once into local memory and passes the
 * values, never pointers into the ring (XSA-155: a second read may differ).
 * Compiled unchanged into the module, the unit tests and the fuzzers.
 *
 * Locking: none, no state outside the arguments.
 */
#ifndef XNF_WIRE_H
#define XNF_WIRE_H

#define XNF_WIRE_PAGE		4096	/* a ring slot names at most one Xen page */
#define XNF_WIRE_ETH_HLEN	14	/* netback and eth_type_trans() need it whole */

/* netif.h of the ABI; BUILD_BUG_ON()s in rx.c and tx.c tie them together. */
#define XNF_WIRE_RXF_MORE_DATA	0x04
#define XNF_WIRE_RXF_EXTRA	0x08
#define XNF_WIRE_EXTRA_F_MORE	0x01
#define XNF_WIRE_EXTRA_GSO	1
#define XNF_WIRE_EXTRA_HASH	4
#define XNF_WIRE_EXTRA_XDP	5
#define XNF_WIRE_EXTRA_TYPES	6	/* first type that nobody defined */
#define XNF_WIRE_GSO_TCPV4	1
#define XNF_WIRE_GSO_TCPV6	2

/* A frame has at most 18 data slots (XEN_NETIF_NR_SLOTS_MIN of the ABI). */
#define XNF_WIRE_DATA_MAX	18
/* One extra of each known type; more is a backend that never stops. */
#define XNF_WIRE_EXTRA_MAX	(XNF_WIRE_EXTRA_TYPES - 1)

enum xnf_wire_fault {
	XNF_WIRE_OK,
	XNF_WIRE_RX_ID,		/* response for another slot than ours */
	XNF_WIRE_RX_STATUS,	/* negative status: the backend failed the copy */
	XNF_WIRE_RX_BOUNDS,	/* data reaches over the end of the page */
	XNF_WIRE_RX_SHORT,	/* no whole Ethernet header in the first slot */
	XNF_WIRE_RX_SLOTS,	/* more data slots than a frame may have */
	XNF_WIRE_RX_CUT,	/* the frame goes on where the ring ends */
	XNF_WIRE_RX_LEN,	/* longer than a frame can be */
	XNF_WIRE_EXTRA_TYPE,	/* extra of type 0 or unknown type */
	XNF_WIRE_EXTRA_CHAIN,	/* chain of extras does not end */
	XNF_WIRE_GSO_SIZE,	/* segments of no size */
	XNF_WIRE_GSO_TYPE,	/* segmentation other than TCP */
	XNF_WIRE_TX_ID,		/* response with an id outside the ring */
	XNF_WIRE_TX_IDLE,	/* response for a slot that is not in flight */
	XNF_WIRE_FAULTS
};

/* What the next slot of a frame holds. */
enum xnf_wire_next {
	XNF_WIRE_DONE,
	XNF_WIRE_DATA,
	XNF_WIRE_EXTRA,
};

/**
 * struct xnf_wire_frame - a received frame as far as it was parsed
 * @next: what the next slot must be; XNF_WIRE_DONE when the frame is whole
 * @fault: first rule that was broken, XNF_WIRE_OK if none
 * @more: the last data slot said that more data follows
 * @data: data slots seen
 * @extras: extra slots seen
 * @len: bytes of data
 * @flags: flags of the first data slot
 * @gso_size: bytes a segment, 0 if the frame is not to be segmented
 * @gso_type: XNF_WIRE_GSO_*
 * @hash: the frame carries a hash
 * @hash_type: protocol type of the hash, see netif.h of the ABI
 * @hash_alg: algorithm of the hash, see netif.h of the ABI
 * @hash_value: the hash, its bytes in the order of the CPU
 * @headroom: bytes before the data that belong to the frontend (XDP)
 */
struct xnf_wire_frame {
	enum xnf_wire_next next;
	enum xnf_wire_fault fault;
	unsigned int more;
	unsigned int data;
	unsigned int extras;
	unsigned int len;
	unsigned int flags;
	unsigned int gso_size;
	unsigned int gso_type;
	unsigned int hash;
	unsigned int hash_type;
	unsigned int hash_alg;
	unsigned int hash_value;
	unsigned int headroom;
};

/**
 * xnf_wire_prod_ok() - may the backend's producer index stand there?
 * @prod: the backend's response producer, read once
 * @cons: responses consumed so far
 * @req_prod: requests published so far
 *
 * Indices run freely and wrap, so all are compared as distances from @cons.
 * Catches an index that jumped back (it shows as a huge distance) as well as
 * more responses than there were requests.
 *
 * Return: non-zero if there is a response for each step of @prod.
 */
static inline int xnf_wire_prod_ok(unsigned int prod, unsigned int cons,
				   unsigned int req_prod)
{
	return prod - cons <= req_prod - cons;
}

static inline void xnf_wire_frame_fault(struct xnf_wire_frame *f,
					enum xnf_wire_fault fault)
{
	if (f->fault == XNF_WIRE_OK)
		f->fault = fault;
}

/**
 * xnf_wire_frame_init() - start a new frame; its first slot is data
 * @f: frame
 */
static inline void xnf_wire_frame_init(struct xnf_wire_frame *f)
{
	f->next = XNF_WIRE_DATA;
	f->fault = XNF_WIRE_OK;
	f->more = 0;
	f->data = 0;
	f->extras = 0;
	f->len = 0;
	f->flags = 0;
	f->gso_size = 0;
	f->gso_type = 0;
	f->hash = 0;
	f->hash_type = 0;
	f->hash_alg = 0;
	f->hash_value = 0;
	f->headroom = 0;
}

/**
 * xnf_wire_frame_data() - account a data slot
 * @f: frame whose @next is XNF_WIRE_DATA
 * @want_id: id that we put into the request of this slot
 * @id: id of the response
 * @offset: offset of the data in the page, bytes
 * @flags: XNF_WIRE_RXF_*
 * @status: length in bytes, or a negative error
 *
 * Goes on after a fault, so that the caller finds the end of the frame and
 * with it the start of the next one.
 *
 * Return: non-zero if the slot's bytes [@offset, @offset + @status) may be
 * used, provided that the whole frame turns out to be sound.
 */
static inline int xnf_wire_frame_data(struct xnf_wire_frame *f,
				      unsigned int want_id, unsigned int id,
				      unsigned int offset, unsigned int flags,
				      int status)
{
	unsigned int first = f->data == 0;
	enum xnf_wire_fault fault = XNF_WIRE_OK;

	if (first)
		f->flags = flags;
	f->more = flags & XNF_WIRE_RXF_MORE_DATA;
	if (first && (flags & XNF_WIRE_RXF_EXTRA))
		f->next = XNF_WIRE_EXTRA;
	else
		f->next = f->more ? XNF_WIRE_DATA : XNF_WIRE_DONE;

	if (id != want_id)
		fault = XNF_WIRE_RX_ID;
	else if (status < 0)
		fault = XNF_WIRE_RX_STATUS;
	else if (offset + (unsigned int)status > XNF_WIRE_PAGE)
		fault = XNF_WIRE_RX_BOUNDS;
	else if (first && status < XNF_WIRE_ETH_HLEN)
		fault = XNF_WIRE_RX_SHORT;
	else if (f->data >= XNF_WIRE_DATA_MAX)
		fault = XNF_WIRE_RX_SLOTS;
	else if (f->len + (unsigned int)status > 65535 + XNF_WIRE_ETH_HLEN + 4)
		fault = XNF_WIRE_RX_LEN;

	if (f->data < XNF_WIRE_DATA_MAX)
		f->data++;
	if (fault != XNF_WIRE_OK) {
		xnf_wire_frame_fault(f, fault);
		return 0;
	}
	f->len += (unsigned int)status;
	return 1;
}

/**
 * xnf_wire_frame_extra() - account an extra slot
 * @f: frame whose @next is XNF_WIRE_EXTRA
 * @type: type of the extra
 * @flags: XNF_WIRE_EXTRA_F_*
 *
 * Return: @type if it is known and the chain is sound so far, else 0.  The
 * caller then passes the extra's body to the function for that type.
 */
static inline unsigned int xnf_wire_frame_extra(struct xnf_wire_frame *f,
						unsigned int type,
						unsigned int flags)
{
	if (flags & XNF_WIRE_EXTRA_F_MORE)
		f->next = XNF_WIRE_EXTRA;
	else
		f->next = f->more ? XNF_WIRE_DATA : XNF_WIRE_DONE;

	if (f->extras >= XNF_WIRE_EXTRA_MAX) {
		xnf_wire_frame_fault(f, XNF_WIRE_EXTRA_CHAIN);
		return 0;
	}
	f->extras++;
	if (type == 0 || type >= XNF_WIRE_EXTRA_TYPES) {
		xnf_wire_frame_fault(f, XNF_WIRE_EXTRA_TYPE);
		return 0;
	}
	return type;
}

/**
 * xnf_wire_frame_gso() - account a segmentation extra
 * @f: frame
 * @size: bytes a segment
 * @type: XNF_WIRE_GSO_*
 */
static inline void xnf_wire_frame_gso(struct xnf_wire_frame *f,
				      unsigned int size, unsigned int type)
{
	if (size == 0) {
		xnf_wire_frame_fault(f, XNF_WIRE_GSO_SIZE);
		return;
	}
	if (type != XNF_WIRE_GSO_TCPV4 && type != XNF_WIRE_GSO_TCPV6) {
		xnf_wire_frame_fault(f, XNF_WIRE_GSO_TYPE);
		return;
	}
	f->gso_size = size;
	f->gso_type = type;
}

/**
 * xnf_wire_frame_hash() - account a hash extra
 * @f: frame
 * @type: protocol type, a number from 0 (not a bit)
 * @alg: algorithm
 * @value: the hash
 */
static inline void xnf_wire_frame_hash(struct xnf_wire_frame *f,
				       unsigned int type, unsigned int alg,
				       unsigned int value)
{
	f->hash = 1;
	f->hash_type = type;
	f->hash_alg = alg;
	f->hash_value = value;
}

/**
 * xnf_wire_frame_cut() - the ring ended before the frame did
 * @f: frame whose @next is not XNF_WIRE_DONE
 */
static inline void xnf_wire_frame_cut(struct xnf_wire_frame *f)
{
	xnf_wire_frame_fault(f, XNF_WIRE_RX_CUT);
	f->next = XNF_WIRE_DONE;
}

/**
 * xnf_wire_tx() - may this transmit response be acted upon?
 * @id: id of the response
 * @ring_size: slots of the ring
 *
 * The caller then looks whether slot @id is in flight.
 */
static inline enum xnf_wire_fault xnf_wire_tx(unsigned int id,
					      unsigned int ring_size)
{
	return id < ring_size ? XNF_WIRE_OK : XNF_WIRE_TX_ID;
}

/**
 * xnf_wire_head() - bytes of the first slot to copy out
 * @data: data slots of a sound frame
 * @first: bytes in the first of them
 * @head: as many as are wanted for the headers
 * @frags: most fragments that a packet can have
 *
 * Netback of before 3.20 begins a new slot with each fragment that does not
 * fit, so a frame may have one slot more than a packet has fragments; then the
 * first slot becomes none.
 *
 * Return: @first or less.
 */
static inline unsigned int xnf_wire_head(unsigned int data, unsigned int first,
					 unsigned int head, unsigned int frags)
{
	return first <= head || data > frags ? first : head;
}

/**
 * xnf_wire_is_news() - does an event announce what we wait for?
 * @prod: the backend's response producer of a ring with one request at a time
 * @awaited: where it stands when the last request is answered
 * @heard: @awaited of the last event that was news
 *
 * The producer is the backend's to write, and one that goes to and fro with an
 * event each time says something new each time.  So an event is news once for
 * each request of ours, and only with its answer.
 *
 * Return: non-zero if it is; then @heard becomes @awaited.
 */
static inline int xnf_wire_is_news(unsigned int prod, unsigned int awaited,
				   unsigned int heard)
{
	return prod == awaited && heard != awaited;
}

/**
 * xnf_wire_fault_name() - short name, also the name of the ethtool counter
 * @fault: fault
 */
static inline const char *xnf_wire_fault_name(enum xnf_wire_fault fault)
{
	static const char * const name[XNF_WIRE_FAULTS] = {
		[XNF_WIRE_OK] = "ok",
		[XNF_WIRE_RX_ID] = "rx_bad_id",
		[XNF_WIRE_RX_STATUS] = "rx_bad_status",
		[XNF_WIRE_RX_BOUNDS] = "rx_bad_bounds",
		[XNF_WIRE_RX_SHORT] = "rx_short_header",
		[XNF_WIRE_RX_SLOTS] = "rx_too_many_slots",
		[XNF_WIRE_RX_CUT] = "rx_cut_frame",
		[XNF_WIRE_RX_LEN] = "rx_too_long",
		[XNF_WIRE_EXTRA_TYPE] = "rx_bad_extra",
		[XNF_WIRE_EXTRA_CHAIN] = "rx_endless_extras",
		[XNF_WIRE_GSO_SIZE] = "rx_bad_gso_size",
		[XNF_WIRE_GSO_TYPE] = "rx_bad_gso_type",
		[XNF_WIRE_TX_ID] = "tx_bad_id",
		[XNF_WIRE_TX_IDLE] = "tx_idle_id",
	};

	return name[fault];
}

#endif /* XNF_WIRE_H */
