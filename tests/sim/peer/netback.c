// SPDX-License-Identifier: GPL-2.0
/*
 * A backend as Linux's: states, rings, control ring.
 *
 * Follows drivers/net/xen-netback/{xenbus,netback,interface,rx}.c of 6.1 for
 * states (set_backend_state(), frontend_changed()), which keys it prefers, how a
 * packet is laid out in slots, and what it answers.  It maps what it is not to
 * copy until the packet is done with.  Leaves out credit, hotplug scripts,
 * grant-mapped zerocopy destructors, hashing itself.  What netback takes for a
 * fatal error of the frontend is a failure here.  It can be restarted, and its
 * domain paused; what a hostile one does is in lies.c.
 */
#include <sim/netback.h>

#define BATCH		24

struct sim_netback *sim_netback;
/* A guest that moved may still read what the last backend had answered. */
static bool left_a_liar;
u64 sim_netback_got;
static u64 next_frame;

static void write_state(struct sim_netback *b, enum xenbus_state state)
{
	char path[96];

	b->state = state;
	if (b->dead)
		return;
	snprintf(path, sizeof(path), "%s/state", b->dir);
	/* Not into a folder that the toolstack removed. */
	if (sim_store_read(0, path, NULL, 0))
		return;
	sim_log("backend: state %d", state);
	sim_store_printf(0, path, "%d", state);
}

/* --- maps */
static void *map(struct sim_netback *b, grant_ref_t ref)
{
	void *p = sim_grant_map(b->domid, ref);

	if (!p)
		return NULL;
	if (b->nr_maps == SIM_MAPS)
		sim_fail("simulator", "a backend has more than %d maps", SIM_MAPS);
	b->map[b->nr_maps++] = ref;
	return p;
}

static void unmap(struct sim_netback *b, grant_ref_t ref)
{
	unsigned int i;

	for (i = 0; i < b->nr_maps; i++)
		if (b->map[i] == ref) {
			sim_grant_unmap(ref);
			b->map[i] = b->map[--b->nr_maps];
			return;
		}
}

static void unmap_all(struct sim_netback *b)
{
	while (b->nr_maps)
		sim_grant_unmap(b->map[--b->nr_maps]);
}

/* --- transmit: from the guest */
static void protocol_error(struct sim_netback *b, const char *what, unsigned int n)
{
	/*
	 * So does one that was so late that the frontend went without it, and one
	 * whose domain stood still while the toolstack took the device away.
	 */
	if (b->spoilt || b->complaints != sim_complaints ||
	    sim_store_number(SIM_FRONT_ABS "/backend-id", -1) < 0) {
		sim_log("backend: %s", what);
		b->broken = true;
		return;
	}
	sim_fail("protocol", "netback would shut the interface down: %s (%u)", what, n);
}

/* Takes the requests of one packet.  Return: false if it is not whole yet. */
static bool take_packet(struct sim_netback *b, struct sim_back_queue *q,
			struct sim_back_packet *p)
{
	struct xen_netif_tx_request req;
	struct xen_netif_extra_info extra;
	RING_IDX cons = q->tx.req_cons;
	RING_IDX prod = q->tx.sring->req_prod;
	unsigned int total = 0, rest = 0;
	bool more = true, first = true, extras;

	memset(p, 0, sizeof(*p));
	if (prod - cons > SIM_TX_IDS) {
		protocol_error(b, "impossible number of requests", prod - cons);
		return false;
	}
	while (more) {
		if (cons == prod) {
			if (!first)
				protocol_error(b, "a packet goes on behind the producer index", cons);
			return false;
		}
		RING_COPY_REQUEST(&q->tx, cons, &req);
		cons++;
		extras = first && (req.flags & XEN_NETTXF_extra_info);
		if (first)
			total = req.size;
		else
			rest += req.size;
		if (p->slots == XEN_NETIF_NR_SLOTS_MIN)
			protocol_error(b, "too many slots", p->slots);
		if (p->slots >= XEN_NETIF_NR_SLOTS_MIN)
			return false;
		p->id[p->slots] = req.id;
		p->part[p->slots].ref = req.gref;
		p->part[p->slots].offset = req.offset;
		p->part[p->slots++].size = req.size;
		more = req.flags & XEN_NETTXF_more_data;
		first = false;
		while (extras) {
			if (cons == prod) {
				protocol_error(b, "missing extra info", cons);
				return false;
			}
			memcpy(&extra, RING_GET_REQUEST(&q->tx, cons), sizeof(extra));
			cons++;
			p->extras++;
			if (!extra.type || extra.type >= XEN_NETIF_EXTRA_TYPE_MAX)
				protocol_error(b, "invalid extra type", extra.type);
			p->mcast |= extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD ||
				    extra.type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL;
			extras = extra.flags & XEN_NETIF_EXTRA_FLAG_MORE;
		}
	}
	p->part[0].size = total - rest;
	p->len = total;
	q->tx.req_cons = cons;
	q->ids_taken += p->slots;
	if (p->mcast)
		return true;
	if (total < rest)
		protocol_error(b, "slots exceed the packet", total);
	return true;
}

