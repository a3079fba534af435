// SPDX-License-Identifier: GPL-2.0
/*
 * The backend's side of both rings: takes what the guest sends, answers ARP
 * and ping, and tells the lies that a scenario asks for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenevtchn.h>
#include <xengnttab.h>
/* ring.h takes its barriers from whoever includes it. */
#define mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define rmb()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wmb()	__atomic_thread_fence(__ATOMIC_RELEASE)

#include <xen/grant_table.h>
#include <xen/io/netif.h>

#include "vifd.h"

#define PAGE		4096u
#define FRAME_MAX	65600u

struct rings {
	unsigned int domid;
	xengnttab_handle *gnt;
	xenevtchn_handle *evt;
	void *tx_page, *rx_page;
	netif_tx_back_ring_t tx;
	netif_rx_back_ring_t rx;
	evtchn_port_t tx_port, rx_port;
	unsigned int tx_count, rx_count;	/* responses, for "every" */
	uint16_t last_rx_id;
	struct xen_netif_ctrl_sring *ctrl;	/* NULL without */
	evtchn_port_t ctrl_port;
	/* The guest's free list of ids, as far as it can be seen from here. */
	uint16_t free_id[256];
	unsigned int free_head, free_tail;
};

const uint8_t vifd_mac[6] = { 0x00, 0x16, 0x3e, 0xfe, 0x00, 0x01 };
const uint8_t vifd_ip[4] = { 10, 98, 0, 1 };

struct rings *rings_open(unsigned int domid, uint32_t tx_ref, uint32_t rx_ref,
			 uint32_t tx_port, uint32_t rx_port)
{
	struct rings *r = calloc(1, sizeof(*r));
	int port;

	if (!r)
		return NULL;
	for (; r->free_tail < 256; r->free_tail++)
		r->free_id[r->free_tail] = r->free_tail;
	r->domid = domid;
	r->gnt = xengnttab_open(NULL, 0);
	r->evt = xenevtchn_open(NULL, 0);
	if (!r->gnt || !r->evt)
		goto fail;
	r->tx_page = xengnttab_map_grant_ref(r->gnt, domid, tx_ref, 3);
	r->rx_page = xengnttab_map_grant_ref(r->gnt, domid, rx_ref, 3);
	if (!r->tx_page || !r->rx_page)
		goto fail;
	port = xenevtchn_bind_interdomain(r->evt, domid, tx_port);
	if (port < 0)
		goto fail;
	r->tx_port = r->rx_port = port;
	if (rx_port != tx_port) {
		port = xenevtchn_bind_interdomain(r->evt, domid, rx_port);
		if (port < 0)
			goto fail;
		r->rx_port = port;
	}
	/* Goes on where the last one stopped, if there was one. */
	BACK_RING_ATTACH(&r->tx, (netif_tx_sring_t *)r->tx_page,
			 ((netif_tx_sring_t *)r->tx_page)->rsp_prod, PAGE);
	BACK_RING_ATTACH(&r->rx, (netif_rx_sring_t *)r->rx_page,
			 ((netif_rx_sring_t *)r->rx_page)->rsp_prod, PAGE);
	return r;
fail:
	perror("vifd: rings");
	rings_close(r);
	return NULL;
}

void rings_close(struct rings *r)
{
	if (!r)
		return;
	if (r->tx_page)
		xengnttab_unmap(r->gnt, r->tx_page, 1);
	if (r->rx_page)
		xengnttab_unmap(r->gnt, r->rx_page, 1);
	if (r->ctrl)
		xengnttab_unmap(r->gnt, r->ctrl, 1);
	if (r->evt)
		xenevtchn_close(r->evt);
	if (r->gnt)
		xengnttab_close(r->gnt);
	free(r);
}

int rings_fd(const struct rings *r)
{
	return xenevtchn_fd(r->evt);
}

void rings_notify(struct rings *r)
{
	xenevtchn_notify(r->evt, r->tx_port);
	if (r->rx_port != r->tx_port)
		xenevtchn_notify(r->evt, r->rx_port);
}

void rings_open_ctrl(struct rings *r, uint32_t ref, uint32_t port)
{
	int ours;

	r->ctrl = xengnttab_map_grant_ref(r->gnt, r->domid, ref, 3);
	ours = xenevtchn_bind_interdomain(r->evt, r->domid, port);
	if (!r->ctrl || ours < 0) {
		perror("vifd: control ring");
		return;
	}
	r->ctrl_port = ours;
	printf("control ring is mapped\n");
}

