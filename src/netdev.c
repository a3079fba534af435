// SPDX-License-Identifier: GPL-2.0
/*
 * The net_device: its operations, features, MTU and address, and the two
 * places where all queues go on and off (xnf_live() and xnf_quiesce()).
 *
 * Locking: info->live and info->running change under rtnl.
 *
 * Invariant: NAPI of a queue is enabled (info->running) exactly while the
 * interface is up and the rings are live; transmit queues are started only
 * then.
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

static void trace_queues(const struct xnf_info *info, bool start,
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
static void map_napi(const struct xnf_info *info, unsigned int queue,
		     struct napi_struct *napi)
{
	netif_queue_set_napi(info->netdev, queue, NETDEV_QUEUE_TYPE_RX, napi);
	netif_queue_set_napi(info->netdev, queue, NETDEV_QUEUE_TYPE_TX, napi);
}

static void start_queues(struct xnf_info *info, const char *why)
{
	unsigned int i;

	if (info->running)
		return;
	info->running = true;
	for (i = 0; i < info->nr_queues; i++) {
		xnf_queue_start(&info->queues[i]);
		map_napi(info, i, &info->queues[i].napi);
	}
	if (!info->held)
		netif_tx_wake_all_queues(info->netdev);
	trace_queues(info, true, why);
}

static void stop_queues(struct xnf_info *info, const char *why)
{
	unsigned int i;

	if (!info->running)
		return;
	info->running = false;
	/* NAPI first: it is what wakes transmit queues. */
	for (i = 0; i < info->nr_queues; i++) {
		map_napi(info, i, NULL);
		xnf_queue_stop(&info->queues[i]);
	}
	netif_tx_disable(info->netdev);
	if (why)
		trace_queues(info, false, why);
}

/* Under rtnl.  Not an admin's choice. */
static void set_mtu(struct xnf_info *info, unsigned int mtu)
{
	info->own_mtu = true;
	if (dev_set_mtu(info->netdev, mtu))
		netdev_warn(info->netdev, "cannot set MTU %u, keeping %u\n",
			    mtu, info->netdev->mtu);
	info->own_mtu = false;
}

/**
 * xnf_live() - put freshly made rings to use
 * @info: device with rings that are published
 *
 * Context: process, info->lock held; takes rtnl.
 */
void xnf_live(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;

	rtnl_lock();
	netif_set_real_num_queues(dev, info->nr_queues, info->nr_queues);
	WRITE_ONCE(info->live, true);
	if (netif_running(dev))
		start_queues(info, "connect");
	netdev_update_features(dev);
	rtnl_unlock();
}

/* Does nothing for a queue that is stopped. */
static void poll_once(struct xnf_info *info)
{
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < info->max_queues; i++)
		napi_schedule(&info->queues[i].napi);
	local_bh_enable();
}

/**
 * xnf_fill_rings() - post all receive slots: the first packets are out
 * @info: device
 *
 * Left to NAPI.
 *
 * Context: process.
 */
void xnf_fill_rings(struct xnf_info *info)
{
	WRITE_ONCE(info->filled, true);
	poll_once(info);
}

/* The watchdog counts from the last packet, which may be long ago. */
static void restart_watchdog(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		WRITE_ONCE(netdev_get_tx_queue(dev, i)->trans_start, jiffies);
}

/*
 * Who wants fewer queues uses no more than those from here on: what is held
 * for one that goes would be lost.
 */
static void send_through_fewer(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;
	unsigned int want = READ_ONCE(info->want_queues);

	if (want < dev->real_num_tx_queues)
		netif_set_real_num_tx_queues(dev, want);
}

/**
 * xnf_hold() - send nothing more, but keep what is queued, and the carrier
 * @info: live device
 *
 * Until xnf_carrier_on() or xnf_carrier_lost().  Without a carrier there is
 * nothing to keep.
 *
 * Context: process, info->lock held; takes rtnl.
 */
