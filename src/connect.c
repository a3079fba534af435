// SPDX-License-Identifier: GPL-2.0
/*
 * Xenstore: what the backend offers, what we publish, what we take back.
 *
 * Owns: every key of the frontend directory, and with xdev->state also the
 * copy of "state" that the xenbus core looks at.
 *
 * Locking: info->lock.
 *
 * Invariants: all keys of a connection are published in one transaction, and
 * the same transaction removes what a predecessor left, because netback
 * prefers some stale keys over fresh ones (event-channel-tx over
 * event-channel, queue-N over flat keys, any ctrl-ring-ref).
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

/* Most requests of a commit besides those for each queue. */
#define KEYS_OF_COMMIT		11u

static const char max_queues_key[] = "multi-queue-max-queues";
static const char ctrl_key[] = "feature-ctrl-ring";

/* Keys that are written for each queue, flat or below queue-N. */
static const char * const queue_keys[] = {
	"tx-ring-ref", "rx-ring-ref",
	"event-channel", "event-channel-tx", "event-channel-rx",
};

/* Keys that are written for the device, by us or by a predecessor. */
static const char * const device_keys[] = {
	"multi-queue-num-queues", "request-rx-copy", "feature-rx-notify",
	"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
	"feature-ipv6-csum-offload", "feature-no-csum-offload",
	"ctrl-ring-ref", "event-channel-ctrl", "request-multicast-control",
	"xdp-headroom",
};

static bool is_own_key(const char *key)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(queue_keys); i++)
		if (!strcmp(key, queue_keys[i]))
			return true;
	for (i = 0; i < ARRAY_SIZE(device_keys); i++)
		if (!strcmp(key, device_keys[i]))
			return true;
	return !strncmp(key, "queue-", 6);
}

/* Is any of our keys there?  If it is not known, yes. */
static bool has_own_key(struct xnf_batch *b, const char *dir)
{
	unsigned int i, count;
	char **names = xnf_batch_names(b, dir, &count);

	if (!names)
		return true;
	for (i = 0; i < count; i++)
		if (is_own_key(names[i]))
			return true;
	return false;
}

/*
 * What negotiate() will ask for, and the transaction for the keys that follow
 * from it, all at once.  It only saves time: a key that is not here is read
 * when it is wanted, and one that is not wanted costs a round trip before
 * packets flow, so it is left to xnf_follow().  Nobody but a frontend driver
 * writes our keys, and it is us who drive the device, so whether there are any
 * is known before the transaction that takes them away.
 */
static void read_ahead(struct xnf_info *info)
{
	static const char * const of_backend[] = {
		"feature-rx-copy", "feature-split-event-channels",
		"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
		"feature-ipv6-csum-offload",
	};
	struct xenbus_device *xdev = info->xdev;
	unsigned int i;

	info->ahead = xnf_batch_alloc(XBT_NIL, ARRAY_SIZE(of_backend) + 5);
	if (!info->ahead)
		return;
	xnf_batch_begin(info->ahead);
	xnf_batch_list(info->ahead, xdev->nodename);
	for (i = 0; i < ARRAY_SIZE(of_backend); i++)
		xnf_batch_read(info->ahead, xdev->otherend, of_backend[i]);
	xnf_batch_read(info->ahead, xdev->nodename, "trusted");
	if (READ_ONCE(info->want_queues) > 1)
		xnf_batch_read(info->ahead, xdev->otherend, max_queues_key);
	if (xnf_rss_needs_ring(info))
		xnf_batch_read(info->ahead, xdev->otherend, ctrl_key);
	xnf_batch_run(info->ahead);
}

static void forget_ahead(struct xnf_info *info)
{
	xnf_batch_free(info->ahead);
	info->ahead = NULL;
}

/* The value of a key, to be freed by the caller, or NULL. */
static char *read_key(struct xenbus_device *xdev, const char *dir,
		      const char *key)
{
	struct xnf_info *info = dev_get_drvdata(&xdev->dev);
	char *value;

	if (xnf_batch_take(info->ahead, dir, key, &value))
		return value;
	value = xenbus_read(XBT_NIL, dir, key, NULL);
	return IS_ERR(value) ? NULL : value;
}

/*
 * Reads a key that is 0 or 1.  Anything else is named in the log and taken
 * for @fallback.
 */