static void map_packet(struct sim_netback *b, const struct sim_back_packet *p)
{
	unsigned int i;

	for (i = 0; i < p->slots && !p->mcast && !b->spoilt; i++) {
		if (p->part[i].offset + p->part[i].size > XEN_PAGE_SIZE)
			protocol_error(b, "a slot crosses its page", p->part[i].offset);
		if (!map(b, p->part[i].ref))
			protocol_error(b, "a request names what is not granted", p->part[i].ref);
	}
}

/* What the packet says now, after all the time that it was mapped. */
static void check_packet(struct sim_netback *b, struct sim_back_queue *q, const struct sim_back_packet *p)
{
	static u8 frame[70000];
	unsigned int i, at = 0;
	u64 seq;

	for (i = 0; i < p->slots; i++) {
		void *from = sim_grant_copy(b->domid, p->part[i].ref, false);

		if (!from) {
			protocol_error(b, "a grant ended under a packet", p->part[i].ref);
			return;
		}
		memcpy(frame + at, from + p->part[i].offset, p->part[i].size);
		at += p->part[i].size;
	}
	if (sim_frame_is_sound(frame, at, true, &seq))
		return;		/* turned around by a program */
	if (!sim_frame_is_sound(frame, at, false, &seq))
		sim_fail("packet", "the backend got a frame of %u bytes that nobody sent", at);
	if (seq < q->last_seq[seq % 4])
		sim_fail("packet", "frame %llu arrived after %llu of the same flow and queue",
			 seq, q->last_seq[seq % 4]);
	if (seq == q->last_seq[seq % 4] && seq / 4)
		sim_fail("packet", "frame %llu arrived twice at the backend", seq);
	q->last_seq[seq % 4] = seq;
	sim_netback_got++;
}

/* The head's id is free when the whole packet is answered. */
static void give_ids(struct sim_back_queue *q, const struct sim_back_packet *p)
{
	unsigned int i;

	for (i = 1; i < p->slots; i++)
		q->free_id[q->ids_given++ % SIM_TX_IDS] = p->id[i];
	q->free_id[q->ids_given++ % SIM_TX_IDS] = p->id[0];
}

/* @most: slots to answer, extras among them */
static void answer(struct sim_back_queue *q, const struct sim_back_packet *p,
		   unsigned int most)
{
	struct xen_netif_tx_response *rsp;
	unsigned int i;

	for (i = 0; i < most; i++) {
		rsp = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++);
		/* Extras stand behind the first request. */
		if (i && i <= p->extras) {
			rsp->status = XEN_NETIF_RSP_NULL;
			continue;
		}
		rsp->id = p->id[i ? i - p->extras : 0];
		rsp->status = p->refused ? XEN_NETIF_RSP_ERROR : XEN_NETIF_RSP_OKAY;
	}
}

static void push_tx(struct sim_back_queue *q)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify)
		sim_port_notify(q->tx_port);
}

static void pause_batch(struct sim_netback *b)
{
	b->touches = false;
	if (sim_one_in(3))
		sim_sleep_ns(sim_chance(300000), "the backend's work");
	else if (b->slow && sim_one_in(10))
		sim_sleep_ns(sim_chance(b->slow) * SIM_MS, "a slow backend");
	else
		sim_yield();
	b->touches = !b->dead;
}

