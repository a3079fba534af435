// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool operations.
 *
 * Locking: all run under rtnl; what they show of a connection may change
 * right after.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>

#include "xnf.h"

static void xnf_get_drvinfo(struct net_device *dev,
			    struct ethtool_drvinfo *drvinfo)
{
	struct xnf_info *info = netdev_priv(dev);

	strscpy(drvinfo->driver, KBUILD_MODNAME, sizeof(drvinfo->driver));
	strscpy(drvinfo->version, XNF_VERSION, sizeof(drvinfo->version));
	strscpy(drvinfo->bus_info, dev_name(&info->xdev->dev),
		sizeof(drvinfo->bus_info));
}

/* A virtual link has no speed; saying one would mislead bonds and bridges. */
static int xnf_get_link_ksettings(struct net_device *dev,
				  struct ethtool_link_ksettings *cmd)
{
	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.speed = SPEED_UNKNOWN;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
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

static void xnf_get_channels(struct net_device *dev,
			     struct ethtool_channels *channels)
{
	struct xnf_info *info = netdev_priv(dev);

	channels->max_combined = info->max_queues;
	channels->combined_count = dev->real_num_tx_queues;
}

static int xnf_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? xnf_stats_count(netdev_priv(dev)) :
				     -EOPNOTSUPP;
}

static void xnf_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		xnf_stats_names(netdev_priv(dev), data);
}

static void xnf_get_ethtool_stats(struct net_device *dev,
				  struct ethtool_stats *stats, u64 *data)
{
	xnf_stats_values(netdev_priv(dev), data);
}

const struct ethtool_ops xnf_ethtool_ops = {
	.get_drvinfo		= xnf_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= xnf_get_link_ksettings,
	.get_ringparam		= xnf_get_ringparam,
	.get_channels		= xnf_get_channels,
	.get_sset_count		= xnf_get_sset_count,
	.get_strings		= xnf_get_strings,
	.get_ethtool_stats	= xnf_get_ethtool_stats,
	.get_ts_info		= ethtool_op_get_ts_info,
};
