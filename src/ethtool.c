// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool operations.
 *
 * Locking: all run under rtnl, and so does each step of the handshake: what
 * they find stays while they run.  What needs another connection is in force
 * when they return, or refused.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/string.h>

#include "xnf.h"

/* Longest wait for packets to gather; half a ring of them ends it anyway. */
#define USECS_MAX		10000u

/*
 * The in-tree driver's name: udev, systemd-networkd, netplan, cloud-init and
 * the network files of images match interfaces by it.  The version tells which
 * driver it is.
 */
static void xnf_get_drvinfo(struct net_device *dev,
			    struct ethtool_drvinfo *drvinfo)
{
	struct xnf_info *info = netdev_priv(dev);

	strscpy(drvinfo->driver, "vif", sizeof(drvinfo->driver));
	strscpy(drvinfo->version, XNF_VERSION, sizeof(drvinfo->version));
	strscpy(drvinfo->bus_info, dev_name(&info->xdev->dev),
		sizeof(drvinfo->bus_info));
}

static void xnf_get_ringparam(struct net_device *dev,
			      struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *kring,
			      struct netlink_ext_ack *extack)
{
	ring->rx_max_pending = XNF_RX_RING_SIZE;
	ring->tx_max_pending = XNF_TX_RING_SIZE;
	ring->rx_pending = XNF_RX_RING_SIZE;
	ring->tx_pending = XNF_TX_RING_SIZE;
}

/*
 * No more than the backend can have: who asks for more would be told that he has
 * them.  Before there is a connection, ours is the only limit that is known.
 */
static unsigned int xnf_channels_max(const struct xnf_info *info)
{
	unsigned int offered = info->live ? info->agreed.queues_offered : 0;

	return offered ? min(offered, info->max_queues) : info->max_queues;
}

static void xnf_get_channels(struct net_device *dev,
			     struct ethtool_channels *channels)
{
	struct xnf_info *info = netdev_priv(dev);

	channels->max_combined = xnf_channels_max(info);
	channels->combined_count = info->live ? dev->real_num_tx_queues :
						info->want_queues;
}

/*
 * The number of queues is agreed on at connect, so the connection is made
 * anew; the interface stays.  The backend of that one may be able to have fewer.
 */
static int xnf_set_channels(struct net_device *dev,
			    struct ethtool_channels *channels)
{
	struct xnf_info *info = netdev_priv(dev);
	unsigned int count = channels->combined_count;
	unsigned int before = info->want_queues;
	int err;

	if (!count || count > xnf_channels_max(info) || channels->rx_count ||
	    channels->tx_count || channels->other_count)
		return -EINVAL;
	WRITE_ONCE(info->want_queues, count);
	/* One that was made when something was short may be whole now. */
	if (info->live && count == dev->real_num_tx_queues &&
	    !info->resources_short)
		return 0;
	err = xnf_renew_now(info, "number of queues", XNF_RENEW_LIMIT);
	if (!err && info->live && info->agreed.queues < count)
		err = -EOPNOTSUPP;
	if (!err)
		return 0;
	WRITE_ONCE(info->want_queues, before);
	netdev_warn(dev, "cannot have %u queues now (error %d): %s; %u are asked for again\n",
		    count, err, err == -EOPNOTSUPP ?
		    "the backend can have fewer" :
		    "no new connection to the backend", before);
	return err;
}

static int xnf_get_coalesce(struct net_device *dev,
			    struct ethtool_coalesce *ec,
			    struct kernel_ethtool_coalesce *kec,
			    struct netlink_ext_ack *extack)
{
	struct xnf_info *info = netdev_priv(dev);

	ec->rx_coalesce_usecs = info->rx_usecs;
	ec->rx_max_coalesced_frames = info->rx_frames;
	return 0;
}

static int xnf_set_coalesce(struct net_device *dev,
			    struct ethtool_coalesce *ec,
			    struct kernel_ethtool_coalesce *kec,
			    struct netlink_ext_ack *extack)
{
	struct xnf_info *info = netdev_priv(dev);
	struct ethtool_coalesce rest = *ec;