static void finish_packet(struct sim_netback *b, struct sim_back_queue *q,
			  struct sim_back_packet *p, bool may_lie)
{
	unsigned int k, most = p->slots + p->extras;
	bool keeps;

	if (!p->mcast && !b->spoilt)
		check_packet(b, q, p);
	give_ids(q, p);
	keeps = may_lie && sim_lie_tx(b, q, p);
	/* Who lies may answer what it still maps. */
	for (k = 0; k < p->slots && !(may_lie && b->spoilt && sim_one_in(8)); k++)
		unmap(b, p->part[k].ref);
	answer(q, p, most - keeps);
}

static bool serve_tx(struct sim_netback *b, struct sim_back_queue *q)
{
	struct sim_back_packet p[BATCH];
	unsigned int i, n = 0;
	bool again = false;
	int more;

	while (n < BATCH && b->nr_maps < SIM_MAPS - 40 && !b->broken &&
	       take_packet(b, q, &p[n])) {
		map_packet(b, &p[n]);
		n++;
	}
	if (n) {
		pause_batch(b);
		if (b->stop || b->dead)
			return false;
		for (i = 0; i < n; i++)
			finish_packet(b, q, &p[i], i + 1 == n);
		push_tx(q);
		again = true;
	}
	RING_FINAL_CHECK_FOR_REQUESTS(&q->tx, more);
	return !b->broken && (again || more);
}

/* --- receive: to the guest */
#define RX_ROOM		7	/* the slots of the largest frame, and two extras */

/* None where the index makes no sense. */
static unsigned int rx_room(struct sim_back_queue *q)
{
	unsigned int room = q->rx.sring->req_prod - q->rx.req_cons;

	return room <= 256 ? room : 0;
}

/* Takes a ring slot, and the request in it, for what is not data. */
static struct xen_netif_extra_info *add_extra(struct sim_back_queue *q, u8 type, bool more)
{
	struct xen_netif_extra_info *extra =
		(struct xen_netif_extra_info *)RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);

	q->rx.req_cons++;
	memset(extra, 0, sizeof(*extra));
	extra->type = type;
	extra->flags = more ? XEN_NETIF_EXTRA_FLAG_MORE : 0;
	return extra;
}

/* Behind the first slot of a frame: segments to make of it, a hash. */
static void add_extras(struct sim_back_queue *q, bool gso, bool hash)
{
	struct xen_netif_extra_info *extra;

	if (gso) {
		extra = add_extra(q, XEN_NETIF_EXTRA_TYPE_GSO, hash);
		extra->u.gso.size = 1448;
		extra->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	}
	if (hash) {
		extra = add_extra(q, XEN_NETIF_EXTRA_TYPE_HASH, false);
		extra->u.hash.type = _XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP;
		extra->u.hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
	}
}

static void send_one(struct sim_netback *b, struct sim_back_queue *q)
{
	static u8 frame[66000];
	unsigned int len = sim_one_in(4) && b->f.sg ? 4200 + sim_chance(12000) : 64 + sim_chance(1450);
	unsigned int at = 0, n, slots = DIV_ROUND_UP(len, XEN_PAGE_SIZE), i;
	struct xen_netif_rx_request req;
	bool gso = b->guest_gso && len > 4200 && sim_one_in(2), hash = b->has_ctrl && sim_one_in(2);
	struct xen_netif_rx_response *rsp;
	void *to;

	sim_fill_frame(frame, len, next_frame++, true);
	for (i = 0; i < slots; i++) {
		RING_COPY_REQUEST(&q->rx, q->rx.req_cons, &req);
		q->rx.req_cons++;
		n = min(len - at, (unsigned int)XEN_PAGE_SIZE);
		to = sim_grant_copy(b->domid, req.gref, true);
		if (!to)
			protocol_error(b, "a receive request names what is not granted", req.gref);
		else
			memcpy(to, frame + at, n);
		rsp = RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);
		rsp->id = req.id;
		rsp->offset = 0;
		rsp->flags = i ? 0 : XEN_NETRXF_data_validated;
		if (gso && !i)
			rsp->flags |= XEN_NETRXF_csum_blank;
		if ((gso || hash) && !i)
			rsp->flags |= XEN_NETRXF_extra_info;
		rsp->flags |= i + 1 < slots ? XEN_NETRXF_more_data : 0;
		rsp->status = n;
		sim_lie_rx(b, rsp);
		if (!i)
			add_extras(q, gso, hash);
		at += n;
	}
	q->to_send--;
}

