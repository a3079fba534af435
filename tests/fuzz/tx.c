// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of the transmit path's responses: src/txring.h and txdone.c, as they
 * are, against a ring that a hostile backend filled.
 *
 * The ring changes after each read of a slot (XSA-155).  Packets are memory
 * blocks, so the address sanitizer sees one that is freed twice, or freed and
 * then gone on with: requests are built in one step and published in another,
 * and the backend answers what it likes in between.  After each step every id,
 * reference and packet must be in exactly one place.
 *
 * Input: four bytes a step, see step().
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/netif.h>

#include "wire.h"

#define XNF_TX_RING_SIZE	256
#define XNF_TX_ROOM_WAKE	64
#define XNF_REF_NONE		0xffff
#define XNF_TX_EXTRA		0xffff
#define INVALID_GRANT_REF	((grant_ref_t)-1)
#define XEN_NETIF_RSP_OKAY	0
#define XEN_NETIF_RSP_NULL	1
#define unlikely(x)		(x)
#define likely(x)		(x)
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#define virt_rmb()		((void)0)
#define virt_mb()		((void)0)
#define max(a, b)		((a) > (b) ? (a) : (b))
#define smp_store_release(p, v)	(*(p) = (v))
#define smp_load_acquire(p)	(*(p))
#define XEN_NETTXF_more_data	NETTXF_more_data
#define smp_mb()		((void)0)
#define u64_stats_update_begin(s)	((void)0)
#define u64_stats_update_end(s)		((void)0)
#define u64_stats_inc(p)		((*(p))++)

#define xen_netif_tx_response	netif_tx_response
#define xen_netif_tx_request	netif_tx_request

typedef unsigned int RING_IDX;
typedef uint32_t grant_ref_t;
typedef uint16_t u16;
typedef uint64_t u64;
typedef int32_t s32;

struct sk_buff { char byte; };
struct page { char byte; };
struct netdev_queue { int unused; };
struct net_device { struct netdev_queue txq; const char *name; };
struct xnf_info { struct net_device *netdev; bool live, tx_held; };

struct xnf_tx_slot {
	struct sk_buff *skb;
	struct page *page;
	unsigned int len;
	u16 head;
	u16 pending;
	u16 ref;
	bool mcast;
	unsigned int out;
};

struct xnf_fifo {
	u16 item[XNF_TX_RING_SIZE];
	unsigned int head, tail;
};

struct xnf_queue {
	struct xnf_info *info;
	unsigned int id;
	struct {
		struct { RING_IDX rsp_prod, rsp_event; } *sring;
		RING_IDX rsp_cons, req_prod_pvt;
	} tx;
	unsigned int tx_pushed, tx_event_deadline, tx_event;
	u16 tx_built[XNF_TX_RING_SIZE];
	struct xnf_fifo tx_ids, tx_bare, tx_chunks;
	struct xnf_tx_slot *tx_slots;
	grant_ref_t *tx_refs;
	struct { u64 errors, grants_kept; int syncp; } done_stats;
	bool rings_broken;
};

static struct xen_netif_tx_response ring[XNF_TX_RING_SIZE];
static bool kept, no_refs;		/* what the next grant operations do */
static unsigned int granted;		/* pages lent, to be taken back once */

