// SPDX-License-Identifier: GPL-2.0
/*
 * The net_device: its operations, features, MTU and address, and the two
 * places where all queues go on and off (xnf_live() and xnf_quiesce()).
 *
 * Locking: rtnl for info->live, running, tx_held and nr_napi.
 *
 * Invariants: queues are polled (info->running) exactly while the interface is
 * up and the rings are live; transmit queues are started only then.  NAPI
 * contexts are listed and enabled while the interface is up, for the queues of
 * the present connection or, between two, of the last one.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "xnf.h"
#include "trace.h"

#define XNF_FEATURES_OPTIONAL	(NETIF_F_SG | NETIF_F_IPV6_CSUM |	\
				 NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_RXHASH)
#define XNF_FEATURES_ALWAYS	(NETIF_F_IP_CSUM | NETIF_F_RXCSUM |	\
				 NETIF_F_GSO_ROBUST)

static void netdev_trace_queues(const struct xnf_info *info, bool start,
				const char *why)
{
	unsigned int i;

	for (i = 0; i < info->nr_queues; i++) {
		if (start)
			trace_xnf_tx_start(info->netdev->name, i, why);
		else
			trace_xnf_tx_stop(info->netdev->name, i, why);
	}
}

/* Which NAPI context serves which queue, for "ynl netdev queue-get". */
static void netdev_map_napi(const struct xnf_info *info, unsigned int queue,
			    struct napi_struct *napi)
{
	netif_queue_set_napi(info->netdev, queue, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(info->netdev, queue, NETDEV_QUEUE_TYPE_TX, napi);
}

/*
 * NAPI contexts are listed exactly while they can run: newer kernels wait for
 * ever for one that is listed and disabled when an admin switches threads off.
 * One is there for as long as the interface is, for a udev rule switches them
 * on before it is up, which the core refuses for an interface without any.
 * They stay over connections, and so do their ids and threads.
 */
static void netdev_list_contexts(struct xnf_info *info, unsigned int count)
{
	struct net_device *dev = info->netdev;
	unsigned int i;

	for (i = info->nr_napi; i < count; i++) {
		struct napi_struct *napi = &info->queues[i].napi;

		netdev_lock(dev);
		netif_napi_add_config_locked(dev, napi, xnf_poll, i);
		napi_enable_locked(napi);
		netdev_unlock(dev);
		netdev_map_napi(info, i, napi);
	}
	for (i = info->nr_napi; i > count; i--) {
		struct napi_struct *napi = &info->queues[i - 1].napi;

		netdev_map_napi(info, i - 1, NULL);
		netdev_lock(dev);
		napi_disable_locked(napi);
		netif_napi_del_locked(napi);
		netdev_unlock(dev);
	}
	info->nr_napi = count;
}

static void netdev_start_queues(struct xnf_info *info, const char *why)
{
	unsigned int i;

	if (info->running)
		return;
	WRITE_ONCE(info->running, true);
	netdev_list_contexts(info, info->nr_queues);
	for (i = 0; i < info->nr_queues; i++)
		xnf_queue_start(&info->queues[i]);
	if (!info->tx_held)
		netif_tx_wake_all_queues(info->netdev);
	netdev_trace_queues(info, true, why);
}

static void netdev_stop_queues(struct xnf_info *info, const char *why)
{
	unsigned int i;

	if (!info->running)
		return;
	WRITE_ONCE(info->running, false);
	/* Polls first: they are what wakes transmit queues. */
	for (i = 0; i < info->nr_queues; i++)
		xnf_queue_stop(&info->queues[i]);
	netif_tx_disable(info->netdev);
	/* Nobody stops a queue from here on, so nothing arms these again. */
	for (i = 0; i < info->nr_queues; i++)
		xnf_stall_stop(&info->queues[i]);
	if (why)
		netdev_trace_queues(info, false, why);
}

/* Under rtnl.  Not an admin's choice. */
static void netdev_set_own_mtu(struct xnf_info *info, unsigned int mtu)
{
	info->mtu_change_is_ours = true;
	if (dev_set_mtu(info->netdev, mtu))
		netdev_warn(info->netdev, "cannot set MTU %u, keeping %u\n",
			    mtu, info->netdev->mtu);
	info->mtu_change_is_ours = false;
}

/**
 * xnf_live() - put freshly made rings to use
 * @info: device with rings
 *
 * Return: 0 or a negative error; then they are not in use.
 * Context: process, rtnl and info->lock held.
 */
int xnf_live(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;
	int err;

	lockdep_assert_held(&info->lock);
	err = netif_set_real_num_queues(dev, info->nr_queues, info->nr_queues);
	if (err)
		return err;
	WRITE_ONCE(info->live, true);
	if (netif_running(dev))
		netdev_start_queues(info, "connect");
	netdev_update_features(dev);
	return 0;
}

/**
 * xnf_net_freeze() - nothing transmits until xnf_net_thaw()
 * @info: device
 *
 * For the moment in which Xen takes the guest away from its backend: interrupts
 * are off and no task runs, but what the kernel prints goes to netconsole, so to
 * ndo_start_xmit and netpoll's poll, while the grant table is not mapped.
 *
 * Context: one CPU, interrupts off, nobody else runs.
 */
void xnf_net_freeze(struct xnf_info *info)
{
	info->live_before_freeze = info->live;
	WRITE_ONCE(info->live, false);
}

/**
 * xnf_net_thaw() - ends xnf_net_freeze()
 * @info: device
 *
 * Context: as xnf_net_freeze().
 */
void xnf_net_thaw(struct xnf_info *info)
{
	WRITE_ONCE(info->live, info->live_before_freeze);
}

/* Does nothing for a queue that is stopped. */
static void netdev_poll_queues(struct xnf_info *info)
{
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < info->nr_queues; i++)
		xnf_queue_look(&info->queues[i]);
	local_bh_enable();
}