static bool serve_rx(struct sim_netback *b, struct sim_back_queue *q)
{
	unsigned int n = 0;
	int notify, more;

	while (q->to_send && rx_room(q) >= RX_ROOM && n++ < 40)
		send_one(b, q);
	if (n) {
		RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
		if (notify)
			sim_port_notify(q->rx_port);
	}
	if (!q->to_send)
		return false;
	/* An event when there is room again. */
	RING_FINAL_CHECK_FOR_REQUESTS(&q->rx, more);
	(void)more;
	return rx_room(q) >= RX_ROOM;
}

/* --- control ring */
static u32 ctrl_answer(const struct xen_netif_ctrl_request *req, u32 *data)
{
	*data = 0;
	switch (req->type) {
	case XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE:
		*data = 128;
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS:
		*data = 15;
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	default:
		return sim_one_in(40) ? XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED :
					XEN_NETIF_CTRL_STATUS_SUCCESS;
	}
}

static bool serve_ctrl(struct sim_netback *b)
{
	struct xen_netif_ctrl_request req;
	struct xen_netif_ctrl_response *rsp;
	int more, notify;

	if (!b->has_ctrl)
		return false;
	if (b->ctrl.sring->req_prod - b->ctrl.req_cons > 1 && b->spoilt)
		return false;
	while (b->ctrl.sring->req_prod != b->ctrl.req_cons) {
		RING_COPY_REQUEST(&b->ctrl, b->ctrl.req_cons, &req);
		b->ctrl.req_cons++;
		rsp = RING_GET_RESPONSE(&b->ctrl, b->ctrl.rsp_prod_pvt++);
		rsp->id = req.id;
		rsp->type = req.type;
		rsp->status = ctrl_answer(&req, &rsp->data);
		sim_lie_ctrl(b, rsp);
		RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&b->ctrl, notify);
		if (notify)
			sim_port_notify(b->ctrl_port);
	}
	RING_FINAL_CHECK_FOR_REQUESTS(&b->ctrl, more);
	return more;
}

/* --- the rings' fiber, and the connection */
static void kick_rings(void *arg)
{
	struct sim_netback *b = arg;

	b->work = true;
	if (b->rings)
		sim_wake(b->rings);
}

/* A domain that is paused, or whose one CPU does something else. */
static void stand_still(struct sim_netback *b)
{
	while (!b->dead && sim_now < b->paused_until)
		sim_sleep_ns(20 * SIM_MS, "its domain to run");
}

static void wait_for_work(struct sim_netback *b)
{
	const struct sim_wait wait = { .kind = "work", .name = "rings", .bounded = true };

	b->touches = false;
	sim_block(&wait, SIM_NEVER);
}

static void rings_main(void *arg)
{
	struct sim_netback *b = arg;
	unsigned int i;
	bool again;

	while (!b->stop && !b->dead) {
		stand_still(b);
		if (b->stop || b->dead)
			break;
		b->work = false;
		b->touches = true;
		again = serve_ctrl(b);
		for (i = 0; i < b->nr_queues && !b->stop && !b->dead; i++) {
			again |= serve_tx(b, &b->q[i]);
			if (!b->stop && !b->dead)
				again |= serve_rx(b, &b->q[i]);
			if (!b->stop && !b->dead)
				sim_lie_between(b, &b->q[i]);
		}
		if (again || b->work)
			pause_batch(b);
		else
			wait_for_work(b);
	}
	b->touches = false;
	b->rings = NULL;
	b->stopped = true;
	if (b->states)
		sim_wake(b->states);
}

static int front_number(const char *sub, const char *key)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s%s%s", SIM_FRONT_ABS, sub, *sub ? "/" : "", key);
	return sim_store_number(path, -1);
}

