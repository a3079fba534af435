// SPDX-License-Identifier: GPL-2.0
/*
 * A connection: what the backend offers is read and agreed on, queues are made
 * and, when the backend let go, taken back.  What it is told: publish.c.
 *
 * Locking: rtnl and info->lock.
 *
 * Invariant: what is read ahead only saves time; a key that is not there is
 * read when it is wanted.
 */
#include <linux/etherdevice.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "xnf.h"
#include "trace.h"

/* More queues than any backend has is taken for garbage. */
#define MAX_QUEUES_SANE		1024u

static const char max_queues_key[] = "multi-queue-max-queues";
static const char ctrl_key[] = "feature-ctrl-ring";

/*
 * What connect_negotiate() will ask for, and the transaction for the keys that
 * follow from it, all at once.  It only saves time: a key that is not here is
 * read when it is wanted, and one that is not wanted costs a round trip before
 * packets flow, so it is left to xnf_follow().  Nobody but a frontend driver
 * writes our keys, and it is us who drive the device, so whether there are any
 * is known before the transaction that takes them away.
 */
static void connect_read_ahead(struct xnf_info *info)
{
	static const char * const of_backend[] = {
		"feature-rx-copy", "feature-split-event-channels",
		"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
		"feature-ipv6-csum-offload",
	};
	struct xenbus_device *xdev = info->xdev;
	unsigned int i;

	lockdep_assert_held(&info->lock);
	info->read_ahead = xnf_batch_alloc(XBT_NIL, ARRAY_SIZE(of_backend) + 5);
	if (!info->read_ahead)
		return;
	xnf_batch_begin(info->read_ahead);
	xnf_batch_list(info->read_ahead, xdev->nodename);
	for (i = 0; i < ARRAY_SIZE(of_backend); i++)
		xnf_batch_read(info->read_ahead, xdev->otherend, of_backend[i]);
	xnf_batch_read(info->read_ahead, xdev->nodename, "trusted");
	if (READ_ONCE(info->want_queues) > 1)
		xnf_batch_read(info->read_ahead, xdev->otherend,
			       max_queues_key);
	if (xnf_rss_needs_ring(info))
		xnf_batch_read(info->read_ahead, xdev->otherend, ctrl_key);
	xnf_batch_run(info->read_ahead);
}

static void connect_drop_read_ahead(struct xnf_info *info)
{
	xnf_batch_free(info->read_ahead);
	info->read_ahead = NULL;
}

/* The value of a key, to be freed by the caller, or NULL. */
static char *connect_read_key(struct xenbus_device *xdev, const char *dir,
			      const char *key)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);
	char *value;

	if (xnf_batch_take(info->read_ahead, dir, key, &value))
		return value;
	value = xenbus_read(XBT_NIL, dir, key, NULL);
	return IS_ERR(value) ? NULL : value;
}

/*
 * Reads a key that is 0 or 1.  Anything else is named in the log and taken
 * for @fallback.
 */
static bool connect_read_flag(struct xenbus_device *xdev, const char *dir,
			      const char *key, bool fallback)
{
	char *value = connect_read_key(xdev, dir, key);
	unsigned int number;
	bool ret = fallback;

	if (!value)
		return fallback;
	if (kstrtouint(value, 10, &number) || number > 1)
		dev_warn(&xdev->dev, "%s/%s = \"%s\" is neither 0 nor 1, taking %d\n",
			 dir, key, value, fallback);
	else
		ret = number;
	kfree(value);
	return ret;
}

/**
 * xnf_read_online() - does the toolstack want this device?
 * @xdev: device
 *
 * A backend without the key is taken as online: the toolstack writes 0 there
 * when it detaches, and removes the whole directory when it is done.
 *
 * Context: process.
 */
bool xnf_read_online(struct xenbus_device *xdev)
{
	return xenbus_read_unsigned(xdev->otherend, "online", 1);
}

/**
 * xnf_read_mac() - the address that the toolstack chose
 * @xdev: device
 * @mac: filled in on success
 *
 * Return: 0, or -ENOENT after saying what is wrong with the key.
 * Context: process.
 */
