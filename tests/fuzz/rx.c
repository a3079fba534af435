// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the receive path's parser: src/rxframe.h with wire.h, as they are,
 * against a ring that a hostile backend filled.
 *
 * The ring changes after each read of a slot (XSA-155), so what is used but
 * was not what was checked shows up.  Each page is a memory block of its own,
 * so the address sanitizer sees one byte too many.
 *
 * Input: consumer index, claimed producer index, then responses.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/netif.h>

#include "wire.h"

#define XNF_RX_RING_SIZE	256
#define unlikely(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#define BUILD_BUG_ON(x)		_Static_assert(!(x), #x)

#define xen_netif_rx_response	netif_rx_response
#define xen_netif_extra_info	netif_extra_info

typedef unsigned int RING_IDX;
typedef uint32_t u32;

struct xnf_rx_slot {
	unsigned char *page;
};

struct xnf_queue {
	struct {
		RING_IDX rsp_cons, req_prod_pvt;
	} rx;
	struct xnf_rx_slot *rx_slots;
	unsigned int rx_since_eoi;
};

static struct xen_netif_rx_response ring[XNF_RX_RING_SIZE];
static struct xnf_rx_slot slots[XNF_RX_RING_SIZE];

/* The second read of a slot never gives what the first did. */
static void copy_response(RING_IDX index, struct xen_netif_rx_response *rsp)
{
	struct xen_netif_rx_response *shared =
		&ring[index % XNF_RX_RING_SIZE];

	*rsp = *shared;
	shared->id ^= 0x100;
	shared->offset = 4000;
	shared->status = 4000;
}

#undef RING_COPY_RESPONSE
#define RING_COPY_RESPONSE(r, index, rsp)	copy_response(index, rsp)

#include "rxframe.h"

static void demand(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static unsigned char sink[XNF_WIRE_DATA_MAX * XNF_WIRE_PAGE];

/* What rx_deliver() does to memory with a sound frame. */
static void deliver(const struct xnf_wire_frame *frame,
		    const struct xnf_rx_piece *piece)
{
	unsigned int i, len = 0;

	demand(frame->data >= 1 && frame->data <= XNF_WIRE_DATA_MAX,
	       "number of slots");
	demand(piece[0].len >= XNF_WIRE_ETH_HLEN, "Ethernet header");
	for (i = 0; i < frame->data; i++) {
		demand(piece[i].len <= XNF_WIRE_PAGE, "length of a slot");
		memcpy(sink + len, piece[i].slot->page + piece[i].offset,
		       piece[i].len);
		len += piece[i].len;
	}
	demand(len == frame->len, "length of the frame");
	demand(!frame->gso_size ? !frame->gso_type :
	       frame->gso_type == XNF_WIRE_GSO_TCPV4 ||
	       frame->gso_type == XNF_WIRE_GSO_TCPV6, "segmentation");
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	unsigned int i;

	(void)argc;
	(void)argv;
	for (i = 0; i < XNF_RX_RING_SIZE; i++) {
		slots[i].page = malloc(XNF_WIRE_PAGE);
		if (!slots[i].page)
			abort();
		memset(slots[i].page, i, XNF_WIRE_PAGE);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xnf_rx_piece piece[XNF_WIRE_DATA_MAX];
	struct xnf_wire_frame frame;
	struct xnf_queue q = { .rx_slots = slots };
	unsigned int i, frames = 0;
	RING_IDX prod, start;

	if (size < 8)
		return -1;
	memcpy(&start, data, 4);
	memcpy(&prod, data + 4, 4);
	data += 8;
	size -= 8;
	memset(ring, 0, sizeof(ring));
	for (i = 0; i < XNF_RX_RING_SIZE && (i + 1) * sizeof(ring[0]) <= size; i++) {
		memcpy(&ring[(start + i) % XNF_RX_RING_SIZE],
		       data + i * sizeof(ring[0]), sizeof(ring[0]));
		/* An id is hard to guess: given relative to the right one. */
		ring[(start + i) % XNF_RX_RING_SIZE].id +=
			(start + i) % XNF_RX_RING_SIZE;
	}

	q.rx.rsp_cons = start;
	q.rx.req_prod_pvt = start + XNF_RX_RING_SIZE;
	/* The claim is relative, too, but may be anything. */
	prod += start;
	if (!xnf_wire_prod_ok(prod, q.rx.rsp_cons, q.rx.req_prod_pvt))
		return 0;
	demand(prod - start <= XNF_RX_RING_SIZE, "producer index");
	while (q.rx.rsp_cons != prod) {
		memset(piece, 0xa5, sizeof(piece));
		xnf_rx_parse(&q, prod, &frame, piece);
		demand(prod - q.rx.rsp_cons < prod - start, "progress");
		demand(frame.next == XNF_WIRE_DONE, "end of the frame");
		demand(frame.fault < XNF_WIRE_FAULTS, "fault");
		if (frame.fault == XNF_WIRE_OK)
			deliver(&frame, piece);
		demand(++frames <= XNF_RX_RING_SIZE, "frames that end");
		start = q.rx.rsp_cons;
	}
	return 0;
}