static bool connect_queue(struct sim_netback *b, unsigned int i, const char *sub)
{
	struct sim_back_queue *q = &b->q[i];
	struct xen_netif_tx_sring *txs;
	struct xen_netif_rx_sring *rxs;
	unsigned int k;
	int tx = front_number(sub, "event-channel-tx"), rx = front_number(sub, "event-channel-rx");

	memset(q, 0, sizeof(*q));
	txs = map(b, front_number(sub, "tx-ring-ref"));
	rxs = map(b, front_number(sub, "rx-ring-ref"));
	if (!txs || !rxs)
		return false;
	/* Not from the start: it may have had these rings before. */
	BACK_RING_ATTACH(&q->tx, txs, txs->rsp_prod, XEN_PAGE_SIZE);
	BACK_RING_ATTACH(&q->rx, rxs, rxs->rsp_prod, XEN_PAGE_SIZE);
	for (k = 0; k < SIM_TX_IDS; k++)
		q->free_id[k] = k;
	if (tx < 0) {
		tx = front_number(sub, "event-channel");
		rx = tx;
	}
	if (tx < 0 || rx < 0)
		return false;
	q->tx_port = tx;
	q->rx_port = rx;
	if (!sim_port_bind(b->domid, tx, kick_rings, b))
		return false;
	return rx == tx || sim_port_bind(b->domid, rx, kick_rings, b);
}

static bool connect_ctrl(struct sim_netback *b)
{
	int ref = front_number("", "ctrl-ring-ref"), port = front_number("", "event-channel-ctrl");
	struct xen_netif_ctrl_sring *s;

	if (ref < 0)
		return true;
	s = map(b, ref);
	if (!s || port < 0 || !sim_port_bind(b->domid, port, kick_rings, b))
		return false;
	BACK_RING_ATTACH(&b->ctrl, s, s->rsp_prod, XEN_PAGE_SIZE);
	b->ctrl_port = port;
	b->has_ctrl = true;
	return true;
}

static void unbind_ports(struct sim_netback *b)
{
	unsigned int i;

	for (i = 0; i < b->nr_queues; i++) {
		if (b->q[i].tx_port)
			sim_port_unbind(b->q[i].tx_port);
		if (b->q[i].rx_port)
			sim_port_unbind(b->q[i].rx_port);
	}
	if (b->has_ctrl)
		sim_port_unbind(b->ctrl_port);
	b->has_ctrl = false;
	b->nr_queues = 0;
}

static bool backend_connect(struct sim_netback *b)
{
	int n = front_number("", "multi-queue-num-queues");
	char sub[20];
	unsigned int i;

	b->nr_queues = n < 1 ? 1 : n;
	if (b->nr_queues > max(b->f.queues, 1u)) {
		sim_log("backend: guest requested %u queues, exceeding the maximum", b->nr_queues);
		b->nr_queues = 0;
		return false;
	}
	memset(b->q, 0, sizeof(b->q));
	for (i = 0; i < b->nr_queues; i++) {
		snprintf(sub, sizeof(sub), "queue-%u", i);
		if (!connect_queue(b, i, b->nr_queues > 1 ? sub : ""))
			goto fail;
	}
	if (!connect_ctrl(b))
		goto fail;
	b->broken = false;
	b->armed = NULL;
	b->guest_gso = b->f.tso && front_number("", "feature-gso-tcpv4") == 1;
	/* Rings that it had before a restart are as it left them. */
	if (b->ring_ref != b->map[0]) {
		b->spoilt = false;
		left_a_liar = false;
		b->complaints = sim_complaints;
	}
	b->ring_ref = b->map[0];
	b->stop = false;
	b->stopped = false;
	b->rings = sim_spawn("netback", SIM_PEER, rings_main, b);
	return true;
fail:
	sim_log("backend: cannot connect");
	unbind_ports(b);
	unmap_all(b);
	return false;
}

static void backend_disconnect(struct sim_netback *b)
{
	const struct sim_wait wait = { .kind = "peer", .name = "rings to stop", .bounded = true };

	if (!b->nr_queues)
		return;
	b->stop = true;
	while (b->rings) {
		sim_wake(b->rings);
		sim_block(&wait, sim_now + SIM_MS);
	}
	if (b->dead)
		return;
	unbind_ports(b);
	unmap_all(b);
}