int xnf_read_mac(struct xenbus_device *xdev, u8 *mac)
{
	char *value = connect_read_key(xdev, xdev->nodename, "mac");
	u8 parsed[ETH_ALEN];
	int err = -ENOENT;

	if (!value) {
		dev_warn(&xdev->dev, "%s/mac is missing, using another address\n",
			 xdev->nodename);
		return err;
	}
	if (mac_pton(value, parsed) && is_valid_ether_addr(parsed)) {
		ether_addr_copy(mac, parsed);
		err = 0;
	} else {
		dev_warn(&xdev->dev, "%s/mac = \"%s\" is no unicast MAC address, using another one\n",
			 xdev->nodename, value);
	}
	kfree(value);
	return err;
}

/**
 * xnf_read_mtu() - the MTU that the toolstack chose
 * @xdev: device
 *
 * Return: the MTU in bytes, 0 if there is none or after saying what is wrong
 * with the key.
 * Context: process.
 */
unsigned int xnf_read_mtu(struct xenbus_device *xdev)
{
	char *value = connect_read_key(xdev, xdev->nodename, "mtu");
	unsigned int mtu = 0;

	if (!value)
		return 0;
	if (kstrtouint(value, 10, &mtu) || mtu < ETH_MIN_MTU ||
	    mtu > XNF_MTU_MAX) {
		dev_warn(&xdev->dev, "%s/mtu = \"%s\" is outside %u-%u, keeping the present MTU\n",
			 xdev->nodename, value, ETH_MIN_MTU, XNF_MTU_MAX);
		mtu = 0;
	}
	kfree(value);
	return mtu;
}

/* How many queues the backend can have, after saying what is wrong with it. */
static unsigned int connect_read_max_queues(struct xenbus_device *xdev)
{
	char *value = connect_read_key(xdev, xdev->otherend, max_queues_key);
	unsigned int max;

	if (!value)
		return 1;
	if (kstrtouint(value, 10, &max) || !max || max > MAX_QUEUES_SANE) {
		dev_warn(&xdev->dev, "%s/%s = \"%s\" is outside 1-%u, using 1 queue\n",
			 xdev->otherend, max_queues_key, value,
			 MAX_QUEUES_SANE);
		max = 1;
	}
	kfree(value);
	return max;
}

static int connect_negotiate(struct xnf_info *info, struct xnf_agreed *agreed)
{
	struct xenbus_device *xdev = info->xdev;
	const char *be = xdev->otherend;

	memset(agreed, 0, sizeof(*agreed));
	if (!connect_read_flag(xdev, be, "feature-rx-copy", false)) {
		if (info->connect_error != -EOPNOTSUPP)
			dev_err(&xdev->dev, "%s/feature-rx-copy is not 1: this backend cannot copy into our pages, not connecting\n",
				be);
		return -EOPNOTSUPP;
	}
	agreed->queues = READ_ONCE(info->want_queues);
	if (agreed->queues > 1) {
		agreed->queues_offered = connect_read_max_queues(xdev);
		agreed->queues = min(agreed->queues, agreed->queues_offered);
	} else {
		agreed->queues_later = true;
	}
	agreed->split = connect_read_flag(xdev, be,
					  "feature-split-event-channels",
					  false);
	agreed->sg = connect_read_flag(xdev, be, "feature-sg", false);
	agreed->tso4 = agreed->sg &&
		       connect_read_flag(xdev, be, "feature-gso-tcpv4", false);
	agreed->tso6 = agreed->sg &&
		       connect_read_flag(xdev, be, "feature-gso-tcpv6", false);
	agreed->csum6 = connect_read_flag(xdev, be, "feature-ipv6-csum-offload",
					  false);
	if (xnf_rss_needs_ring(info))
		agreed->hash = connect_read_flag(xdev, be, ctrl_key, false);
	else
		agreed->hash_later = true;
	agreed->ctrl = agreed->hash;
	agreed->xdp = READ_ONCE(info->xdp_prog);
	agreed->bounce = !xnf_trusted ||
			 !connect_read_flag(xdev, xdev->nodename, "trusted",
					    true);
	return 0;
}

/**
 * xnf_free_old() - free what a resume had no time for
 * @info: device
 *
 * Context: process, rtnl and info->lock held.
 */
