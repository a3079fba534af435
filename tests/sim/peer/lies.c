// SPDX-License-Identifier: GPL-2.0
/*
 * What a hostile backend does: with the rings, the control ring, events, and
 * its state in xenstore.
 *
 * It has what a real one has: shared pages, ports, its own folder; and it knows
 * the source of the frontend, so also in which order transmit ids come.  Its
 * timing is better than a real one's: it can act while a packet is being built.
 *
 * Whatever it does, the guest's memory, other queues and later connections are
 * sound; what is told on the spoilt connection proves nothing.
 */
#include <sim/netback.h>

static unsigned int hostile;	/* a lie in so many chances, 0: honest */
bool sim_lied;

static bool lies(struct sim_netback *b)
{
	if (!hostile || !sim_one_in(hostile))
		return false;
	b->spoilt = true;
	sim_lied = true;
	return true;
}

/* The id of the @nth request from now on that is not published yet. */
static u16 next_id(const struct sim_back_queue *q, unsigned int nth)
{
	unsigned int unseen = q->tx.sring->req_prod - q->tx.req_cons;

	return q->free_id[(q->ids_taken + unseen + nth) % SIM_TX_IDS];
}

/* An answer that was kept back is used for what is being built right now. */
static void answer_unpublished(unsigned int queue)
{
	struct sim_netback *b = sim_netback;
	struct sim_back_queue *q = b ? b->armed : NULL;
	struct xen_netif_tx_response *rsp;
	int notify;

	if (!q || b->dead || !b->nr_queues || q != &b->q[queue]) {
		if (!q)
			sim_build_hook = NULL;
		return;
	}
	if (sim_one_in(2))
		return;
	b->armed = NULL;
	sim_build_hook = NULL;
	rsp = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++);
	rsp->id = next_id(q, sim_chance(3));
	rsp->status = XEN_NETIF_RSP_OKAY;
	sim_log("backend: answers id %u, which is being built", rsp->id);
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
	(void)notify;
	sim_port_notify(q->tx_port);
}

/**
 * sim_lie_tx() - a packet is to be answered
 *
 * Return: true if its last slot is not to be answered now.
 */
bool sim_lie_tx(struct sim_netback *b, struct sim_back_queue *q,
		struct sim_back_packet *p)
{
	unsigned int last = p->slots - 1;

	if (!lies(b))
		return false;
	switch (sim_chance(6)) {
	case 0:
		p->id[last] = next_id(q, 0);
		return false;
	case 1:
		p->id[last] = sim_random();
		return false;
	case 2:
		p->id[last] = p->id[0];
		return false;
	case 3:
		p->id[0] = p->id[last];
		return false;
	default:
		b->armed = q;
		sim_build_hook = answer_unpublished;
		return true;
	}
}

void sim_lie_rx(struct sim_netback *b, struct xen_netif_rx_response *rsp)
{
	if (!lies(b))
		return;
	switch (sim_chance(5)) {
	case 0:
		rsp->id = sim_random();
		break;
	case 1:
		rsp->offset = sim_random();
		break;
	case 2:
		rsp->status = sim_random();
		break;
	case 3:
		rsp->flags = sim_random();
		break;
	default:
		get_random_bytes(rsp, sizeof(*rsp));
	}
}

void sim_lie_ctrl(struct sim_netback *b, struct xen_netif_ctrl_response *rsp)
{
	if (lies(b))
		get_random_bytes(rsp, sizeof(*rsp));
}

static void scribble(void *page)
{
	unsigned int n = 1 + sim_chance(64), at = sim_chance(XEN_PAGE_SIZE - 64);

	if (sim_one_in(2))
		at = sim_chance(16);
	get_random_bytes((u8 *)page + at, n);
}

/* At any moment, unasked. */
void sim_lie_between(struct sim_netback *b, struct sim_back_queue *q)
{
	unsigned int i;

	if (!hostile || !sim_one_in(8) || !lies(b))
		return;
	switch (sim_chance(7)) {
	case 0:
		q->tx.sring->rsp_prod += sim_one_in(2) ? 1 : sim_random();
		break;
	case 1:
		q->rx.sring->rsp_prod += sim_one_in(2) ? 1 : sim_random();
		break;
	case 2:
		scribble(q->tx.sring);
		break;
	case 3:
		scribble(q->rx.sring);
		break;
	case 4:
		if (b->has_ctrl)
			scribble(b->ctrl.sring);
		break;
	default:
		break;
	}
	for (i = sim_chance(20); i; i--) {
		sim_port_notify(sim_one_in(2) ? q->tx_port : q->rx_port);
		if (b->has_ctrl && sim_one_in(4))
			sim_port_notify(b->ctrl_port);
		sim_yield();
	}
}

/* Return: what to write in place of the state, 0 for the truth. */
enum xenbus_state sim_lie_state(struct sim_netback *b)
{
	return hostile && sim_one_in(6) && lies(b) ? (enum xenbus_state)(1 + sim_chance(8)) : 0;
}

void sim_netback_hostile(unsigned int rate)
{
	hostile = rate;
	if (!rate)
		sim_build_hook = NULL;
}