void rings_flip_ctrl(struct rings *r)
{
	if (!r->ctrl)
		return;
	r->ctrl->rsp_prod ^= 1;
	mb();
	xenevtchn_notify(r->evt, r->ctrl_port);
}

/* Copies between a buffer and a granted page; non-zero if Xen says no. */
static int copy(struct rings *r, uint32_t ref, unsigned int offset, void *buf,
		unsigned int len, int to_guest)
{
	xengnttab_grant_copy_segment_t seg;

	memset(&seg, 0, sizeof(seg));
	if (to_guest) {
		seg.flags = GNTCOPY_dest_gref;
		seg.source.virt = buf;
		seg.dest.foreign.ref = ref;
		seg.dest.foreign.offset = offset;
		seg.dest.foreign.domid = r->domid;
	} else {
		seg.flags = GNTCOPY_source_gref;
		seg.dest.virt = buf;
		seg.source.foreign.ref = ref;
		seg.source.foreign.offset = offset;
		seg.source.foreign.domid = r->domid;
	}
	seg.len = len;
	return xengnttab_grant_copy(r->gnt, 1, &seg) ||
	       seg.status != GNTST_okay;
}

/* ---- towards the guest ----------------------------------------------- */

static unsigned int rx_room(struct rings *r)
{
	RING_IDX prod = r->rx.sring->req_prod;

	rmb();
	return prod - r->rx.req_cons > 256 ? 0 : prod - r->rx.req_cons;
}

/* One response slot; answers the request at its place. */
static void put_rx(struct rings *r, int id, unsigned int offset,
		   unsigned int flags, int status)
{
	netif_rx_request_t req;
	netif_rx_response_t rsp;

	req = *RING_GET_REQUEST(&r->rx, r->rx.req_cons);
	r->rx.req_cons++;
	rsp.id = id < 0 ? req.id : id;
	rsp.offset = offset;
	rsp.flags = flags;
	rsp.status = status;
	*RING_GET_RESPONSE(&r->rx, r->rx.rsp_prod_pvt) = rsp;
	r->rx.rsp_prod_pvt++;
	r->last_rx_id = req.id;
}

static void put_extra(struct rings *r, unsigned int type, unsigned int flags,
		      unsigned int size, unsigned int gso_type)
{
	netif_extra_info_t extra;

	memset(&extra, 0, sizeof(extra));
	extra.type = type;
	extra.flags = flags;
	extra.u.gso.size = size;
	extra.u.gso.type = gso_type;
	r->rx.req_cons++;
	memcpy(RING_GET_RESPONSE(&r->rx, r->rx.rsp_prod_pvt), &extra,
	       sizeof(extra));
	r->rx.rsp_prod_pvt++;
}

static void push_rx(struct rings *r)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&r->rx, notify);
	(void)notify;
	xenevtchn_notify(r->evt, r->rx_port);
}

#define EXTRA	NETRXF_extra_info
#define MORE	NETRXF_more_data

static void random_rx(struct rings *r)
{
	unsigned int i, n = 1 + rand() % 20;

	for (i = 0; i < n && rx_room(r); i++)
		put_rx(r, rand() % 3 ? -1 : rand() & 0xffff,
		       rand() % 2 ? 0 : rand() & 0xffff, rand() & 0xf,
		       rand() % 2 ? rand() % 1600 : (int16_t)rand());
}