static bool read_flag(struct xenbus_device *xdev, const char *dir,
		      const char *key, bool fallback)
{
	char *value = read_key(xdev, dir, key);
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

/*
 * Is the frontend directory still that of our device?
 *
 * A toolstack that replaces a device removes the directory, and may put one
 * with another backend in its place before we hear of it (kernels before 7.0
 * never do).  Nothing of ours may be written there.
 */
static bool is_ours(struct xnf_batch *b, const struct xenbus_device *xdev)
{
	char *backend;
	bool ours;

	if (!xnf_batch_take(b, xdev->nodename, "backend", &backend) ||
	    !backend)
		return false;
	ours = !strcmp(backend, xdev->otherend);
	kfree(backend);
	return ours;
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
	char *value = read_key(xdev, xdev->nodename, "mac");
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
	char *value = read_key(xdev, xdev->nodename, "mtu");
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
static unsigned int read_max_queues(struct xenbus_device *xdev)
{
	char *value = read_key(xdev, xdev->otherend, max_queues_key);
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

static int negotiate(struct xnf_info *info, struct xnf_agreed *agreed)
{
	struct xenbus_device *xdev = info->xdev;
	const char *be = xdev->otherend;

	memset(agreed, 0, sizeof(*agreed));
	if (!read_flag(xdev, be, "feature-rx-copy", false)) {
		if (info->connect_error != -EOPNOTSUPP)
			dev_err(&xdev->dev, "%s/feature-rx-copy is not 1: this backend cannot copy into our pages, not connecting\n",
				be);
		return -EOPNOTSUPP;
	}
	agreed->queues = READ_ONCE(info->want_queues);
	if (agreed->queues > 1)
		agreed->queues = min(agreed->queues, read_max_queues(xdev));
	else
		agreed->queues_later = true;
	agreed->split = read_flag(xdev, be, "feature-split-event-channels",
				  false);
	agreed->sg = read_flag(xdev, be, "feature-sg", false);
	agreed->tso4 = agreed->sg &&
		       read_flag(xdev, be, "feature-gso-tcpv4", false);
	agreed->tso6 = agreed->sg &&
		       read_flag(xdev, be, "feature-gso-tcpv6", false);
	agreed->csum6 = read_flag(xdev, be, "feature-ipv6-csum-offload",
				  false);
	if (xnf_rss_needs_ring(info))
		agreed->hash = read_flag(xdev, be, ctrl_key, false);
	else
		agreed->hash_later = true;
	agreed->ctrl = agreed->hash;
	agreed->xdp = READ_ONCE(info->xdp_prog);
	agreed->bounce = !xnf_trusted ||
			 !read_flag(xdev, xdev->nodename, "trusted", true);
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

	for (i = 0; i < info->max_queues; i++)
		xnf_rx_free_old(&info->queues[i]);
}

static void destroy_queues(struct xnf_info *info)
{
	info->kept = 0;
	while (info->nr_queues) {
		WRITE_ONCE(info->nr_queues, info->nr_queues - 1);
		xnf_queue_destroy(&info->queues[info->nr_queues]);
	}
	if (!info->resuming)
		xnf_free_old(info);
	xnf_ctrl_destroy(info);
	if (info->kept)
		dev_warn(&info->xdev->dev, "%u grants (g.e.) still in use by domain %d: their pages stay allocated until it unmaps them\n",
			 info->kept, info->xdev->otherend_id);
}

static int create_queues(struct xnf_info *info)
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
static void take_stock(struct xnf_info *info)
{
	struct xnf_agreed *agreed = &info->agreed;
	unsigned int i, split = 0;
	bool ctrl = info->ctrl.page, lacking;

	for (i = 0; i < info->nr_queues; i++)
		split += xnf_is_split(&info->queues[i]);
	lacking = info->nr_queues < agreed->queues ||
		  (agreed->split && split < info->nr_queues) ||
		  (agreed->ctrl && !ctrl);
	if (lacking && !info->lacking)
		dev_warn(&info->xdev->dev, "memory, grants or event channels are short: made %u of %u queues, %u of them with two event channels%s; \"ethtool -L\" tries again\n",
			 info->nr_queues, agreed->queues, split,
			 agreed->ctrl && !ctrl ? ", no control ring" : "");
	else if (!lacking && info->lacking)
		dev_info(&info->xdev->dev, "all queues and event channels are there again\n");
	info->lacking = lacking;
	agreed->queues = info->nr_queues;
	agreed->ctrl &= ctrl;
	agreed->hash = agreed->ctrl;
}

/*
 * Hashing is an extra: without a control ring the connection goes on.  Who
 * does not want it has none: it would cost pages and an event channel here,
 * and netback a mapping, an interrupt and a thread, before packets flow.
 */
static void create_ctrl(struct xnf_info *info)
{
	if (!info->agreed.ctrl || !xnf_ctrl_create(info))
		return;
	xnf_free_old(info);
	xnf_ctrl_create(info);
}

/* Flat, or below queue-N of a device with several. */
static void write_queue_key(struct xnf_batch *b, const struct xnf_queue *q,
			    const char *key, unsigned int value)
{
	char path[40];

	if (q->info->nr_queues > 1)
		snprintf(path, sizeof(path), "queue-%u/%s", q->id, key);
	else
		snprintf(path, sizeof(path), "%s", key);
	xnf_batch_write(b, q->info->xdev->nodename, path, value);
}

static void write_queue(struct xnf_batch *b, const struct xnf_queue *q)
{
	write_queue_key(b, q, "tx-ring-ref", q->tx_ring_ref);
	write_queue_key(b, q, "rx-ring-ref", q->rx_ring_ref);
	if (xnf_is_split(q)) {
		write_queue_key(b, q, "event-channel-tx", q->tx_evtchn);
		write_queue_key(b, q, "event-channel-rx", q->rx_evtchn);
	} else {
		write_queue_key(b, q, "event-channel", q->rx_evtchn);
	}
}

static void write_features(struct xnf_batch *b, const struct xnf_info *info)
{
	static const char * const always[] = {
		"request-rx-copy", "feature-rx-notify", "feature-sg",
	};
	static const char * const offloads[] = {
		"feature-gso-tcpv4", "feature-gso-tcpv6",
		"feature-ipv6-csum-offload",
	};
	const char *node = info->xdev->nodename;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(always); i++)
		xnf_batch_write(b, node, always[i], 1);
	/* A program wants frames as they are on a wire: short and whole. */
	if (info->agreed.xdp) {
		xnf_batch_write(b, node, "feature-no-csum-offload", 1);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(offloads); i++)
		xnf_batch_write(b, node, offloads[i], 1);
}

static void write_ctrl(struct xnf_batch *b, const struct xnf_info *info)
{
	const char *node = info->xdev->nodename;

	if (!info->agreed.ctrl)
		return;
	xnf_batch_write(b, node, "ctrl-ring-ref", info->ctrl.ref);
	xnf_batch_write(b, node, "event-channel-ctrl", info->ctrl.evtchn);
}

/* Removes our keys, or those of whoever drove the device before. */
static int remove_keys(struct xenbus_transaction xbt,
		       const struct xnf_info *info)
{
	const char *node = info->xdev->nodename;
	unsigned int i, count;
	struct xnf_batch *b;
	int err = -ENOMEM;
	char **keys;

	keys = xenbus_directory(xbt, node, "", &count);
	if (IS_ERR(keys))
		return PTR_ERR(keys) == -ENOENT ? -ENODEV : PTR_ERR(keys);
	b = xnf_batch_alloc(xbt, count);
	if (!b)
		goto free_keys;
	for (i = 0; i < count; i++)
		if (is_own_key(keys[i]))
			xnf_batch_remove(b, node, keys[i]);
	err = xnf_batch_run(b);
	xnf_batch_free(b);
free_keys:
	kfree(keys);
	return err;
}

static void write_keys(struct xnf_batch *b, const struct xnf_info *info)
{
	unsigned int i;

	/* Without a count there is one queue, and it has the flat keys. */
	if (info->nr_queues > 1)
		xnf_batch_write(b, info->xdev->nodename,
				"multi-queue-num-queues", info->nr_queues);
	for (i = 0; i < info->nr_queues; i++)
		write_queue(b, &info->queues[i]);
	write_ctrl(b, info);
	write_features(b, info);
}

static void write_mcast(struct xnf_batch *b, const struct xnf_info *info)
{
	xnf_batch_write(b, info->xdev->nodename, "request-multicast-control",
			info->mcast.on);
}

static int write_all(struct xenbus_transaction xbt, struct xnf_info *info,
		     enum xenbus_state state,
		     void (*write)(struct xnf_batch *b,
				   const struct xnf_info *info))
{
	struct xenbus_device *xdev = info->xdev;
	struct xnf_batch *b;
	int err;

	b = xnf_batch_alloc(xbt, 4 * info->nr_queues + KEYS_OF_COMMIT);
	if (!b)
		return -ENOMEM;
	xnf_batch_read(b, xdev->nodename, "backend");
	if (write)
		write(b, info);
	if (state != XenbusStateUnknown)
		xnf_batch_write(b, xdev->nodename, "state", state);
	err = xnf_batch_run(b);
	if (!err && !is_ours(b, xdev))
		err = -ENODEV;
	xnf_batch_free(b);
	return err;
}

/* A transaction, the one that read_ahead() began if it is still there. */
static int begin(struct xnf_info *info, struct xenbus_transaction *xbt)
{
	if (xnf_batch_transaction(info->ahead, xbt))
		return 0;
	return xenbus_transaction_start(xbt);
}

/*
 * One transaction on our directory: keys that are there go if @clean is set,
 * @write, if any, adds new ones, and @state is told, unless it is Unknown.
 * That the directory is ours is part of it, so one that was removed does not
 * come back.
 *
 * Return: 0, -ENODEV if it is not ours, or another negative error.
 */
static int commit(struct xnf_info *info, enum xenbus_state state, bool clean,
		  void (*write)(struct xnf_batch *b,
				const struct xnf_info *info))
{
	struct xenbus_device *xdev = info->xdev;
	struct xenbus_transaction xbt;
	int err;

	if (xnf_xenbus_vanished(xdev))
		return -ENODEV;
	do {
		err = begin(info, &xbt);
		if (err)
			return err;
		err = clean ? remove_keys(xbt, info) : 0;
		if (!err)
			err = write_all(xbt, info, state, write);
		if (err) {
			xenbus_transaction_end(xbt, 1);
			return err;
		}
		err = xenbus_transaction_end(xbt, 0);
	} while (err == -EAGAIN);
	return err;
}

/**
 * xnf_is_published() - is what the backend reads in our directory ours?
 * @info: device
 *
 * Another kernel may have driven the device meanwhile: the one that loaded an
 * image of us.  Its rings are told by their references and ports, and where it
 * had the same ones, by the backend of another domain.
 *
 * Return: true if it is, or if nothing is published.
 * Context: process, rtnl and info->lock held.
 */
bool xnf_is_published(const struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;
	struct xnf_batch *b;
	unsigned int i;
	bool same;

	if (!info->nr_queues || info->keys_deleted)
		return true;
	if (!xdev->otherend ||
	    strncmp(info->backend, xdev->otherend, sizeof(info->backend) - 1))
		return false;
	b = xnf_batch_alloc(XBT_NIL, 4 * info->nr_queues);
	if (!b)
		return false;
	for (i = 0; i < info->nr_queues; i++)
		write_queue(b, &info->queues[i]);
	same = xnf_batch_holds(b);
	xnf_batch_free(b);
	return same;
}

/**
 * xnf_delete_keys() - leave the frontend directory as the toolstack made it
 * @info: device that closes
 *
 * Does nothing if they went with the state, see xnf_write_state(), or if the
 * directory is gone or another device's.  Failure is not reported: the next
 * driver removes stale keys itself.
 *
 * Context: process.
 */
void xnf_delete_keys(struct xnf_info *info)
{
	if (!info->keys_deleted)
		commit(info, XenbusStateUnknown, true, NULL);
}

/**
 * xnf_write_state() - tell the backend our state
 * @info: device
 * @state: state
 *
 * Instead of xenbus_switch_state(), which would bring the new state to the
 * directory of another device, and needs a transaction of its own: the keys
 * of a connection go along with its Closing, and those of a device that is
 * being removed with its first state.  What is gone by then needs no time
 * when packets wait for the next connection.
 *
 * The bus holds a state node that reads Initialising while xdev->state says
 * something else for a new device put in place of a vanished one (7.0 and
 * later).  So xdev->state goes first there, or the watch on "device" could
 * take our own write for that; all other states are left to
 * xnf_update_bus_state().
 *
 * Context: process, rtnl and info->lock held.
 */
void xnf_write_state(struct xnf_info *info, enum xenbus_state state)
{
	struct xenbus_device *xdev = info->xdev;
	enum xenbus_state before = info->written;
	bool delete;
	int err;

	if (before == state)
		return;
	delete = !info->keys_deleted &&
		 (info->removing || state == XenbusStateClosing);
	if (state == XenbusStateInitialising)
		xdev->state = state;
	err = commit(info, state, delete, NULL);
	/* The state matters more than keys that the next driver removes. */
	if (err && delete)
		err = commit(info, state, false, NULL);
	else if (delete)
		info->keys_deleted = true;
	info->written = err && err != -ENODEV ? before : state;
	if (!err)
		trace_xnf_state(info->netdev->name, "frontend", xdev->nodename,
				before, state);
}

/**
 * xnf_update_bus_state() - let the bus see the state that we wrote last
 * @info: device
 *
 * The watch thread reads a state node, asks xenstore for more, and compares
 * with xdev->state then.  If we left Initialising meanwhile, it would take the
 * device for a vanished one.  So xdev->state leaves Initialising in that thread
 * only, a backend's answer later than the node.  In between the bus would not
 * close the device when the guest shuts down.
 *
 * What was not written because the device is somebody else's by now counts as
 * written: the bus, which writes Closed after remove unless that is what it
 * sees here, leaves that device alone, too.
 *
 * Context: the watch thread of the bus, or the end of remove; info->lock held.
 */
void xnf_update_bus_state(struct xnf_info *info)
{
	info->xdev->state = info->written;
}

/**
 * xnf_write_mcast() - switch the backend's multicast filter as mcast.on says
 * @info: device that is connected
 *
 * Return: 0 or a negative error.
 * Context: process, rtnl and info->lock held.
 */
int xnf_write_mcast(struct xnf_info *info)
{
	return commit(info, XenbusStateUnknown, false, write_mcast);
}

static void report(const struct xnf_info *info)
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

/* What an admin may miss after a migration, in one line; report() has it all. */
static void report_limits(const struct xnf_info *info,
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
 * not filter multicast or hash.  How many queues it could have matters to
 * nobody who has one, but a value that is garbage is named.
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

	WRITE_ONCE(a->mcast, read_flag(xdev, xdev->otherend,
				       "feature-dynamic-multicast-control",
				       false));
	if (a->hash_later)
		WRITE_ONCE(a->hash, read_flag(xdev, xdev->otherend, ctrl_key,
					      false));
	if (a->queues_later)
		read_max_queues(xdev);
	if (info->connects > 1) {
		if (!xnf_read_mac(xdev, mac))
			changed = xnf_apply_mac(info, mac);
		xnf_apply_mtu(info, xnf_read_mtu(xdev));
	}
	report(info);
	return changed;
}

/* Once for each reason: what is short is asked for again and again. */
static void complain(const struct xnf_info *info, const char *what, int err)
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
	struct xenbus_device *xdev = info->xdev;
	int err;

	trace_xnf_connect(info->netdev->name, xdev->otherend);
	read_ahead(info);
	err = negotiate(info, &info->agreed);
	if (err)
		goto forget_ahead;
	WRITE_ONCE(info->filled, false);
	err = create_queues(info);
	if (err) {
		complain(info, "make queues", err);
		goto forget_ahead;
	}
	create_ctrl(info);
	take_stock(info);
	xnf_mcast_reset(info);
	info->connects++;
	err = xnf_live(info);
	if (err) {
		complain(info, "use the queues", err);
		goto release;
	}
	err = commit(info, XenbusStateConnected,
		     has_own_key(info->ahead, xdev->nodename), write_keys);
	if (err) {
		complain(info, "write to xenstore", err);
		goto quiesce;
	}
	trace_xnf_state(info->netdev->name, "frontend", xdev->nodename,
			info->written, XenbusStateConnected);
	info->written = XenbusStateConnected;
	info->keys_deleted = false;
	strscpy(info->backend, xdev->otherend, sizeof(info->backend));
	report_limits(info, &was);
	forget_ahead(info);
	return 0;

quiesce:
	xnf_quiesce(info, false);
release:
	xnf_link_release(info);
	destroy_queues(info);
forget_ahead:
	forget_ahead(info);
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
	xnf_link_release(info);
	destroy_queues(info);
}