	/* Kernels before 5.7 let through what the driver cannot do. */
	rest.cmd = 0;
	rest.rx_coalesce_usecs = 0;
	rest.rx_max_coalesced_frames = 0;
	if (memchr_inv(&rest, 0, sizeof(rest)))
		return -EOPNOTSUPP;
	if (ec->rx_coalesce_usecs > USECS_MAX ||
	    ec->rx_max_coalesced_frames > XNF_RX_RING_SIZE / 2)
		return -EINVAL;
	WRITE_ONCE(info->rx_usecs, ec->rx_coalesce_usecs);
	WRITE_ONCE(info->rx_frames, ec->rx_max_coalesced_frames);
	return 0;
}

static void xnf_self_test(struct net_device *dev, struct ethtool_test *test,
			  u64 *result)
{
	if (!xnf_selftest(netdev_priv(dev), result))
		test->flags |= ETH_TEST_FL_FAILED;
}

static int xnf_get_sset_count(struct net_device *dev, int set)
{
	switch (set) {
	case ETH_SS_STATS:
		return xnf_stats_count(netdev_priv(dev));
	case ETH_SS_TEST:
		return XNF_TESTS;
	default:
		return -EOPNOTSUPP;
	}
}

static void xnf_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int i;

	if (set == ETH_SS_STATS)
		xnf_stats_names(netdev_priv(dev), data);
	for (i = 0; set == ETH_SS_TEST && i < XNF_TESTS; i++)
		ethtool_puts(&data, xnf_test_name(i));
}

static void xnf_get_ethtool_stats(struct net_device *dev,
				  struct ethtool_stats *stats, u64 *data)
{
	xnf_stats_values(netdev_priv(dev), data);
}

static void xnf_get_eth_mac_stats(struct net_device *dev,
				  struct ethtool_eth_mac_stats *stats)
{
	struct rtnl_link_stats64 tot = {};

	xnf_get_stats64(dev, &tot);
	stats->FramesTransmittedOK = tot.tx_packets;
	stats->OctetsTransmittedOK = tot.tx_bytes;
	stats->FramesReceivedOK = tot.rx_packets;
	stats->OctetsReceivedOK = tot.rx_bytes;
}

static u32 xnf_get_rx_ring_count(struct net_device *dev)
{
	return dev->real_num_rx_queues;
}

static u32 xnf_get_rxfh_key_size(struct net_device *dev)
{
	return XNF_RSS_KEY;
}

/* Nothing to show where backends pick queues by a rule of their own. */
static u32 xnf_get_rxfh_indir_size(struct net_device *dev)
{
	const struct xnf_info *info = netdev_priv(dev);

	return READ_ONCE(info->rss.on) ? XNF_RSS_TABLE : 0;
}

static int xnf_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh)
{
	rxfh->hfunc = ETH_RSS_HASH_TOP;
	xnf_rss_get(netdev_priv(dev), rxfh->indir, rxfh->key);
	return 0;
}

static int xnf_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh,
			struct netlink_ext_ack *extack)
{
	if (rxfh->hfunc != ETH_RSS_HASH_NO_CHANGE &&
	    rxfh->hfunc != ETH_RSS_HASH_TOP)
		return -EOPNOTSUPP;
	return xnf_rss_set(netdev_priv(dev), rxfh->indir, rxfh->key);
}

static int xnf_get_rxfh_fields(struct net_device *dev,
			       struct ethtool_rxfh_fields *fields)
{
	u64 data = 0;
	int err;

	err = xnf_rss_get_fields(netdev_priv(dev), fields->flow_type, &data);
	fields->data = data;
	return err;
}

static int xnf_set_rxfh_fields(struct net_device *dev,
			       const struct ethtool_rxfh_fields *fields,
			       struct netlink_ext_ack *extack)
{
	return xnf_rss_set_fields(netdev_priv(dev), fields->flow_type,
				  fields->data);
}

const struct ethtool_ops xnf_ethtool_ops = {
	XNF_ETHTOOL_RXFH_OPS
	XNF_COALESCE_OPS
	XNF_MAC_STATS_OPS
	.get_drvinfo		= xnf_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_ringparam		= xnf_get_ringparam,
	.get_channels		= xnf_get_channels,
	.set_channels		= xnf_set_channels,
	.get_coalesce		= xnf_get_coalesce,
	.set_coalesce		= xnf_set_coalesce,
	.self_test		= xnf_self_test,
	.get_sset_count		= xnf_get_sset_count,
	.get_strings		= xnf_get_strings,
	.get_ethtool_stats	= xnf_get_ethtool_stats,
	.get_ts_info		= ethtool_op_get_ts_info,
};
