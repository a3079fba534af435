// SPDX-License-Identifier: GPL-2.0
/*
 * Multicast filtering: the backend holds back groups that nobody here joined.
 *
 * Owns: the list that the backend has (info->mcast) and the key that switches
 * its filter on.  The kernel's list is read anew each time.
 *
 * Locking: all but the schedule runs in mcast_work() under info->lock.
 *
 * Invariants: the filter goes on only when the backend confirmed each group,
 * so that no neighbour solicitation is lost meanwhile, and only where it can
 * be switched later (feature-dynamic-multicast-control).  It is off for
 * promiscuous interfaces and for more groups than a backend takes.  Changes
 * travel on one queue, because netback's list has no lock.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/string.h>

#include "xnf.h"

#define MCAST_RETRY_MS	10

/* The kernel's list as far as it fits; false if the filter must be off. */
static bool mcast_wanted(struct xnf_info *info, u8 (*list)[ETH_ALEN],
			 unsigned int *count)
{
	struct net_device *dev = info->netdev;
	struct netdev_hw_addr *ha;
	bool filter;

	*count = 0;
	netif_addr_lock_bh(dev);
	filter = !(dev->flags & (IFF_PROMISC | IFF_ALLMULTI)) &&
		 netdev_mc_count(dev) <= XNF_MCAST_MAX;
	if (filter)
		netdev_for_each_mc_addr(ha, dev)
			ether_addr_copy(list[(*count)++], ha->addr);
	netif_addr_unlock_bh(dev);
	return filter;
}

static bool mcast_has(u8 (*list)[ETH_ALEN], unsigned int count, const u8 *addr)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!memcmp(list[i], addr, ETH_ALEN))
			return true;
	return false;
}

static bool mcast_send(struct xnf_info *info, u8 type, const u8 *addr)
{
	struct xnf_queue *q = &info->queues[0];
	struct netdev_queue *txq = netdev_get_tx_queue(info->netdev, 0);
	bool sent = false;

	__netif_tx_lock_bh(txq);
	if (info->live && xnf_tx_mcast(q, type, addr))
		sent = true;
	__netif_tx_unlock_bh(txq);
	info->mcast.asked += sent;
	return sent;
}

/* Makes the backend's list equal to @list; false if the ring is full. */
static bool mcast_sync(struct xnf_info *info, u8 (*list)[ETH_ALEN],
		       unsigned int count)
{
	struct xnf_mcast *mcast = &info->mcast;
	unsigned int i = 0;

	/* First those that go: they make room. */
	while (i < mcast->count) {
		if (mcast_has(list, count, mcast->list[i])) {
			i++;
			continue;
		}
		if (!mcast_send(info, XEN_NETIF_EXTRA_TYPE_MCAST_DEL,
				mcast->list[i]))
			return false;
		ether_addr_copy(mcast->list[i], mcast->list[--mcast->count]);
	}
	for (i = 0; i < count; i++) {
		if (mcast_has(mcast->list, mcast->count, list[i]))
			continue;
		if (!mcast_send(info, XEN_NETIF_EXTRA_TYPE_MCAST_ADD, list[i]))
			return false;
		ether_addr_copy(mcast->list[mcast->count++], list[i]);
	}
	return true;
}

static void mcast_switch(struct xnf_info *info, bool on)
{
	int err;

	if (info->mcast.on == on)
		return;
	info->mcast.on = on;
	err = xnf_write_mcast(info);
	if (!err)
		return;
	netdev_warn(info->netdev, "cannot switch the backend's multicast filter %s (error %d)\n",
		    on ? "on" : "off", err);
	info->mcast.on = !on;
}

static void mcast_update(struct xnf_info *info)
{
	struct xnf_mcast *mcast = &info->mcast;
	u8 list[XNF_MCAST_MAX][ETH_ALEN];
	unsigned int count;
	bool again;

	lockdep_assert_held(&info->lock);
	if (!mcast_wanted(info, list, &count) || READ_ONCE(mcast->refused)) {
		mcast_switch(info, false);
		return;
	}
	again = !mcast_sync(info, list, count);
	/* The filter waits until the backend has taken in all of it. */
	if (READ_ONCE(mcast->answered) != mcast->asked)
		again = true;
	else if (!again)
		mcast_switch(info, true);
	if (again)
		queue_delayed_work(system_freezable_wq, &mcast->work,
				   msecs_to_jiffies(MCAST_RETRY_MS));
}

static void mcast_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(to_delayed_work(work),
					     struct xnf_info, mcast.work);

	mutex_lock(&info->lock);
	if (info->agreed.mcast && info->mcast.connected &&
	    READ_ONCE(info->running) && !info->removing)
		mcast_update(info);
	mutex_unlock(&info->lock);
}

/**
 * xnf_mcast_init() - once for each device
 * @info: device
 */
void xnf_mcast_init(struct xnf_info *info)
{
	INIT_DELAYED_WORK(&info->mcast.work, mcast_work);
}

/**
 * xnf_mcast_changed() - bring the backend's list up to date soon
 * @info: device
 *
 * Context: any.
 */
void xnf_mcast_changed(struct xnf_info *info)
{
	if (READ_ONCE(info->agreed.mcast) && !READ_ONCE(info->removing))
		mod_delayed_work(system_freezable_wq, &info->mcast.work, 0);
}

/**
 * xnf_mcast_reset() - a new connection begins: its backend has no list
 * @info: device
 *
 * Context: process, info->lock held, queue 0 without requests.
 */
void xnf_mcast_reset(struct xnf_info *info)
{
	struct xnf_mcast *mcast = &info->mcast;

	lockdep_assert_held(&info->lock);
	mcast->count = 0;
	mcast->asked = 0;
	mcast->answered = 0;
	mcast->refused = false;
	mcast->on = false;
	mcast->connected = false;
}

/**
 * xnf_mcast_connected() - replay the list to a backend that just connected
 * @info: device
 *
 * Context: process, info->lock held.
 */
void xnf_mcast_connected(struct xnf_info *info)
{
	lockdep_assert_held(&info->lock);
	info->mcast.connected = true;
	xnf_mcast_changed(info);
}

/**
 * xnf_mcast_answer() - the backend answered a change of its list
 * @info: device
 * @taken: it took the change
 *
 * Context: NAPI of queue 0.
 */
void xnf_mcast_answer(struct xnf_info *info, bool taken)
{
	struct xnf_mcast *mcast = &info->mcast;

	if (!taken)
		WRITE_ONCE(mcast->refused, true);
	WRITE_ONCE(mcast->answered, mcast->answered + 1);
}

/**
 * xnf_mcast_stop() - no work of this file runs when this returns
 * @info: device that is being removed
 *
 * Context: process.
 */
void xnf_mcast_stop(struct xnf_info *info)
{
	cancel_delayed_work_sync(&info->mcast.work);
}
