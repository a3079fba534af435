/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a backend has of its connection, for netback.c and for lies.c, which
 * is what a hostile one does with it.
 */
#ifndef SIM_NETBACK_H
#define SIM_NETBACK_H

#include <sim/peer.h>

#define SIM_QUEUES	8
#define SIM_MAPS	512
#define SIM_TX_IDS	256u

struct sim_back_queue {
	struct xen_netif_tx_back_ring tx;
	struct xen_netif_rx_back_ring rx;
	evtchn_port_t tx_port, rx_port;
	unsigned int to_send;
	u64 last_seq[4];
	/* The frontend's free ids in the order in which it will use them. */
	u16 free_id[SIM_TX_IDS];
	unsigned int ids_taken, ids_given;
};

/* A packet that was taken from a ring and is not answered yet. */
struct sim_back_packet {
	u16 id[20];
	unsigned int slots, extras;
	unsigned int len;
	bool mcast, refused;
	struct { grant_ref_t ref; unsigned int offset, size; } part[20];
};

struct sim_netback {
	char dir[72];
	unsigned int domid;
	struct sim_backend_features f;
	struct sim_store_watch watch;
	struct sim_fiber *states, *rings;
	bool changed, work, dead, gone;
	bool restart;			/* unbound from its driver, and bound again */
	bool stop, stopped;		/* the rings' fiber */
	bool touches;			/* ... is at the guest's memory, not between two batches */
	u64 paused_until;		/* its domain does not run */
	enum xenbus_state state;
	unsigned int nr_queues;
	struct sim_back_queue q[SIM_QUEUES];
	struct xen_netif_ctrl_back_ring ctrl;
	evtchn_port_t ctrl_port;
	bool has_ctrl;
	bool guest_gso;			/* the guest takes segments */
	grant_ref_t map[SIM_MAPS];
	unsigned int nr_maps;
	grant_ref_t ring_ref;		/* the first of this connection */
	unsigned int slow;		/* ms that a batch takes at most */
	unsigned int complaints;	/* of the frontend's, when this connection began */
	bool spoilt;	/* a lie was told on this connection: what follows proves nothing */
	bool broken;	/* ... and fell back on the liar */
	struct sim_back_queue *armed;	/* lies as soon as a packet is built there */
};

/* --- lies.c; each does nothing unless the backend is hostile */
bool sim_lie_tx(struct sim_netback *b, struct sim_back_queue *q,
		struct sim_back_packet *p);
void sim_lie_rx(struct sim_netback *b, struct xen_netif_rx_response *rsp);
void sim_lie_ctrl(struct sim_netback *b, struct xen_netif_ctrl_response *rsp);
void sim_lie_between(struct sim_netback *b, struct sim_back_queue *q);
enum xenbus_state sim_lie_state(struct sim_netback *b);

#endif
