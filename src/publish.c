// SPDX-License-Identifier: GPL-2.0
/*
 * What we publish: the keys of a connection and our state.
 *
 * Owns: every key of the frontend directory, and with xdev->state also the
 * copy of "state" that the xenbus core looks at.
 *
 * Locking: info->lock.
 *
 * Invariants: all keys of a connection are published in one transaction, and
 * the same transaction removes what a predecessor left, because netback
 * prefers some stale keys over fresh ones (event-channel-tx over
 * event-channel, queue-N over flat keys, any ctrl-ring-ref).  Nothing is
 * written to a directory that is another device's by now.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "xnf.h"
#include "trace.h"

/* Most requests of a commit besides those for each queue. */
#define KEYS_OF_COMMIT		11u

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

static bool publish_is_own_key(const char *key)
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
static bool publish_has_own_key(struct xnf_batch *b, const char *dir)
{
	unsigned int i, count;
	char **names = xnf_batch_names(b, dir, &count);

	if (!names)
		return true;
	for (i = 0; i < count; i++)
		if (publish_is_own_key(names[i]))
			return true;
	return false;
}

/*
 * Is the frontend directory still that of our device?
 *
 * A toolstack that replaces a device removes the directory, and may put one
 * with another backend in its place before we hear of it (kernels before 7.0
 * never do).  Nothing of ours may be written there.
 */
static bool publish_is_our_folder(struct xnf_batch *b,
				  const struct xenbus_device *xdev)
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

/* Flat, or below queue-N of a device with several. */
static void publish_queue_key(struct xnf_batch *b, const struct xnf_queue *q,
			      const char *key, unsigned int value)
{
	char path[40];

	if (q->info->nr_queues > 1)
		snprintf(path, sizeof(path), "queue-%u/%s", q->id, key);
	else
		snprintf(path, sizeof(path), "%s", key);
	xnf_batch_write(b, q->info->xdev->nodename, path, value);
}

static void publish_queue(struct xnf_batch *b, const struct xnf_queue *q)
{
	publish_queue_key(b, q, "tx-ring-ref", q->tx_ring_ref);
	publish_queue_key(b, q, "rx-ring-ref", q->rx_ring_ref);
	if (xnf_is_split(q)) {
		publish_queue_key(b, q, "event-channel-tx", q->tx_evtchn);
		publish_queue_key(b, q, "event-channel-rx", q->rx_evtchn);
	} else {
		publish_queue_key(b, q, "event-channel", q->rx_evtchn);
	}
}

static void publish_features(struct xnf_batch *b, const struct xnf_info *info)
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

static void publish_ctrl(struct xnf_batch *b, const struct xnf_info *info)
{
	const char *node = info->xdev->nodename;

	if (!info->agreed.ctrl)
		return;
	xnf_batch_write(b, node, "ctrl-ring-ref", info->ctrl.ref);
	xnf_batch_write(b, node, "event-channel-ctrl", info->ctrl.evtchn);
}

/* Removes our keys, or those of whoever drove the device before. */
static int publish_remove_keys(struct xenbus_transaction xbt,
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
		if (publish_is_own_key(keys[i]))
			xnf_batch_remove(b, node, keys[i]);
	err = xnf_batch_run(b);
	xnf_batch_free(b);
free_keys:
	kfree(keys);
	return err;
}

static void publish_keys(struct xnf_batch *b, const struct xnf_info *info)
{
	unsigned int i;

	/* Without a count there is one queue, and it has the flat keys. */
	if (info->nr_queues > 1)
		xnf_batch_write(b, info->xdev->nodename,
				"multi-queue-num-queues", info->nr_queues);
	for (i = 0; i < info->nr_queues; i++)
		publish_queue(b, &info->queues[i]);
	publish_ctrl(b, info);
	publish_features(b, info);
}

static void publish_mcast(struct xnf_batch *b, const struct xnf_info *info)
{
	xnf_batch_write(b, info->xdev->nodename, "request-multicast-control",
			info->mcast.on);
}

static int publish_write(struct xenbus_transaction xbt, struct xnf_info *info,
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
	if (!err && !publish_is_our_folder(b, xdev))
		err = -ENODEV;
	xnf_batch_free(b);
	return err;
}

