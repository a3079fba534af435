// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: one table says what there is, for ethtool -S and ip -s alike.
 *
 * Locking: readers take a consistent snapshot of each block; each block has
 * one writer at a time (transmit lock or NAPI).
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

#include "xnf.h"

struct stats_counter {
	const char *name;
	size_t offset;
};

#define RX(field)	{ #field, offsetof(struct xnf_rx_stats, field) }
#define TX(field)	{ #field, offsetof(struct xnf_tx_stats, field) }
#define DONE(field)	{ #field, offsetof(struct xnf_done_stats, field) }

static const struct stats_counter rx_counters[] = {
	RX(packets), RX(bytes), RX(copied), RX(gso_fixup),
	RX(csum_unknown), RX(errors), RX(nomem), RX(xdp_pass), RX(xdp_drop), RX(xdp_tx), RX(xdp_tx_full),
	RX(xdp_redirect), RX(xdp_redirect_fail), RX(xdp_aborted), RX(xdp_too_big),
	RX(doorbells), RX(interrupts), RX(spurious),
};

static const struct stats_counter tx_counters[] = {
	TX(packets), TX(bytes), TX(dropped), TX(no_link), TX(bad_size),
	TX(no_memory), TX(no_feature), TX(disconnected), TX(linearized),
	TX(xdp_xmit), TX(xdp_xmit_full), TX(stops),
	TX(doorbells), TX(timeouts),
};

static const struct stats_counter done_counters[] = {
	DONE(errors), DONE(grants_kept), DONE(interrupts), DONE(spurious),
};

static const char * const device_counters[] = {
	"connects", "resets", "migrations", "last_outage_ms",
	"rx_gso_checksum_fixup",	/* the in-tree driver's one counter */
};

#define PER_QUEUE	(ARRAY_SIZE(rx_counters) + XNF_WIRE_FAULTS - 1 +	\
			 ARRAY_SIZE(tx_counters) + ARRAY_SIZE(done_counters))

static u64 stats_read(const void *block, const struct u64_stats_sync *syncp,
		      size_t offset)
{
	unsigned int start;
	u64 value;

	do {
		start = u64_stats_fetch_begin(syncp);
		value = u64_stats_read(block + offset);
	} while (u64_stats_fetch_retry(syncp, start));
	return value;
}

static u64 *stats_put_values(u64 *data, const void *block,
			     const struct u64_stats_sync *syncp,
			     const struct stats_counter *counter, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		*data++ = stats_read(block, syncp, counter[i].offset);
	return data;
}

static void stats_put_names(u8 **data, const char *prefix,
			    const struct stats_counter *counter, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		ethtool_sprintf(data, "%s_%s", prefix, counter[i].name);
}

/**
 * xnf_stats_count() - how many counters ethtool -S shows
 * @info: device
 */
int xnf_stats_count(const struct xnf_info *info)
{
	return ARRAY_SIZE(device_counters) + info->max_queues * PER_QUEUE;
}

/**
 * xnf_stats_names() - their names
 * @info: device
 * @data: xnf_stats_count() strings of ETH_GSTRING_LEN bytes
 */
void xnf_stats_names(const struct xnf_info *info, u8 *data)
{
	char prefix[20];
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(device_counters); i++)
		ethtool_sprintf(&data, "%s", device_counters[i]);
	for (i = 0; i < info->max_queues; i++) {
		snprintf(prefix, sizeof(prefix), "rx%u", i);
		stats_put_names(&data, prefix, rx_counters,
				ARRAY_SIZE(rx_counters));
		for (k = XNF_WIRE_OK + 1; k < XNF_WIRE_FAULTS; k++)
			ethtool_sprintf(&data, "q%u_%s", i,
					xnf_wire_fault_name(k));
		snprintf(prefix, sizeof(prefix), "tx%u", i);
		stats_put_names(&data, prefix, tx_counters,
				ARRAY_SIZE(tx_counters));
		snprintf(prefix, sizeof(prefix), "txdone%u", i);
		stats_put_names(&data, prefix, done_counters,
				ARRAY_SIZE(done_counters));
	}
}

/**
 * xnf_stats_values() - their values, in the order of the names
 * @info: device
 * @data: xnf_stats_count() numbers
 */
void xnf_stats_values(const struct xnf_info *info, u64 *data)
{
	unsigned int i, k;

	*data++ = info->connects;
	*data++ = info->resets;
	*data++ = info->migrations;
	*data++ = info->last_outage_ms;
	*data = 0;
	for (i = 0; i < info->max_queues; i++)
		*data += stats_read(&info->queues[i].rx_stats,
				    &info->queues[i].rx_stats.syncp,
				    offsetof(struct xnf_rx_stats, gso_fixup));
	data++;
	for (i = 0; i < info->max_queues; i++) {
		const struct xnf_queue *q = &info->queues[i];

		data = stats_put_values(data, &q->rx_stats, &q->rx_stats.syncp,
					rx_counters, ARRAY_SIZE(rx_counters));
		for (k = XNF_WIRE_OK + 1; k < XNF_WIRE_FAULTS; k++)
			*data++ = stats_read(&q->rx_stats, &q->rx_stats.syncp,
					     offsetof(struct xnf_rx_stats,
						      fault[k]));
		data = stats_put_values(data, &q->tx_stats, &q->tx_stats.syncp,
					tx_counters, ARRAY_SIZE(tx_counters));
		data = stats_put_values(data, &q->done_stats,
					&q->done_stats.syncp,
					done_counters, ARRAY_SIZE(done_counters));
	}
}

static void stats_sum_rx(const struct xnf_rx_stats *rx,
			 struct rtnl_link_stats64 *tot)
{
	u64 packets, bytes, errors, dropped;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&rx->syncp);
		packets = u64_stats_read(&rx->packets);
		bytes = u64_stats_read(&rx->bytes);
		errors = u64_stats_read(&rx->errors);
		dropped = u64_stats_read(&rx->nomem) +
			  u64_stats_read(&rx->xdp_too_big);
	} while (u64_stats_fetch_retry(&rx->syncp, start));
	tot->rx_packets += packets;
	tot->rx_bytes += bytes;
	tot->rx_errors += errors;
	tot->rx_dropped += dropped;
}

static void stats_sum_tx(const struct xnf_tx_stats *tx,
			 struct rtnl_link_stats64 *tot)
{
	u64 packets, bytes, dropped;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&tx->syncp);
		packets = u64_stats_read(&tx->packets);
		bytes = u64_stats_read(&tx->bytes);
		dropped = u64_stats_read(&tx->dropped);
	} while (u64_stats_fetch_retry(&tx->syncp, start));
	tot->tx_packets += packets;
	tot->tx_bytes += bytes;
	tot->tx_dropped += dropped;
}

/**
 * xnf_get_stats64() - ndo_get_stats64
 * @dev: netdev
 * @tot: sums, added to
 *
 * Counters live as long as the interface: they survive reconnects.
 */
void xnf_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *tot)
{
	const struct xnf_info *info = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < info->max_queues; i++) {
		const struct xnf_queue *q = &info->queues[i];

		stats_sum_rx(&q->rx_stats, tot);
		stats_sum_tx(&q->tx_stats, tot);
		tot->tx_errors += stats_read(&q->done_stats,
					     &q->done_stats.syncp,
					     offsetof(struct xnf_done_stats,
						      errors));
	}
}