/**
 * xnf_fill_rings() - post all receive slots: the first packets are out
 * @info: device
 *
 * Left to NAPI.
 *
 * Context: process, rtnl.
 */
void xnf_fill_rings(struct xnf_info *info)
{
	WRITE_ONCE(info->rx_fill_all, true);
	netdev_poll_queues(info);
}

/*
 * Who wants fewer queues uses no more than those from here on: what waits
 * for one that goes would be lost.
 */
static void netdev_use_fewer_queues(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;
	unsigned int want = READ_ONCE(info->want_queues);

	if (want < dev->real_num_tx_queues)
		netif_set_real_num_tx_queues(dev, want);
}

/**
 * xnf_hold_tx() - send nothing more, but keep what is queued, and the carrier
 * @info: live device
 *
 * Until xnf_carrier_on() or xnf_carrier_lost().  Without a carrier there is
 * nothing to keep.
 *
 * Context: process, rtnl and info->lock held.
 */
void xnf_hold_tx(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;

	lockdep_assert_held(&info->lock);
	if (!netif_carrier_ok(dev) || info->tx_held)
		return;
	info->down_since = ktime_to_ns(ktime_get());
	netdev_use_fewer_queues(info);
	WRITE_ONCE(info->tx_held, true);
	netif_tx_disable(dev);
	netdev_trace_queues(info, false, "hold");
}

/**
 * xnf_quiesce() - nothing touches the rings any more when this returns
 * @info: device with or without rings
 * @hold_tx: as xnf_hold_tx(), if that was not called before
 *
 * Context: process, rtnl and info->lock held.
 */
void xnf_quiesce(struct xnf_info *info, bool hold_tx)
{
	struct net_device *dev = info->netdev;
	bool was_held = info->tx_held;

	lockdep_assert_held(&info->lock);
	if (netif_carrier_ok(dev) && !info->tx_held)
		info->down_since = ktime_to_ns(ktime_get());
	hold_tx = hold_tx && netif_carrier_ok(dev);
	if (!hold_tx && netif_carrier_ok(dev))
		trace_xnf_carrier(dev->name, "off");
	if (!hold_tx)
		netif_carrier_off(dev);
	xnf_ctrl_shut(info);
	/* A renewal: what the backend has answered and sent by now counts. */
	if (was_held && !info->resuming)
		netdev_poll_queues(info);
	WRITE_ONCE(info->live, false);
	WRITE_ONCE(info->tx_held, hold_tx);
	netdev_stop_queues(info, was_held ? NULL : "disconnect");
}

/* Ends what xnf_hold_tx() or xnf_quiesce() began, if they did. */
static bool netdev_end_hold(struct xnf_info *info)
{
	bool held = info->tx_held;

	ASSERT_RTNL();
	WRITE_ONCE(info->tx_held, false);
	if (held && info->running)
		netif_tx_wake_all_queues(info->netdev);
	return held;
}