static void demand(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

/* The second read of a slot never gives what the first did. */
static void copy_response(RING_IDX index, struct xen_netif_tx_response *rsp)
{
	struct xen_netif_tx_response *shared = &ring[index % XNF_TX_RING_SIZE];

	*rsp = *shared;
	shared->id ^= 0x4001;
}

#undef RING_COPY_RESPONSE
#define RING_COPY_RESPONSE(r, index, rsp)	copy_response(index, rsp)

static unsigned int xnf_fifo_used(const struct xnf_fifo *f)
{
	return f->tail - f->head;
}

static u16 xnf_fifo_take(struct xnf_fifo *f)
{
	return f->item[f->head++ % XNF_TX_RING_SIZE];
}

static void xnf_fifo_give(struct xnf_fifo *f, u16 item)
{
	f->item[f->tail++ % XNF_TX_RING_SIZE] = item;
	demand(xnf_fifo_used(f) <= XNF_TX_RING_SIZE, "free list");
}

static bool xnf_grant_end(grant_ref_t *ref, struct page *page)
{
	demand(page && *ref != INVALID_GRANT_REF, "page and reference");
	granted--;
	if (!kept)
		return true;
	*ref = INVALID_GRANT_REF;
	return false;
}

static int xnf_grant_alloc(grant_ref_t *refs, unsigned int count)
{
	demand(count == 1, "one reference");
	if (!no_refs)
		*refs = 1;
	return no_refs ? -28 : 0;
}

static void xnf_queue_fault(struct xnf_queue *q, enum xnf_wire_fault fault)
{
	demand(fault != XNF_WIRE_OK, "fault");
	q->rings_broken = true;
}

static void xnf_schedule_reset(struct xnf_info *info, const char *why)
{
	(void)info;
	(void)why;
}

static unsigned int mcast_asked;	/* changes of the multicast list on their way */

static void xnf_mcast_answer(struct xnf_info *info, bool ok)
{
	(void)info;
	(void)ok;
	demand(mcast_asked > 0, "an answer to a multicast request");
	mcast_asked--;
}

#define trace_xnf_tx_start(name, queue, why)	((void)(name))

static void napi_consume_skb(struct sk_buff *skb, int budget)
{
	(void)budget;
	demand(skb != NULL, "packet of a head slot");
	skb->byte++;
	free(skb);
}

static struct netdev_queue *netdev_get_tx_queue(struct net_device *dev, unsigned int i)
{
	(void)i;
	return &dev->txq;
}

static unsigned int in_flight;		/* packets and bytes that BQL knows of */

static void netdev_tx_completed_queue(struct netdev_queue *txq, unsigned int packets, unsigned int bytes)
{
	(void)txq;
	demand(packets <= in_flight && bytes == packets * 60, "packets completed");
	in_flight -= packets;
}

static bool netif_tx_queue_stopped(struct netdev_queue *txq)
{
	(void)txq;
	return false;
}

static void netif_tx_wake_queue(struct netdev_queue *txq)
{
	(void)txq;
}

static unsigned int xnf_tx_room(const struct xnf_queue *q)
{
	return xnf_fifo_used(&q->tx_ids) < xnf_fifo_used(&q->tx_bare) ?
	       xnf_fifo_used(&q->tx_ids) : xnf_fifo_used(&q->tx_bare);
}

static struct xen_netif_tx_request request[XNF_TX_RING_SIZE];

#undef RING_GET_REQUEST
#define RING_GET_REQUEST(r, index)	(&request[(index) % XNF_TX_RING_SIZE])

bool xnf_tx_end_slot(struct xnf_queue *q, u16 id);
void xnf_tx_want_event(struct xnf_queue *q, RING_IDX first);
unsigned int xnf_tx_reap(struct xnf_queue *q, int budget);
bool xnf_tx_answered(const struct xnf_queue *q);
bool xnf_tx_arm(struct xnf_queue *q);

#include "txring.h"
#include "txdone.c"

static struct page page;
/* by ring slot: packets that who builds them holds */
static struct sk_buff *in_hand[XNF_TX_RING_SIZE];

/* A reference for a page, or for a chunk: one of its kind, else one of the other. */
static u16 take_ref(struct xnf_queue *q, bool for_page)
{
	struct xnf_fifo *kind = for_page ? &q->tx_bare : &q->tx_chunks;
	struct xnf_fifo *other = for_page ? &q->tx_chunks : &q->tx_bare;
	u16 ref = xnf_fifo_take(xnf_fifo_used(kind) ? kind : other);

	demand(ref < XNF_TX_RING_SIZE && q->tx_refs[ref] != INVALID_GRANT_REF, "a reference");
	return ref;
}

/*
 * A packet of @n slots, the way tx_build() queues one; not published.  One slot without pages may
 * also be a packet that was freed at once (kind 1), a frame of an XDP program (2) or a change of
 * the multicast list (3), which takes a ring slot for its extra.
 */
static void build(struct xnf_queue *q, unsigned int n, unsigned int pages, unsigned int kind)
{
	struct sk_buff *skb = NULL;
	unsigned int i;
	u16 id, ref, head = 0;

	if (n > 1 || pages & 1)
		kind = 0;
	if (xnf_fifo_used(&q->tx_ids) < n ||
	    xnf_fifo_used(&q->tx_chunks) + xnf_fifo_used(&q->tx_bare) < n ||
	    XNF_TX_RING_SIZE - (q->tx.req_prod_pvt - q->tx.rsp_cons) < n + 1)
		return;
	for (i = 0; i < n; i++) {
		id = xnf_fifo_take(&q->tx_ids);
		demand(id < XNF_TX_RING_SIZE && !q->tx_slots[id].out &&
		       !q->tx_slots[id].skb && !q->tx_slots[id].len, "a free id");
		if (!i) {
			head = id;
			q->tx_slots[head].pending = 0;
		}
		ref = take_ref(q, pages >> i & 1);
		if (kind == 3) {
			xnf_fifo_give(&q->tx_chunks, ref);
			ref = XNF_REF_NONE;
		}
		if (pages >> i & 1) {
			q->tx_slots[id].page = &page;
			granted++;
		}
		xnf_tx_add_slot(q, id, head, ref, 0, 60);
	}
	if (!kind)
		skb = calloc(1, sizeof(*skb));
	q->tx_slots[head].skb = skb;
	in_hand[(q->tx.req_prod_pvt - 1) % XNF_TX_RING_SIZE] = skb;
	if (kind < 2) {
		q->tx_slots[head].len = 60;
		in_flight++;
	}
	if (kind == 3) {
		q->tx_slots[head].mcast = true;
		xnf_tx_next_slot(q, XNF_TX_EXTRA);
		mcast_asked++;
	}
}

/* Who builds packets goes on with them, whatever the backend does. */
static void go_on(void)
{
	unsigned int i;

	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		if (in_hand[i])
			in_hand[i]->byte++;
}

static void publish(struct xnf_queue *q)
{
	unsigned int i;

	for (i = q->tx_pushed; i != q->tx.req_prod_pvt; i++) {
		u16 id = q->tx_built[i % XNF_TX_RING_SIZE];

		if (id == XNF_TX_EXTRA)
			continue;
		demand(q->tx_slots[q->tx_slots[id].head].pending, "what is built stays until it is published");
	}
	xnf_tx_publish(q);
	memset(in_hand, 0, sizeof(in_hand));
	demand(q->tx_pushed == q->tx.req_prod_pvt, "all of it is published");
}

/* Every id, reference and page in one place. */
static void account(const struct xnf_queue *q)
{
	unsigned char id[XNF_TX_RING_SIZE] = { 0 }, ref[XNF_TX_RING_SIZE] = { 0 };
	bool built[XNF_TX_RING_SIZE] = { 0 };
	unsigned int i, pages = 0;

	for (i = q->tx_pushed; i != q->tx.req_prod_pvt; i++)
		if (q->tx_built[i % XNF_TX_RING_SIZE] != XNF_TX_EXTRA)
			built[q->tx_built[i % XNF_TX_RING_SIZE]] = true;
	for (i = q->tx_ids.head; i != q->tx_ids.tail; i++)
		id[q->tx_ids.item[i % XNF_TX_RING_SIZE]]++;
	for (i = q->tx_chunks.head; i != q->tx_chunks.tail; i++)
		ref[q->tx_chunks.item[i % XNF_TX_RING_SIZE]]++;
	for (i = q->tx_bare.head; i != q->tx_bare.tail; i++)
		ref[q->tx_bare.item[i % XNF_TX_RING_SIZE]]++;
	for (i = 0; i < XNF_TX_RING_SIZE; i++) {
		const struct xnf_tx_slot *s = &q->tx_slots[i];

		demand(!(s->out && built[i]), "an id is out, or it is built");
		if ((s->out || built[i]) && s->ref != XNF_REF_NONE)
			ref[s->ref]++;
		if ((s->out || built[i]) && s->page)
			pages++;
		demand(s->len || !s->skb, "a packet has a length");
		if (s->out || built[i] || s->len)
			id[i]++;
		demand(id[i] == 1, "id in one place");
	}
	/* A reference that is lost is offered to nobody. */
	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		demand(ref[i] == (q->tx_refs[i] != INVALID_GRANT_REF), "reference in one place");
	demand(pages == granted, "pages taken back");
}

static void respond(struct xnf_queue *q, RING_IDX *prod, unsigned int id, int status)
{
	(void)q;
	ring[*prod % XNF_TX_RING_SIZE].id = id;
	ring[*prod % XNF_TX_RING_SIZE].status = status;
	++*prod;
}

static void step(struct xnf_queue *q, RING_IDX *prod, const uint8_t *d)
{
	unsigned int i;

	switch (d[0] % 10) {
	case 0:
	case 1:
		build(q, 1 + d[1] % 5, d[2], d[3] % 4);
		publish(q);
		break;
	case 2:		/* answers d[1] slots from slot d[2] on, as asked */
		for (i = 0; i < d[1] && *prod != q->tx_pushed; i++)
			if (q->tx_slots[(d[2] + i) % XNF_TX_RING_SIZE].out)
				respond(q, prod, (d[2] + i) % XNF_TX_RING_SIZE, d[3] % 4 ? 0 : (int8_t)d[3]);
		break;
	case 3:
		respond(q, prod, d[1] | d[2] << 8, (int8_t)d[3]);
		break;
	case 4:
		respond(q, prod, d[1], XEN_NETIF_RSP_OKAY);
		break;
	case 5:
		*prod += (unsigned int)(int8_t)d[1] << d[2] % 32;
		break;
	case 6:
		kept = d[1] & 1;
		no_refs = d[1] & 2;
		break;
	case 7:
		q->tx.sring->rsp_prod = *prod;
		xnf_tx_reap(q, 64);
		go_on();
		account(q);
		break;
	case 8:
		build(q, 1 + d[1] % 5, d[2], d[3] % 4);
		break;
	case 9:
		publish(q);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_device dev;
	struct xnf_info info = { .netdev = &dev, .live = true };
	struct xnf_queue q = { .info = &info };
	RING_IDX prod;
	unsigned int i;

	if (size < 8)
		return -1;
	memcpy(&prod, data, 4);
	memset(ring, 0, sizeof(ring));
	memset(in_hand, 0, sizeof(in_hand));
	q.tx_slots = calloc(XNF_TX_RING_SIZE, sizeof(*q.tx_slots));
	q.tx_refs = calloc(XNF_TX_RING_SIZE, sizeof(*q.tx_refs));
	q.tx.sring = calloc(1, sizeof(*q.tx.sring));
	q.tx.sring->rsp_prod = q.tx.rsp_cons = q.tx.req_prod_pvt = q.tx_pushed = prod;
	for (i = 0; i < XNF_TX_RING_SIZE; i++) {
		xnf_fifo_give(&q.tx_ids, i);
		xnf_fifo_give(i % 2 ? &q.tx_chunks : &q.tx_bare, i);
	}
	granted = in_flight = mcast_asked = 0;
	kept = no_refs = false;
	for (i = 4; i + 4 <= size && !q.rings_broken; i += 4)
		step(&q, &prod, data + i);
	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		free(q.tx_slots[i].skb);
	free(q.tx_slots);
	free(q.tx_refs);
	free(q.tx.sring);
	return 0;
}
