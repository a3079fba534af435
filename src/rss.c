// SPDX-License-Identifier: GPL-2.0
/*
 * Receive side scaling: the backend hashes what it sends us with our key and
 * picks the queue from our table.
 *
 * Owns: key, table and hash types as the admin wants them (info->rss), which
 * outlive connections and are told to each backend anew.
 *
 * Locking: ctrl->lock.  rss_work() takes rtnl, but never under it.
 *
 * Invariants: rss->on says that backends hash for us, from the connection on
 * that offers it to the one that does not: in between, while there is none,
 * settings are shown and taken, and the next connection begins with them.
 * NETIF_F_RXHASH is the switch.  It is off while the backend
 * cannot do it, and comes back with the next backend that can.  A connection
 * that began with it off has no control ring, and switching it on gets
 * another one.  But no ring is done without before the backend was told to
 * stop hashing: netback hashes on without it, and when the next ring comes, it
 * BUGs on what it kept of that (xenvif_init_hash()), with all of dom0's
 * devices.
 */
#include <linux/ethtool.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "xnf.h"

#define RSS_TYPES_ALL	(XEN_NETIF_CTRL_HASH_TYPE_IPV4 |		\
			 XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP |		\
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6 |		\
			 XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

/* Why a connection without a control ring ends. */
static const char rss_switched_on[] = "receive hash switched on";

/* Where the table may not be used: an admin's queue that there is not. */
static u32 rss_queue(const struct xnf_info *info, unsigned int i)
{
	unsigned int queues = max(info->agreed.queues, 1u);

	if (!info->rss.set.own_table)
		return i % queues;
	return info->rss.set.table[i] % queues;
}

static int rss_set_one(struct xnf_info *info, u16 type, u32 value, u32 *answer)
{
	u32 data[3] = { value, 0, 0 };
	int err = xnf_ctrl_request(info, type, data);

	if (!err && answer)
		*answer = data[0];
	return err;
}

/* A backend without a table maps by the remainder, which is our default. */
static int rss_set_table(struct xnf_info *info)
{
	struct xnf_rss *rss = &info->rss;
	u32 table[XNF_RSS_TABLE], size, i;
	int err;

	err = rss_set_one(info, XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0,
			  &size);
	if (err)
		return err;
	/* A part of ours that repeats: what we show is what happens. */
	if (size)
		size = rounddown_pow_of_two(min_t(u32, size, XNF_RSS_TABLE));
	/* Setting the size empties the table: only when it changes. */
	if (size != rss->size) {
		err = rss_set_one(info,
				  XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE,
				  size, NULL);
		if (err)
			return err;
		rss->size = size;
	}
	rss->room = size;
	if (!size)
		return 0;
	for (i = 0; i < size; i++)
		table[i] = rss_queue(info, i);
	return xnf_ctrl_request_data(info,
				     XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING,
				     table, size * sizeof(*table), size);
}

static int rss_configure(struct xnf_info *info)
{
	struct xnf_rss *rss = &info->rss;
	u32 types;
	int err;

	err = xnf_ctrl_request_data(info, XEN_NETIF_CTRL_TYPE_SET_HASH_KEY,
				    rss->set.key, sizeof(rss->set.key),
				    sizeof(rss->set.key));
	if (err)
		return err;
	err = rss_set_table(info);
	if (err)
		return err;
	WRITE_ONCE(rss->backend_may_hash, true);
	/* Types can be asked for, and set, once there is an algorithm. */
	err = rss_set_one(info, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
			  XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, NULL);
	if (err)
		return err;
	err = rss_set_one(info, XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS, 0, &types);
	if (err)
		return err;
	return rss_set_one(info, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS,
			   types & rss->set.types, NULL);
}

/* The backend picks queues by a rule of its own, as if we had asked nothing. */
static int rss_tell_off(struct xnf_info *info)
{
	int err = rss_set_one(info, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
			      XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, NULL);

	if (!err)
		WRITE_ONCE(info->rss.backend_may_hash, false);
	return err;
}