/**
 * xnf_carrier_on() - the backend is Connected, packets may flow
 * @info: live device
 *
 * Context: process, rtnl.
 */
void xnf_carrier_on(struct xnf_info *info)
{
	netdev_end_hold(info);
	netif_carrier_on(info->netdev);
}

/**
 * xnf_carrier_lost() - a carrier that was left on goes off after all
 * @info: device whose backend did not connect soon
 *
 * Context: process, rtnl.
 */
void xnf_carrier_lost(struct xnf_info *info)
{
	if (netdev_end_hold(info))
		netif_carrier_off(info->netdev);
}

static int netdev_open(struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);

	if (info->live)
		netdev_start_queues(info, "open");
	else
		netif_tx_stop_all_queues(dev);
	xnf_mcast_changed(info);
	return 0;
}

static int netdev_stop(struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);

	netdev_stop_queues(info, "close");
	return 0;
}

static int netdev_init(struct net_device *dev)
{
	netdev_list_contexts(netdev_priv(dev), 1);
	return 0;
}

static void netdev_uninit(struct net_device *dev)
{
	netdev_list_contexts(netdev_priv(dev), 0);
}

static int netdev_change_mtu(struct net_device *dev, int mtu)
{
	struct xnf_info *info = netdev_priv(dev);

	if (!xnf_mtu_in_limits(mtu, ETH_MIN_MTU, XNF_MTU_MAX))
		return -EINVAL;
	if (mtu > ETH_DATA_LEN && !info->agreed.sg && info->live) {
		netdev_warn(dev, "MTU %d needs scatter-gather, which the backend does not offer; at most %d\n",
			    mtu, ETH_DATA_LEN);
		return -EINVAL;
	}
	if (XNF_FEATURE_xdp && !xnf_xdp_fits(info, mtu)) {
		netdev_warn(dev, "MTU %d is too large for the XDP program that is attached\n",
			    mtu);
		return -EINVAL;
	}
	WRITE_ONCE(dev->mtu, mtu);
	if (!info->mtu_change_is_ours) {
		info->mtu_set_by_admin = true;
		info->mtu_before_no_sg = 0;
	}
	return 0;
}

/**
 * xnf_apply_mtu() - follow the toolstack's MTU unless an admin chose one
 * @info: device
 * @mtu: bytes, 0 for no opinion
 *
 * Context: process, rtnl.
 */
void xnf_apply_mtu(struct xnf_info *info, unsigned int mtu)
{
	if (!mtu || info->mtu_set_by_admin || mtu == info->netdev->mtu)
		return;
	info->mtu_before_no_sg = 0;
	netdev_set_own_mtu(info, mtu);
}

/**
 * xnf_apply_mac() - follow the toolstack's address unless an admin chose one
 * @info: device
 * @mac: address in xenstore
 *
 * Return: true if the interface has another address than before.
 * Context: process, rtnl.
 */
bool xnf_apply_mac(struct xnf_info *info, const u8 *mac)
{
	struct net_device *dev = info->netdev;
	bool follow;

	follow = !ether_addr_equal(mac, info->xenstore_mac) &&
		 ether_addr_equal(dev->dev_addr, info->xenstore_mac);
	if (follow) {
		eth_hw_addr_set(dev, mac);
		call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);
	}
	ether_addr_copy(info->xenstore_mac, mac);
	return follow;
}

static netdev_features_t netdev_fix_features(struct net_device *dev,
					     netdev_features_t features)
{
	struct xnf_info *info = netdev_priv(dev);

	/* Before the first connect nothing is known: keep what is wished. */
	if (!info->live)
		return features;
	if (!info->agreed.sg)
		features &= ~NETIF_F_SG;
	if (!info->agreed.csum6)
		features &= ~NETIF_F_IPV6_CSUM;
	if (!info->agreed.tso4)
		features &= ~NETIF_F_TSO;
	if (!info->agreed.tso6)
		features &= ~NETIF_F_TSO6;
	if (!info->agreed.hash)
		features &= ~NETIF_F_RXHASH;
	return features;
}