void xnf_hold(struct xnf_info *info)
{
	struct net_device *dev = info->netdev;

	rtnl_lock();
	if (netif_carrier_ok(dev) && !info->held) {
		info->down_since = ktime_to_ns(ktime_get());
		send_through_fewer(info);
		WRITE_ONCE(info->held, true);
		netif_tx_disable(dev);
		restart_watchdog(dev);
		trace_queues(info, false, "hold");
	}
	rtnl_unlock();
}

/**
 * xnf_quiesce() - nothing touches the rings any more when this returns
 * @info: device with or without rings
 * @hold: as xnf_hold(), if that was not called before
 *
 * Context: process, info->lock held; takes rtnl.
 */
void xnf_quiesce(struct xnf_info *info, bool hold)
{
	struct net_device *dev = info->netdev;
	bool was_held = info->held;

	if (netif_carrier_ok(dev) && !info->held)
		info->down_since = ktime_to_ns(ktime_get());
	hold = hold && netif_carrier_ok(dev);
	if (!hold && netif_carrier_ok(dev))
		trace_xnf_carrier(dev->name, "off");
	if (!hold)
		netif_carrier_off(dev);
	/* Whoever waits for an answer of the backend may hold rtnl. */
	xnf_ctrl_shut(info);
	rtnl_lock();
	/* A renewal: what the backend has answered and sent by now counts. */
	if (was_held && !info->resuming)
		poll_once(info);
	WRITE_ONCE(info->live, false);
	WRITE_ONCE(info->held, hold);
	stop_queues(info, was_held ? NULL : "disconnect");
	if (hold)
		restart_watchdog(dev);
	rtnl_unlock();
}

/* Ends what xnf_hold() or xnf_quiesce() began, if they did. */
static bool end_hold(struct xnf_info *info)
{
	bool held = info->held;

	ASSERT_RTNL();
	WRITE_ONCE(info->held, false);
	if (held && info->running)
		netif_tx_wake_all_queues(info->netdev);
	return held;
}

/**
 * xnf_carrier_on() - the backend is Connected, packets may flow
 * @info: live device
 *
 * Context: process; takes rtnl.
 */
void xnf_carrier_on(struct xnf_info *info)
{
	if (READ_ONCE(info->held)) {
		rtnl_lock();
		end_hold(info);
		rtnl_unlock();
	}
	netif_carrier_on(info->netdev);
}

/**
 * xnf_carrier_lost() - a held carrier goes off after all
 * @info: device whose backend did not connect soon
 *
 * Context: process; takes rtnl.
 */
void xnf_carrier_lost(struct xnf_info *info)
{
	rtnl_lock();
	if (end_hold(info))
		netif_carrier_off(info->netdev);
	rtnl_unlock();
}

static int netdev_init(struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < info->max_queues; i++)
		netif_napi_add(dev, &info->queues[i].napi, xnf_poll);
	return 0;
}

/*
 * Here and not before free_netdev(): each of these waits for an RCU grace
 * period, and under rtnl that is an expedited one.
 */
static void netdev_uninit(struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < info->max_queues; i++)
		netif_napi_del(&info->queues[i].napi);
}

static int netdev_open(struct net_device *dev)
{
	struct xnf_info *info = netdev_priv(dev);

	if (info->live)
		start_queues(info, "open");
	else
		netif_tx_stop_all_queues(dev);
	xnf_mcast_changed(info);
	return 0;
}

static int netdev_stop(struct net_device *dev)
{
	stop_queues(netdev_priv(dev), "close");
	return 0;
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
	if (!info->own_mtu) {
		info->admin_mtu = true;
		info->cut_mtu = 0;
	}
	return 0;
}

/**
 * xnf_apply_mtu() - follow the toolstack's MTU unless an admin chose one
 * @info: device
 * @mtu: bytes, 0 for no opinion
 *
 * Context: process; takes rtnl.
 */