/* A lie in place of a frame; there are at least 64 slots of room. */
static void lie_rx(struct rings *r, const char *kind, int len)
{
	int i;

	if (!strcmp(kind, "bad-id"))
		put_rx(r, 60000, 0, 0, len);
	else if (!strcmp(kind, "next-id"))
		put_rx(r, (r->last_rx_id + 2) & 0xff, 0, 0, len);
	else if (!strcmp(kind, "repeat-id"))
		put_rx(r, r->last_rx_id, 0, 0, len);
	else if (!strcmp(kind, "negative"))
		put_rx(r, -1, 0, 0, -1);
	else if (!strcmp(kind, "most-negative"))
		put_rx(r, -1, 0, 0, -32768);
	else if (!strcmp(kind, "big"))
		put_rx(r, -1, 0, 0, 5000);
	else if (!strcmp(kind, "offset"))
		put_rx(r, -1, 4090, 0, 60);
	else if (!strcmp(kind, "far-offset"))
		put_rx(r, -1, 65535, 0, 60);
	else if (!strcmp(kind, "short"))
		put_rx(r, -1, 0, 0, 10);
	else if (!strcmp(kind, "empty"))
		put_rx(r, -1, 0, 0, 0);
	else if (!strcmp(kind, "cut"))
		put_rx(r, -1, 0, MORE, len);
	else if (!strcmp(kind, "cut-extra"))
		put_rx(r, -1, 0, EXTRA, len);
	else if (!strcmp(kind, "many-slots"))
		for (i = 0; i < 30; i++)
			put_rx(r, -1, 0, i < 29 ? MORE : 0, 60);
	else if (!strcmp(kind, "too-long"))
		for (i = 0; i < 18; i++)
			put_rx(r, -1, 0, i < 17 ? MORE : 0, 4096);
	else if (!strcmp(kind, "endless-extras")) {
		put_rx(r, -1, 0, EXTRA, len);
		for (i = 0; i < 40; i++)
			put_extra(r, 1, 1, 1448, 1);
	} else if (!strcmp(kind, "ahead"))
		r->rx.rsp_prod_pvt += 300;
	else if (!strcmp(kind, "back"))
		r->rx.rsp_prod_pvt -= 5;
	else if (!strcmp(kind, "far"))
		r->rx.rsp_prod_pvt += 0x80000000u;
	else if (!strcmp(kind, "random"))
		random_rx(r);
	else {
		put_rx(r, -1, 0, EXTRA, len);
		if (!strcmp(kind, "unknown-extra"))
			put_extra(r, 9, 0, 0, 0);
		else if (!strcmp(kind, "zero-extra"))
			put_extra(r, 0, 0, 0, 0);
		else if (!strcmp(kind, "gso-size-0"))
			put_extra(r, 1, 0, 0, 1);
		else
			put_extra(r, 1, 0, 1448, 7);
	}
}

static void send_frame(struct rings *r, const struct scenario *s, uint8_t *buf,
		       unsigned int len)
{
	netif_rx_request_t req;

	if (s && !strcmp(s->rx, "never"))
		return;
	if (rx_room(r) < 64)
		return;
	if (s && s->rx[0] && ++r->rx_count % s->every == 0) {
		lie_rx(r, s->rx, len);
		push_rx(r);
		return;
	}
	req = *RING_GET_REQUEST(&r->rx, r->rx.req_cons);
	put_rx(r, -1, 0, 0, copy(r, req.gref, 0, buf, len, 1) ?
	       NETIF_RSP_ERROR : (int)len);
	push_rx(r);
}

void rings_send(struct rings *r, const struct scenario *s)
{
	uint8_t arp[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8, 6, 0, 1, 8, 0, 6,
		4, 0, 1, [38] = 10, 98, 0, 77,
	};

	memcpy(arp + 6, vifd_mac, 6);
	memcpy(arp + 22, vifd_mac, 6);
	memcpy(arp + 28, vifd_ip, 4);
	send_frame(r, s, arp, sizeof(arp));
}

/* ARP who-has and ICMP echo for our address are answered in place. */
static void got_frame(struct rings *r, const struct scenario *s, uint8_t *f,
		      unsigned int len)
{
	unsigned int ihl, sum;

	if (len >= 42 && f[12] == 8 && f[13] == 6 && f[21] == 1 &&
	    !memcmp(f + 38, vifd_ip, 4)) {
		memcpy(f, f + 6, 6);
		memcpy(f + 6, vifd_mac, 6);
		f[21] = 2;
		memcpy(f + 32, f + 22, 10);
		memcpy(f + 22, vifd_mac, 6);
		memcpy(f + 28, vifd_ip, 4);
		send_frame(r, s, f, len < 60 ? 60 : len);
		return;
	}
	if (len < 42 || f[12] != 8 || f[13] || f[23] != 1 ||
	    memcmp(f + 30, vifd_ip, 4) || len > PAGE)
		return;
	ihl = (f[14] & 15) * 4;
	if (14 + ihl + 8 > len || f[14 + ihl] != 8)
		return;
	memcpy(f, f + 6, 6);
	memcpy(f + 6, vifd_mac, 6);
	memcpy(f + 30, f + 26, 4);
	memcpy(f + 26, vifd_ip, 4);
	f[14 + ihl] = 0;
	/* Type 8 became 0: the one's complement sum grows by 0x0800. */
	sum = (f[16 + ihl] << 8 | f[17 + ihl]) + 0x0800;
	sum = (sum & 0xffff) + (sum >> 16);
	f[16 + ihl] = sum >> 8;
	f[17 + ihl] = sum;
	send_frame(r, s, f, len);
}