/* Without scatter-gather a frame must fit a page; with it again, the MTU comes back. */
static int netdev_set_features(struct net_device *dev,
			       netdev_features_t features)
{
	struct xnf_info *info = netdev_priv(dev);
	unsigned int before = dev->mtu, restore = info->mtu_before_no_sg;

	if (!(features & NETIF_F_SG) && before > ETH_DATA_LEN) {
		netdev_warn(dev, "no scatter-gather: reducing MTU from %u to %d\n",
			    before, ETH_DATA_LEN);
		netdev_set_own_mtu(info, ETH_DATA_LEN);
		info->mtu_before_no_sg = before;
	} else if ((features & NETIF_F_SG) && restore) {
		info->mtu_before_no_sg = 0;
		netdev_set_own_mtu(info, restore);
	}
	if ((features ^ dev->features) & NETIF_F_RXHASH)
		return xnf_rss_switch(netdev_priv(dev),
				      features & NETIF_F_RXHASH);
	return 0;
}

static void netdev_set_rx_mode(struct net_device *dev)
{
	xnf_mcast_changed(netdev_priv(dev));
}

/* For netpoll: netconsole, kgdb over the network.  Interrupts may be off. */
static void __maybe_unused netdev_poll_controller(struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < dev->real_num_tx_queues; i++)
		xnf_queue_look(&info->queues[i]);
}

static const struct net_device_ops xnf_netdev_ops = {
	.ndo_init		= netdev_init,
	.ndo_uninit		= netdev_uninit,
	.ndo_open		= netdev_open,
	.ndo_stop		= netdev_stop,
	.ndo_start_xmit		= xnf_start_xmit,
	.ndo_set_rx_mode	= netdev_set_rx_mode,
	.ndo_change_mtu		= netdev_change_mtu,
	.ndo_get_stats64	= xnf_get_stats64,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_fix_features	= netdev_fix_features,
	.ndo_set_features	= netdev_set_features,
	XNF_NETPOLL_OPS
	XNF_XDP_OPS
};

static int netdev_alloc_queues(struct xnf_info *info)
{
	unsigned int i;

	info->queues = kvcalloc(info->max_queues, sizeof(*info->queues),
				GFP_KERNEL);
	if (!info->queues)
		return -ENOMEM;
	for (i = 0; i < info->max_queues; i++) {
		struct xnf_queue *q = &info->queues[i];

		q->info = info;
		q->id = i;
		u64_stats_init(&q->rx_stats.syncp);
		u64_stats_init(&q->tx_stats.syncp);
		u64_stats_init(&q->done_stats.syncp);
		xnf_queue_init(q);
	}
	return 0;
}

/**
 * xnf_netdev_alloc() - a net_device with queues, not yet registered
 * @xdev: its xenbus device
 * @queues: most queues it can have
 *
 * Return: the device or NULL.
 * Context: process.
 */
struct net_device *xnf_netdev_alloc(struct xenbus_device *xdev,
				    unsigned int queues)
{
	struct net_device *dev;
	struct xnf_info *info;

	dev = alloc_etherdev_mqs(sizeof(*info), queues, queues);
	if (!dev)
		return NULL;
	info = netdev_priv(dev);
	info->netdev = dev;
	info->xdev = xdev;
	info->max_queues = queues;
	info->want_queues = queues;
	if (netdev_alloc_queues(info)) {
		free_netdev(dev);
		return NULL;
	}

	dev->netdev_ops = &xnf_netdev_ops;
	dev->ethtool_ops = &xnf_ethtool_ops;
	if (XNF_FEATURE_qstats)
		xnf_qstats_init(dev);
	if (XNF_FEATURE_xdp)
		xnf_xdp_init(dev);
	dev->hw_features = XNF_FEATURES_OPTIONAL;
	dev->features = XNF_FEATURES_OPTIONAL | XNF_FEATURES_ALWAYS;
	/* A hash takes a slot of each packet; one queue has no use for it. */
	if (queues == 1)
		dev->features &= ~NETIF_F_RXHASH;
	/* A backend finishes no checksum and no segment of a tagged frame. */
	dev->vlan_features = NETIF_F_SG;
	xnf_set_mtu_limits(dev, ETH_MIN_MTU, XNF_MTU_MAX);
	SET_NETDEV_DEV(dev, &xdev->dev);
	netif_carrier_off(dev);
	return dev;
}

/**
 * xnf_netdev_free() - undo xnf_netdev_alloc()
 * @dev: device that is not registered (any more)
 */
void xnf_netdev_free(struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);

	kvfree(info->queues);
	free_netdev(dev);
}