static void travel(struct sim_netback *b)
{
	stand_still(b);
	if (!b->f.closes_at_once && sim_one_in(3))
		sim_sleep_ns(sim_chance(40) * SIM_MS, "a slow backend");
	else
		sim_sleep_ns(sim_chance(400000), "the backend's turn");
}

/* --- states, as set_backend_state() */
static void leave_connected(struct sim_netback *b)
{
	backend_disconnect(b);
	write_state(b, XenbusStateClosing);
}

static void enter_connected(struct sim_netback *b)
{
	if (backend_connect(b))
		write_state(b, XenbusStateConnected);
	else
		write_state(b, XenbusStateClosing);	/* xenbus_dev_fatal() */
}

static void one_step(struct sim_netback *b, enum xenbus_state want)
{
	switch (b->state) {
	case XenbusStateInitialising:
		write_state(b, want == XenbusStateClosed ? XenbusStateClosed : XenbusStateInitWait);
		break;
	case XenbusStateClosed:
		write_state(b, want == XenbusStateClosing ? XenbusStateClosing : XenbusStateInitWait);
		break;
	case XenbusStateInitWait:
		if (want == XenbusStateConnected)
			enter_connected(b);
		else
			write_state(b, XenbusStateClosing);
		break;
	case XenbusStateConnected:
		leave_connected(b);
		break;
	default:
		write_state(b, XenbusStateClosed);
	}
}

static void set_state(struct sim_netback *b, enum xenbus_state want)
{
	enum xenbus_state before;

	while (b->state != want && !b->dead) {
		before = b->state;
		travel(b);
		if (b->dead)
			return;
		one_step(b, want);
		/* A connect that failed ends here. */
		if (before == XenbusStateInitWait && b->state == XenbusStateClosing &&
		    want == XenbusStateConnected)
			return;
	}
}

static bool online(struct sim_netback *b)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/online", b->dir);
	return sim_store_number(path, 0);
}

static void frontend_changed(struct sim_netback *b, enum xenbus_state state)
{
	switch (state) {
	case XenbusStateInitialising:
		set_state(b, XenbusStateInitWait);
		break;
	case XenbusStateConnected:
		set_state(b, XenbusStateConnected);
		break;
	case XenbusStateClosing:
		set_state(b, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		set_state(b, XenbusStateClosed);
		if (online(b))
			break;
		/* fall through */
	case XenbusStateUnknown:
		set_state(b, XenbusStateClosed);
		b->gone = true;
		break;
	default:
		break;
	}
}

static void watch_fires(struct sim_store_watch *w, const char *path)
{
	struct sim_netback *b = container_of(w, struct sim_netback, watch);

	(void)path;
	b->changed = true;
	if (b->states)
		sim_wake(b->states);
}

/*
 * Unbound from its driver and bound again, as by sysfs in its domain: what was
 * mapped goes, and the frontend's Connected is taken up as it stands.
 */
static void start_again(struct sim_netback *b)
{
	b->restart = false;
	backend_disconnect(b);
	if (b->dead)
		return;
	/* Older ones leave Closed behind. */
	if (sim_one_in(2))
		write_state(b, XenbusStateClosed);
	sim_sleep_ns(sim_chance(sim_one_in(2) ? 3 : 600) * SIM_MS, "the driver of the backend");
	if (b->dead)
		return;
	write_state(b, XenbusStateInitWait);
	b->changed = true;
}

/* For a moment the folder says something else than what is so. */
static void lie_about_state(struct sim_netback *b)
{
	enum xenbus_state truth = b->state, lie = sim_lie_state(b);

	if (!lie)
		return;
	write_state(b, lie);
	sim_sleep_ns(sim_chance(30) * SIM_MS, "its lie");
	if (!b->dead)
		write_state(b, truth);
	b->state = truth;
}

static void states_main(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "the frontend's state", .bounded = true };
	struct sim_netback *b = arg;

	travel(b);
	if (!b->dead)
		write_state(b, XenbusStateInitWait);
	while (!b->dead && !b->gone) {
		if (!b->changed && !b->restart)
			sim_block(&wait, SIM_NEVER);
		if (b->dead)
			break;
		if (b->restart)
			start_again(b);
		b->changed = false;
		travel(b);
		if (!b->dead)
			frontend_changed(b, sim_store_number(SIM_FRONT_ABS "/state", 0));
		if (!b->dead)
			lie_about_state(b);
	}
	if (!b->dead)
		sim_store_unwatch(&b->watch);
	backend_disconnect(b);
	b->states = NULL;
}

