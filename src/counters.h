/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of a queue, in three blocks by who writes them.
 *
 * Their names, which ethtool -S shows: stats.c.
 *
 * Locking: each block has one writer at a time: a poll, under q->poll_lock, or
 * whoever transmits, under the netdev tx lock.  Readers take none, and see each
 * counter whole.
 */
#ifndef XNF_COUNTERS_H
#define XNF_COUNTERS_H

#include <linux/u64_stats_sync.h>

#include "wire.h"

/* Receive: polls. */
struct xnf_rx_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t copied;
	u64_stats_t gso_fixup;
	u64_stats_t csum_unknown;	/* passed on unfinished */
	u64_stats_t errors;
	u64_stats_t nomem;
	u64_stats_t xdp_pass;
	u64_stats_t xdp_drop;
	u64_stats_t xdp_tx;
	u64_stats_t xdp_tx_full;
	u64_stats_t xdp_redirect;
	u64_stats_t xdp_redirect_fail;
	u64_stats_t xdp_aborted;
	u64_stats_t xdp_too_big;
	u64_stats_t doorbells;
	u64_stats_t interrupts;
	u64_stats_t spurious;
	u64_stats_t fault[XNF_WIRE_FAULTS];
	struct u64_stats_sync syncp;
};

/* Transmit: netdev tx lock. */
struct xnf_tx_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t dropped;		/* the sum of those below */
	u64_stats_t no_link;		/* not connected */
	u64_stats_t bad_size;		/* longer or shorter than a frame can be */
	u64_stats_t no_memory;
	u64_stats_t no_feature;		/* needs what this backend does not offer */
	u64_stats_t disconnected;	/* in flight when the connection ended */
	u64_stats_t linearized;		/* in too many pieces: copied whole */
	u64_stats_t xdp_xmit;
	u64_stats_t xdp_xmit_full;
	u64_stats_t stops;
	u64_stats_t doorbells;
	u64_stats_t timeouts;
	struct u64_stats_sync syncp;
};

/* The end of what was sent: polls, so it stands apart from the others. */
struct xnf_done_stats {
	u64_stats_t errors;
	u64_stats_t grants_kept;
	u64_stats_t interrupts;
	u64_stats_t spurious;
	struct u64_stats_sync syncp;
};

#endif /* XNF_COUNTERS_H */