/* A transaction, the one of connect_read_ahead() if it is still there. */
static int publish_start_transaction(struct xnf_info *info,
				     struct xenbus_transaction *xbt)
{
	if (xnf_batch_transaction(info->read_ahead, xbt))
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
static int publish_commit(struct xnf_info *info, enum xenbus_state state,
			  bool clean,
			  void (*write)(struct xnf_batch *b,
					const struct xnf_info *info))
{
	struct xenbus_device *xdev = info->xdev;
	struct xenbus_transaction xbt;
	int err;

	if (READ_ONCE(info->vanished) || xnf_xenbus_vanished(xdev))
		return -ENODEV;
	do {
		err = publish_start_transaction(info, &xbt);
		if (err)
			return err;
		err = clean ? publish_remove_keys(xbt, info) : 0;
		if (!err)
			err = publish_write(xbt, info, state, write);
		if (err) {
			xenbus_transaction_end(xbt, 1);
			return err;
		}
		err = xenbus_transaction_end(xbt, 0);
	} while (err == -EAGAIN);
	return err;
}

/**
 * xnf_publish() - tell the backend of queues that run: Connected, and its keys
 * @info: device
 *
 * Return: 0, -ENODEV if the directory is another device's, or another negative
 * error; then nothing is published.
 * Context: process, rtnl and info->lock held.
 */
int xnf_publish(struct xnf_info *info)
{
	struct xenbus_device *xdev = info->xdev;
	bool clean = publish_has_own_key(info->read_ahead, xdev->nodename);
	int err;

	lockdep_assert_held(&info->lock);
	err = publish_commit(info, XenbusStateConnected, clean, publish_keys);
	if (err)
		return err;
	trace_xnf_state(info->netdev->name, "frontend", xdev->nodename,
			info->written_state, XenbusStateConnected);
	info->written_state = XenbusStateConnected;
	info->keys_deleted = false;
	strscpy(info->backend_path, xdev->otherend, sizeof(info->backend_path));
	return 0;
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
	    strncmp(info->backend_path, xdev->otherend,
		    sizeof(info->backend_path) - 1))
		return false;
	b = xnf_batch_alloc(XBT_NIL, 4 * info->nr_queues);
	if (!b)
		return false;
	for (i = 0; i < info->nr_queues; i++)
		publish_queue(b, &info->queues[i]);
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
		publish_commit(info, XenbusStateUnknown, true, NULL);
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
	enum xenbus_state before = info->written_state;
	bool delete;
	int err;

	lockdep_assert_held(&info->lock);
	if (before == state)
		return;
	delete = !info->keys_deleted &&
		 (info->removing || state == XenbusStateClosing);
	if (state == XenbusStateInitialising)
		xdev->state = state;
	err = publish_commit(info, state, delete, NULL);
	/* The state matters more than keys that the next driver removes. */
	if (err && delete)
		err = publish_commit(info, state, false, NULL);
	else if (delete)
		info->keys_deleted = true;
	info->written_state = err && err != -ENODEV ? before : state;
	if (!err)
		trace_xnf_state(info->netdev->name, "frontend", xdev->nodename,
				before, state);
}

/**
 * xnf_publish_removal() - nothing is written for a device that is gone
 * @info: device that is being removed
 *
 * A bus before 7.0 does not say that it removes a device because its folder went.
 * Another one with the same backend may come while we close, and the bus takes it
 * only if its state is the toolstack's.
 *
 * Context: process, before anything that waits.
 */
void xnf_publish_removal(struct xnf_info *info)
{
	char *state = xenbus_read(XBT_NIL, info->xdev->nodename, "state", NULL);

	if (state == ERR_PTR(-ENOENT))
		WRITE_ONCE(info->vanished, true);
	if (!IS_ERR(state))
		kfree(state);
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
	lockdep_assert_held(&info->lock);
	info->xdev->state = info->written_state;
}

/**
 * xnf_write_mcast() - switch the backend's multicast filter as mcast.on says
 * @info: device that is connected
 *
 * Return: 0 or a negative error.
 * Context: process, info->lock held.
 */
int xnf_write_mcast(struct xnf_info *info)
{
	lockdep_assert_held(&info->lock);
	return publish_commit(info, XenbusStateUnknown, false, publish_mcast);
}