void xnf_free_old(struct xnf_info *info)
{
	unsigned int i;

	lockdep_assert_held(&info->lock);
	for (i = 0; i < info->max_queues; i++)
		xnf_rx_free_old(&info->queues[i]);
}

static void connect_destroy_queues(struct xnf_info *info)
{
	info->pages_still_mapped = 0;
	while (info->nr_queues) {
		WRITE_ONCE(info->nr_queues, info->nr_queues - 1);
		xnf_queue_destroy(&info->queues[info->nr_queues]);
	}
	if (!info->resuming)
		xnf_free_old(info);
	xnf_ctrl_destroy(info);
	if (info->pages_still_mapped)
		dev_warn(&info->xdev->dev, "%u grants (g.e.) still in use by domain %d: their pages stay allocated until it unmaps them\n",
			 info->pages_still_mapped, info->xdev->otherend_id);
}

static int connect_create_queues(struct xnf_info *info)
{
	int err;

	while (info->nr_queues < info->agreed.queues) {
		struct xnf_queue *q = &info->queues[info->nr_queues];

		err = xnf_queue_create(q, &info->agreed);
		if (err) {
			/* The grants of before a resume may be the last ones. */
			xnf_free_old(info);
			err = xnf_queue_create(q, &info->agreed);
		}
		if (err)
			break;
		WRITE_ONCE(info->nr_queues, info->nr_queues + 1);
	}
	if (!info->nr_queues)
		return err;
	return 0;
}

/*
 * Memory, grants and event channels may be short: what there is, is better
 * than nothing.  Said once, however many connections are made with less.
 */
static void connect_check_shortage(struct xnf_info *info)
{
	struct xnf_agreed *agreed = &info->agreed;
	unsigned int i, split = 0;
	bool ctrl = info->ctrl.page, is_short;

	for (i = 0; i < info->nr_queues; i++)
		split += xnf_is_split(&info->queues[i]);
	is_short = info->nr_queues < agreed->queues ||
		   (agreed->split && split < info->nr_queues) ||
		   (agreed->ctrl && !ctrl);
	if (is_short && !info->resources_short)
		dev_warn(&info->xdev->dev, "memory, grants or event channels are short: made %u of %u queues, %u of them with two event channels%s; \"ethtool -L\" tries again\n",
			 info->nr_queues, agreed->queues, split,
			 agreed->ctrl && !ctrl ? ", no control ring" : "");
	else if (!is_short && info->resources_short)
		dev_info(&info->xdev->dev, "all queues and event channels are there again\n");
	info->resources_short = is_short;
	agreed->queues = info->nr_queues;
	agreed->ctrl &= ctrl;
	agreed->hash = agreed->ctrl;
}

/*
 * Hashing is an extra: without a control ring the connection goes on.  Who
 * does not want it has none: it would cost pages and an event channel here,
 * and netback a mapping, an interrupt and a thread, before packets flow.
 */
static void connect_create_ctrl(struct xnf_info *info)
{
	if (!info->agreed.ctrl || !xnf_ctrl_create(info))
		return;
	xnf_free_old(info);
	xnf_ctrl_create(info);
}

static void connect_log_agreed(const struct xnf_info *info)
{
	const struct xnf_agreed *a = &info->agreed;

	netdev_info(info->netdev,
		    "connected to domain %d: %u queue%s, %s event channels, sg %s, tso%s%s, csum ipv4%s, hash %s, multicast filter %s%s%s\n",
		    info->xdev->otherend_id, a->queues,
		    a->queues == 1 ? "" : "s",
		    xnf_is_split(&info->queues[0]) ? "split" : "shared",
		    a->sg ? "on" : "off",
		    a->tso4 ? " ipv4" : a->tso6 ? "" : " off",
		    a->tso6 ? " ipv6" : "", a->csum6 ? " ipv6" : "",
		    !a->hash ? "not offered" :
		    info->netdev->features & NETIF_F_RXHASH ? "on" : "off",
		    a->mcast ? "on" : "not offered",
		    a->bounce ? ", backend not trusted: data is copied" : "",
		    a->xdp ? ", XDP: no offloads towards us" : "");
}