/*
 * Tells the backend what is wished.  A refusal leaves it to the backend how
 * it spreads packets, which is what it did before.  Nobody to tell is none:
 * the next connection begins with the settings.
 *
 * Return: 0 or a negative error; -ENOTCONN if there is nobody to tell.
 */
static int rss_apply(struct xnf_info *info, bool on)
{
	int err = 0;

	lockdep_assert_held(&info->ctrl.lock);
	if (on)
		err = rss_configure(info);
	if (!on || (err && err != -ENOTCONN)) {
		int off = rss_tell_off(info);

		err = err ?: off;
	}
	WRITE_ONCE(info->rss.on, on && (!err || err == -ENOTCONN));
	return err;
}

/* The same for settings that changed, which nobody needs to hear of now. */
static int rss_change(struct xnf_info *info)
{
	int err = rss_apply(info, true);

	return err == -ENOTCONN ? 0 : err;
}

/* Whether or not the backend can. */
static bool rss_wanted(const struct xnf_info *info)
{
	return info->netdev->wanted_features & NETIF_F_RXHASH;
}

/**
 * xnf_rss_needs_ring() - is there anything to tell the backend?
 * @info: device
 */
bool xnf_rss_needs_ring(const struct xnf_info *info)
{
	return rss_wanted(info) || READ_ONCE(info->rss.backend_may_hash);
}

static void rss_work(struct work_struct *work)
{
	struct xnf_info *info = container_of(work, struct xnf_info, rss.work);
	u64 connection = READ_ONCE(info->connects);
	int err = -ENOTCONN;

	mutex_lock(&info->ctrl.lock);
	/* Off is told too: a backend remembers what a predecessor set. */
	if (!info->rss.requests_ended)
		err = rss_apply(info, info->netdev->features & NETIF_F_RXHASH);
	mutex_unlock(&info->ctrl.lock);
	if (!err || err == -ENOTCONN)
		return;

	netdev_warn(info->netdev, "backend does not hash received packets (error %d): it picks the queues itself\n",
		    err);
	rtnl_lock();
	/* Another backend may have come meanwhile. */
	if (connection == info->connects) {
		info->agreed.hash = false;
		netdev_update_features(info->netdev);
	}
	rtnl_unlock();
}

/**
 * xnf_rss_init() - defaults, once for each device
 * @info: device
 */
void xnf_rss_init(struct xnf_info *info)
{
	INIT_WORK(&info->rss.work, rss_work);
	netdev_rss_key_fill(info->rss.set.key, sizeof(info->rss.set.key));
	info->rss.set.types = RSS_TYPES_ALL;
	info->rss.room = XNF_RSS_TABLE;
}

/**
 * xnf_rss_connected() - replay the settings to a backend that just connected
 * @info: device
 *
 * Not here and now: a backend that does not answer must not hold up the
 * handshake.
 *
 * Context: process, rtnl and info->lock held.
 */
void xnf_rss_connected(struct xnf_info *info)
{
	lockdep_assert_held(&info->lock);
	WRITE_ONCE(info->rss.on, info->agreed.ctrl && rss_wanted(info));
	/* Nobody asks before the ring opens. */
	info->rss.size = 0;
	info->rss.requests_ended = false;
	xnf_ctrl_open(info);
	if (info->agreed.hash)
		info->rss.no_ring_logged = false;
	if (info->agreed.ctrl) {
		queue_work(system_freezable_wq, &info->rss.work);
	} else if (!rss_wanted(info)) {
		return;
	} else if (info->agreed.hash) {
		/* It was switched on while this connection was negotiated. */
		xnf_schedule_renewal(info, rss_switched_on);
	} else if (!info->rss.no_ring_logged) {
		info->rss.no_ring_logged = true;
		netdev_info(info->netdev, "this backend has no control ring: receive hashing is off, its settings are kept\n");
	}
}