static void write_feature(struct sim_netback *b, const char *key, unsigned int value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", b->dir, key);
	sim_store_printf(0, path, "%u", value);
}

struct sim_netback *sim_netback_start(const char *dir, unsigned int domid,
				      const struct sim_backend_features *f)
{
	struct sim_netback *b = calloc(1, sizeof(*b));

	snprintf(b->dir, sizeof(b->dir), "%s", dir);
	b->domid = domid;
	b->f = *f;
	b->state = XenbusStateInitialising;
	b->slow = sim_one_in(3) ? 1 + sim_chance(400) : 0;
	write_feature(b, "feature-rx-copy", 1);
	write_feature(b, "feature-sg", f->sg);
	write_feature(b, "feature-gso-tcpv4", f->tso);
	write_feature(b, "feature-gso-tcpv6", f->tso);
	write_feature(b, "feature-ipv6-csum-offload", f->csum6);
	write_feature(b, "feature-split-event-channels", f->split);
	write_feature(b, "feature-ctrl-ring", f->ctrl);
	write_feature(b, "feature-dynamic-multicast-control", f->mcast);
	if (f->queues)
		write_feature(b, "multi-queue-max-queues", f->queues);
	snprintf(b->watch.path, sizeof(b->watch.path), "%s/state", SIM_FRONT_ABS);
	b->watch.fire = watch_fires;
	sim_store_watch(&b->watch);
	b->states = sim_spawn("backend", SIM_PEER, states_main, b);
	sim_netback = b;
	return b;
}

/*
 * Its domain dies, or the guest leaves it: at once, without a word.  What it was
 * about to write into the guest it has written, or never will.
 */
void sim_netback_kill(struct sim_netback *b)
{
	if (!b || b->dead)
		return;
	b->dead = true;
	left_a_liar |= b->spoilt;
	while (b->touches)
		sim_sleep_ns(1000, "the backend's last access");
	if (!b->gone)
		sim_store_unwatch(&b->watch);
	unbind_ports(b);
	unmap_all(b);
	if (b->states)
		sim_wake(b->states);
	if (b->rings)
		sim_wake(b->rings);
	if (sim_netback == b)
		sim_netback = NULL;
}

bool sim_netback_connected(void)
{
	return sim_netback && sim_netback->state == XenbusStateConnected && sim_netback->rings;
}

unsigned int sim_netback_queues(void)
{
	return sim_netback_connected() ? max(sim_netback->f.queues, 1u) : 0;
}

void sim_netback_restart(void)
{
	struct sim_netback *b = sim_netback;

	if (!b || b->dead || b->gone)
		return;
	b->restart = true;
	if (b->states)
		sim_wake(b->states);
}

void sim_netback_pause(u64 ns)
{
	if (sim_netback)
		sim_netback->paused_until = sim_now + ns;
}

bool sim_netback_lied(void)
{
	return left_a_liar || (sim_netback && sim_netback->spoilt);
}

/*
 * A grant is given up that the backend maps.  The handshake lets that happen
 * only with one that is gone, or that did not let go within its time.
 */
void sim_netback_check_given_up(grant_ref_t ref)
{
	struct sim_netback *b = sim_netback;
	unsigned int i;

	if (!b || b->dead || b->gone || b->spoilt || b->complaints != sim_complaints)
		return;
	for (i = 0; i < b->nr_maps && b->map[i] != ref; i++)
		;
	if (i == b->nr_maps || sim_store_number(SIM_FRONT_ABS "/backend-id", -1) < 0)
		return;
	sim_fail("grant", "reference %u is given up while a sound backend maps it, in state %d",
		 ref, b->state);
}

/* Frames for the guest; they wait for room and go with the connection. */
unsigned int sim_netback_send(unsigned int frames)
{
	struct sim_netback *b = sim_netback;

	if (!sim_netback_connected() || !b->nr_queues)
		return 0;
	b->q[sim_chance(b->nr_queues)].to_send += frames;
	kick_rings(b);
	return frames;
}