void xnf_apply_mtu(struct xnf_info *info, unsigned int mtu)
{
	if (!mtu)
		return;
	rtnl_lock();
	if (!info->admin_mtu && mtu != info->netdev->mtu) {
		info->cut_mtu = 0;
		set_mtu(info, mtu);
	}
	rtnl_unlock();
}

/**
 * xnf_apply_mac() - follow the toolstack's address unless an admin chose one
 * @info: device
 * @mac: address in xenstore
 *
 * Return: true if the interface has another address than before.
 * Context: process; takes rtnl.
 */
bool xnf_apply_mac(struct xnf_info *info, const u8 *mac)
{
	struct net_device *dev = info->netdev;
	bool follow;

	rtnl_lock();
	follow = !ether_addr_equal(mac, info->store_mac) &&
		 ether_addr_equal(dev->dev_addr, info->store_mac);
	if (follow) {
		eth_hw_addr_set(dev, mac);
		call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);
	}
	ether_addr_copy(info->store_mac, mac);
	rtnl_unlock();
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
	unsigned int before = dev->mtu, cut = info->cut_mtu;

	if (!(features & NETIF_F_SG) && before > ETH_DATA_LEN) {
		netdev_warn(dev, "no scatter-gather: reducing MTU from %u to %d\n",
			    before, ETH_DATA_LEN);
		set_mtu(info, ETH_DATA_LEN);
		info->cut_mtu = before;
	} else if ((features & NETIF_F_SG) && cut) {
		info->cut_mtu = 0;
		set_mtu(info, cut);
	}
	if ((features ^ dev->features) & NETIF_F_RXHASH)
		return xnf_rss_switch(netdev_priv(dev),
				      features & NETIF_F_RXHASH);
	return 0;
}

/*
 * The first time an event may have been lost: kick.  If no response came
 * since then, the connection is of no use: reset.
 */
static bool queue_is_stuck(struct xnf_queue *q)
{
	unsigned int cons = READ_ONCE(q->tx.rsp_cons);
	bool stuck = q->kicked && q->kicked_at == cons;

	q->tx_stats.timeouts++;
	q->kicked = true;
	q->kicked_at = cons;
	return stuck;
}

static void xnf_tx_timeout(struct net_device *dev, unsigned int txqueue)
{
	struct xnf_info *info = netdev_priv(dev);
	bool stuck = false;
	unsigned int i;

	if (!info->live)
		return;
	for (i = 0; i < info->nr_queues; i++) {
		struct xnf_queue *q = &info->queues[i];

		if (!netif_xmit_stopped(netdev_get_tx_queue(dev, i)))
			continue;
		stuck |= queue_is_stuck(q);
		xnf_queue_kick(q);
	}
	netdev_warn(dev, "transmit timed out, %s\n",
		    stuck ? "reconnecting" : "kicking the backend");
	if (stuck)
		xnf_schedule_reset(info, "transmit timeout");
}

static void netdev_set_rx_mode(struct net_device *dev)
{
	xnf_mcast_changed(netdev_priv(dev));
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
	.ndo_tx_timeout		= xnf_tx_timeout,
	XNF_XDP_OPS
};

static int alloc_queues(struct xnf_info *info)
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
	if (alloc_queues(info)) {
		free_netdev(dev);
		return NULL;
	}

	dev->netdev_ops = &xnf_netdev_ops;
	dev->ethtool_ops = &xnf_ethtool_ops;
	if (XNF_FEATURE_qstats)
		xnf_qstats_init(dev);
	if (XNF_FEATURE_xdp)
		xnf_xdp_init(dev);
	dev->watchdog_timeo = 5 * HZ;
	dev->hw_features = XNF_FEATURES_OPTIONAL;
	dev->features = XNF_FEATURES_OPTIONAL | XNF_FEATURES_ALWAYS;
	/* A hash takes a slot of each packet; one queue has no use for it. */
	if (queues == 1)
		dev->features &= ~NETIF_F_RXHASH;
	dev->vlan_features = dev->features & ~NETIF_F_RXHASH;
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