/**
 * xnf_rss_forget() - the backend hashes no more, until the next connection
 * @info: device whose control ring goes
 *
 * Whoever comes next may know nothing of hashes.
 *
 * Context: process; sleeps as long as a request of ctrl.c may take.
 */
void xnf_rss_forget(struct xnf_info *info)
{
	mutex_lock(&info->ctrl.lock);
	info->rss.requests_ended = true;
	if (info->rss.backend_may_hash)
		rss_tell_off(info);
	mutex_unlock(&info->ctrl.lock);
}

/**
 * xnf_rss_stop() - no work of this file runs when this returns
 * @info: device that is being removed
 *
 * Context: process.
 */
void xnf_rss_stop(struct xnf_info *info)
{
	xnf_rss_forget(info);
	xnf_ctrl_shut(info);
	cancel_work_sync(&info->rss.work);
}

/**
 * xnf_rss_switch() - NETIF_F_RXHASH changes
 * @info: device
 * @on: its new value
 *
 * Nobody to tell is no error: each connection begins with the settings.  The
 * one there is may be without a control ring, because nobody wanted it.
 *
 * Return: 0 or a negative error.
 * Context: process, rtnl.
 */
int xnf_rss_switch(struct xnf_info *info, bool on)
{
	int err = 0;

	if (on && info->live && info->agreed.hash && !info->agreed.ctrl)
		err = xnf_renew_now(info, rss_switched_on, XNF_RENEW_LIMIT);
	if (err)
		return err;
	mutex_lock(&info->ctrl.lock);
	err = rss_apply(info, on);
	mutex_unlock(&info->ctrl.lock);
	return err == -ENOTCONN ? 0 : err;
}

/**
 * xnf_rss_get() - what is in force
 * @info: device
 * @table: filled in with XNF_RSS_TABLE queues unless NULL
 * @key: filled in with XNF_RSS_KEY bytes unless NULL
 *
 * Context: process, rtnl.
 */
void xnf_rss_get(struct xnf_info *info, u32 *table, u8 *key)
{
	unsigned int i;

	mutex_lock(&info->ctrl.lock);
	for (i = 0; table && i < XNF_RSS_TABLE; i++)
		table[i] = rss_queue(info, i);
	if (key)
		memcpy(key, info->rss.set.key, XNF_RSS_KEY);
	mutex_unlock(&info->ctrl.lock);
}

/*
 * Remembers a table; the default one follows the number of queues.  False if
 * the backend has less room and the table does not repeat itself.
 */
static bool rss_keep_table(struct xnf_info *info, const u32 *table)
{
	struct xnf_rss *rss = &info->rss;
	unsigned int i;

	rss->set.own_table = false;
	for (i = 0; i < XNF_RSS_TABLE; i++) {
		if (i % max(info->agreed.queues, 1u) != table[i])
			rss->set.own_table = true;
		rss->set.table[i] = table[i];
	}
	if (!rss->set.own_table)
		return true;
	for (i = rss->room; rss->room && i < XNF_RSS_TABLE; i++)
		if (table[i] != table[i - rss->room])
			return false;
	return rss->room;
}

/**
 * xnf_rss_set() - change table, key or both
 * @info: device
 * @table: XNF_RSS_TABLE queues, or NULL for no change
 * @key: XNF_RSS_KEY bytes, or NULL for no change
 *
 * Return: 0, or a negative error; then the old settings are in force.
 * Context: process, rtnl.
 */
int xnf_rss_set(struct xnf_info *info, const u32 *table, const u8 *key)
{
	struct xnf_rss *rss = &info->rss;
	struct xnf_rss_settings *before;
	int err = -EOPNOTSUPP;

	before = kmalloc(sizeof(*before), GFP_KERNEL);
	if (!before)
		return -ENOMEM;
	mutex_lock(&info->ctrl.lock);
	*before = rss->set;
	if (!rss->on)
		goto unlock;
	if (key)
		memcpy(rss->set.key, key, XNF_RSS_KEY);
	err = -EINVAL;
	if (!table || rss_keep_table(info, table))
		err = rss_change(info);
	if (err) {
		rss->set = *before;
		rss_change(info);
	}
unlock:
	mutex_unlock(&info->ctrl.lock);
	kfree(before);
	return err;
}

