// SPDX-License-Identifier: GPL-2.0
/*
 * Per-queue statistics over netlink ("ynl netdev qstats-get").  Built where the
 * kernel knows them; see compat/ for the floor.
 *
 * Locking: as stats.c; the core holds rtnl or the netdev's own lock, so the
 * number of active queues is stable.
 */
#include <linux/netdevice.h>
#include <net/netdev_queues.h>

#include "xnf.h"

static void qstats_add_rx(const struct xnf_queue *q,
			  struct netdev_queue_stats_rx *sum)
{
	u64 packets, bytes, nomem;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&q->rx_stats.syncp);
		packets = u64_stats_read(&q->rx_stats.packets);
		bytes = u64_stats_read(&q->rx_stats.bytes);
		nomem = u64_stats_read(&q->rx_stats.nomem);
	} while (u64_stats_fetch_retry(&q->rx_stats.syncp, start));
	sum->packets += packets;
	sum->bytes += bytes;
	sum->alloc_fail += nomem;
}

static void qstats_add_tx(const struct xnf_queue *q,
			  struct netdev_queue_stats_tx *sum)
{
	u64 packets, bytes;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&q->tx_stats.syncp);
		packets = u64_stats_read(&q->tx_stats.packets);
		bytes = u64_stats_read(&q->tx_stats.bytes);
	} while (u64_stats_fetch_retry(&q->tx_stats.syncp, start));
	sum->packets += packets;
	sum->bytes += bytes;
}

/* The core hands in "not reported" in each field; what is summed starts at 0. */
static void qstats_clear_rx(struct netdev_queue_stats_rx *stats)
{
	stats->packets = 0;
	stats->bytes = 0;
	stats->alloc_fail = 0;
}

static void qstats_clear_tx(struct netdev_queue_stats_tx *stats)
{
	stats->packets = 0;
	stats->bytes = 0;
}

static void qstats_get_rx(struct net_device *dev, int idx,
			  struct netdev_queue_stats_rx *stats)
{
	const struct xnf_info *info = netdev_priv(dev);

	qstats_clear_rx(stats);
	qstats_add_rx(&info->queues[idx], stats);
}

static void qstats_get_tx(struct net_device *dev, int idx,
			  struct netdev_queue_stats_tx *stats)
{
	const struct xnf_info *info = netdev_priv(dev);

	qstats_clear_tx(stats);
	qstats_add_tx(&info->queues[idx], stats);
}

/*
 * The rest of the interface's sums: queues that counted under an earlier
 * backend, which granted more of them than the present one.
 */
static void qstats_get_base(struct net_device *dev,
			    struct netdev_queue_stats_rx *rx,
			    struct netdev_queue_stats_tx *tx)
{
	const struct xnf_info *info = netdev_priv(dev);
	unsigned int i;

	qstats_clear_rx(rx);
	qstats_clear_tx(tx);
	for (i = dev->real_num_rx_queues; i < info->max_queues; i++)
		qstats_add_rx(&info->queues[i], rx);
	for (i = dev->real_num_tx_queues; i < info->max_queues; i++)
		qstats_add_tx(&info->queues[i], tx);
}

static const struct netdev_stat_ops qstats_ops = {
	.get_queue_stats_rx	= qstats_get_rx,
	.get_queue_stats_tx	= qstats_get_tx,
	.get_base_stats		= qstats_get_base,
};

/**
 * xnf_qstats_init() - offer per-queue statistics
 * @dev: netdev, not registered yet
 *
 * Only there if XNF_FEATURE_qstats is.
 */
void xnf_qstats_init(struct net_device *dev)
{
	dev->stat_ops = &qstats_ops;
}