/* What an admin may miss after a migration; connect_log_agreed() has it all. */
static void connect_log_losses(const struct xnf_info *info,
			       const struct xnf_agreed *was)
{
	const struct xnf_agreed *a = &info->agreed;
	bool queues = a->queues < min(was->queues,
				      READ_ONCE(info->want_queues));
	bool split = was->split && !a->split;
	bool sg = was->sg && !a->sg;
	bool tso = (was->tso4 && !a->tso4) || (was->tso6 && !a->tso6);
	bool csum6 = was->csum6 && !a->csum6;

	if (queues || split || sg || tso || csum6)
		netdev_warn(info->netdev, "this backend offers less than the one before:%s%s%s%s%s\n",
			    queues ? " queues" : "",
			    split ? " split-event-channels" : "",
			    sg ? " sg" : "", tso ? " tso" : "",
			    csum6 ? " ipv6-csum" : "");
}

/**
 * xnf_follow() - what may wait until packets flow
 * @info: device that just connected and told the neighbours
 *
 * Another host may have another idea of address and MTU, and it may or may
 * not filter multicast or hash.  How many queues it could have matters only
 * to who asks for more than one.
 *
 * Return: true if the address changed, which the neighbours do not know.
 * Context: process, rtnl and info->lock held.
 */
bool xnf_follow(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;
	struct xnf_agreed *a = &info->agreed;
	bool changed = false;
	u8 mac[ETH_ALEN];

	lockdep_assert_held(&info->lock);
	WRITE_ONCE(a->mcast,
		   connect_read_flag(xdev, xdev->otherend,
				     "feature-dynamic-multicast-control",
				     false));
	if (a->hash_later)
		WRITE_ONCE(a->hash,
			   connect_read_flag(xdev, xdev->otherend, ctrl_key,
					     false));
	if (a->queues_later)
		a->queues_offered = connect_read_max_queues(xdev);
	if (info->connects > 1) {
		if (!xnf_read_mac(xdev, mac))
			changed = xnf_apply_mac(info, mac);
		xnf_apply_mtu(info, xnf_read_mtu(xdev));
	}
	connect_log_agreed(info);
	return changed;
}

/* Once for each reason: what is short is asked for again and again. */
static void connect_log_error(const struct xnf_info *info, const char *what,
			      int err)
{
	if (err != info->connect_error)
		dev_err(&info->xdev->dev, "cannot %s (error %d), trying again from time to time\n",
			what, err);
}

/**
 * xnf_connect() - make rings and tell the backend
 * @info: device that is down and whose backend is InitWait
 *
 * On success the own state is Connected and the queues run, but the carrier
 * stays off until the backend is Connected too.  Keys and state are one
 * transaction; the backend cannot see one without the other.
 *
 * Return: 0 or a negative error; then nothing is left behind.
 * Context: process, rtnl and info->lock held.
 */
int xnf_connect(struct xnf_info *info)
{
	const struct xnf_agreed was = info->agreed;
	int err;

	lockdep_assert_held(&info->lock);
	trace_xnf_connect(info->netdev->name, info->xdev->otherend);
	connect_read_ahead(info);
	err = connect_negotiate(info, &info->agreed);
	if (err)
		goto drop_read_ahead;
	WRITE_ONCE(info->rx_fill_all, false);
	err = connect_create_queues(info);
	if (err) {
		connect_log_error(info, "make queues", err);
		goto drop_read_ahead;
	}
	connect_create_ctrl(info);
	connect_check_shortage(info);
	xnf_mcast_reset(info);
	info->connects++;
	err = xnf_live(info);
	if (err) {
		connect_log_error(info, "use the queues", err);
		goto release;
	}
	err = xnf_publish(info);
	if (err) {
		connect_log_error(info, "write to xenstore", err);
		goto quiesce;
	}
	connect_log_losses(info, &was);
	connect_drop_read_ahead(info);
	return 0;

quiesce:
	xnf_quiesce(info, false);
release:
	xnf_link_release(info);
	connect_destroy_queues(info);
drop_read_ahead:
	connect_drop_read_ahead(info);
	return err;
}

/**
 * xnf_release() - take back what was shared with the backend
 * @info: device that is quiet
 *
 * Context: process, rtnl and info->lock held.
 */
void xnf_release(struct xnf_info *info)
{
	lockdep_assert_held(&info->lock);
	xnf_link_release(info);
	connect_destroy_queues(info);
}