/* Hash type of TCP over IPv4 or IPv6, or of anything else over them. */
static u32 rss_type(u32 flow)
{
	switch (flow) {
	case TCP_V4_FLOW:
		return XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP;
	case TCP_V6_FLOW:
		return XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP;
	case UDP_V4_FLOW:
	case SCTP_V4_FLOW:
	case AH_ESP_V4_FLOW:
	case AH_V4_FLOW:
	case ESP_V4_FLOW:
	case IPV4_FLOW:
		return XEN_NETIF_CTRL_HASH_TYPE_IPV4;
	case UDP_V6_FLOW:
	case SCTP_V6_FLOW:
	case AH_ESP_V6_FLOW:
	case AH_V6_FLOW:
	case ESP_V6_FLOW:
	case IPV6_FLOW:
		return XEN_NETIF_CTRL_HASH_TYPE_IPV6;
	default:
		return 0;
	}
}

#define RSS_TCP	(XEN_NETIF_CTRL_HASH_TYPE_IPV4_TCP |	\
		 XEN_NETIF_CTRL_HASH_TYPE_IPV6_TCP)

/* The type for TCP's addresses alone: a bit below that of TCP. */
static u32 rss_addresses(u32 type)
{
	return type & RSS_TCP ? type >> 1 : type;
}

/**
 * xnf_rss_get_fields() - which header fields count for a kind of flow
 * @info: device
 * @flow: TCP_V4_FLOW and so on
 * @fields: filled in with RXH_* bits
 *
 * Return: 0, or -EINVAL for a kind that nothing is known of.
 */
int xnf_rss_get_fields(const struct xnf_info *info, u32 flow, u64 *fields)
{
	u32 type = rss_type(flow), types = READ_ONCE(info->rss.set.types);

	if (!type)
		return -EINVAL;
	*fields = 0;
	if (types & type & RSS_TCP)
		*fields = RXH_IP_SRC | RXH_IP_DST | RXH_L4_B_0_1 | RXH_L4_B_2_3;
	else if (types & rss_addresses(type))
		*fields = RXH_IP_SRC | RXH_IP_DST;
	return 0;
}

/* The types once @flow is hashed by @fields, or 0 if that cannot be. */
static u32 rss_new_types(u32 types, u32 flow, u64 fields)
{
	const u64 addresses = RXH_IP_SRC | RXH_IP_DST;
	u32 type = rss_type(flow);

	if (!type)
		return 0;
	if (fields == addresses)
		return (types & ~(type & RSS_TCP)) | rss_addresses(type);
	/* The protocol knows ports with TCP only. */
	if (fields == (addresses | RXH_L4_B_0_1 | RXH_L4_B_2_3) &&
	    type & RSS_TCP)
		return types | type;
	return 0;
}

/**
 * xnf_rss_set_fields() - choose the header fields for a kind of flow
 * @info: device
 * @flow: TCP_V4_FLOW and so on
 * @fields: RXH_* bits
 *
 * Return: 0, or a negative error; then nothing changed.
 * Context: process, rtnl.
 */
int xnf_rss_set_fields(struct xnf_info *info, u32 flow, u64 fields)
{
	struct xnf_rss *rss = &info->rss;
	u32 before, types;
	int err = -EOPNOTSUPP;

	mutex_lock(&info->ctrl.lock);
	before = rss->set.types;
	types = rss_new_types(before, flow, fields);
	if (!rss->on)
		goto unlock;
	err = -EINVAL;
	if (!types)
		goto unlock;
	WRITE_ONCE(rss->set.types, types);
	err = rss_change(info);
	if (err) {
		WRITE_ONCE(rss->set.types, before);
		rss_change(info);
	}
unlock:
	mutex_unlock(&info->ctrl.lock);
	return err;
}