/* ---- from the guest -------------------------------------------------- */

static void put_tx(struct rings *r, int id, int status)
{
	netif_tx_response_t *rsp = RING_GET_RESPONSE(&r->tx,
						     r->tx.rsp_prod_pvt);

	rsp->id = id;
	rsp->status = status;
	r->tx.rsp_prod_pvt++;
}

/* What the guest does with its free list, as it takes an id and gets it back. */
static void took_id(struct rings *r)
{
	r->free_head++;
}

static void gave_id(struct rings *r, int id)
{
	r->free_id[r->free_tail++ % 256] = id;
}

static void lie_tx(struct rings *r, const char *kind, int id)
{
	if (!strcmp(kind, "bad-id"))
		put_tx(r, 65535, NETIF_RSP_OKAY);
	else if (!strcmp(kind, "idle-id"))
		put_tx(r, (id + 100) & 0xff, NETIF_RSP_OKAY);
	else if (!strcmp(kind, "twice")) {
		put_tx(r, id, NETIF_RSP_OKAY);
		put_tx(r, id, NETIF_RSP_OKAY);
	} else if (!strcmp(kind, "error"))
		put_tx(r, id, NETIF_RSP_ERROR);
	else if (!strcmp(kind, "odd-status"))
		put_tx(r, id, 77);
	else if (!strcmp(kind, "ahead"))
		r->tx.rsp_prod_pvt += 300;
	else if (!strcmp(kind, "back"))
		r->tx.rsp_prod_pvt -= 5;
	else if (!strcmp(kind, "far"))
		r->tx.rsp_prod_pvt += 0x80000000u;
	else if (!strcmp(kind, "unpublished"))
		put_tx(r, r->free_id[r->free_head % 256], NETIF_RSP_OKAY);
	else
		put_tx(r, rand() & 0x1ff, (int16_t)rand());
}

static void answer_tx(struct rings *r, const struct scenario *s, int id)
{
	if (s && !strcmp(s->tx, "never"))
		return;
	if (s && s->tx[0] && ++r->tx_count % s->every == 0) {
		lie_tx(r, s->tx, id);
		return;
	}
	put_tx(r, id, NETIF_RSP_OKAY);
}

static void serve_tx(struct rings *r, const struct scenario *s)
{
	static uint8_t frame[FRAME_MAX];
	unsigned int len, size, total, extra, n = 0;
	int head;
	netif_tx_request_t req;
	RING_IDX prod;
	int notify;

again:
	prod = r->tx.sring->req_prod;
	rmb();
	while (r->tx.req_cons != prod && prod - r->tx.req_cons <= 256) {
		req = *RING_GET_REQUEST(&r->tx, r->tx.req_cons++);
		total = req.size;
		head = req.id;
		len = 0;
		extra = req.flags & NETTXF_extra_info;
		while (extra && r->tx.req_cons != prod) {
			netif_extra_info_t *e = (void *)
				RING_GET_REQUEST(&r->tx, r->tx.req_cons++);

			extra = e->flags & XEN_NETIF_EXTRA_FLAG_MORE;
			put_tx(r, 0, NETIF_RSP_NULL);
		}
		for (;;) {
			size = req.size;
			if (!len && (req.flags & NETTXF_more_data))
				size = 0;	/* total less the others */
			if (size && len + size <= FRAME_MAX &&
			    !copy(r, req.gref, req.offset, frame + len, size, 0))
				len += size;
			took_id(r);
			answer_tx(r, s, req.id);
			if (req.id != head)
				gave_id(r, req.id);
			if (!(req.flags & NETTXF_more_data) ||
			    r->tx.req_cons == prod)
				break;
			req = *RING_GET_REQUEST(&r->tx, r->tx.req_cons++);
		}
		/* The guest keeps the first one until the whole packet is answered. */
		gave_id(r, head);
		if (len == total)
			got_frame(r, s, frame, len);
		n++;
	}
	if (n && !(s && !strcmp(s->tx, "never"))) {
		RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&r->tx, notify);
		(void)notify;
		xenevtchn_notify(r->evt, r->tx_port);
	}
	r->tx.sring->req_event = r->tx.req_cons + 1;
	mb();
	if (r->tx.sring->req_prod != prod && n < 1000)
		goto again;
}

void rings_serve(struct rings *r, const struct scenario *s)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(r->evt);

	if (port >= 0)
		xenevtchn_unmask(r->evt, port);
	serve_tx(r, s);
	r->rx.sring->req_event = r->rx.req_cons + 1;
}
