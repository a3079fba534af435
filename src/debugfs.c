// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: xen_netfront/<device>/why says why an interface is (not)
 * connected, .../rings where both ends stand on each ring.  Built where the
 * kernel protects open files against removal; see compat/ for the floor.
 *
 * Locking: info->lock, so that nothing goes while it is shown.
 */
#include <linux/debugfs.h>
#include <linux/netdevice.h>
#include <linux/seq_file.h>

#include "xnf.h"

static struct dentry *debugfs_root;

static const char *debugfs_explain_down(const struct xnf_info *info,
					enum xnf_xs backend)
{
	switch (backend) {
	case XNF_XS_UNKNOWN:
		return "the backend is gone: its folder in xenstore has no state";
	case XNF_XS_INITWAIT:
		return info->connect_error ?
		       "connecting failed, see the kernel log; tried again soon" :
		       "the backend is ready, connecting";
	case XNF_XS_CLOSING:
	case XNF_XS_CLOSED:
		return xnf_read_online(info->xdev) ?
		       "the backend closed; waiting for it to come back" :
		       "the toolstack detaches this interface";
	default:
		return "the backend is not ready (InitWait): is its driver loaded, did its domain start?";
	}
}

static const char *debugfs_explain(const struct xnf_info *info,
				   enum xnf_xs backend)
{
	switch (info->hs.phase) {
	case XNF_HS_DOWN:
		return debugfs_explain_down(info, backend);
	case XNF_HS_UP:
		return info->hs.announced ? "connected" :
		       "we are connected, the backend is not yet: its hotplug script may not be done";
	case XNF_HS_CLOSING:
	case XNF_HS_CLOSED:
		return info->close_overdue ?
		       "closing: the backend is late in letting go; it hangs, or its domain still holds packets of ours" :
		       "closing: waiting for the backend to let go";
	default:
		return "the driver lets go of this device";
	}
}

static int debugfs_why_show(struct seq_file *m, void *v)
{
	struct xnf_info *info = m->private;
	struct xenbus_device *xdev = info->xdev;
	enum xnf_xs backend;

	mutex_lock(&info->lock);
	backend = (enum xnf_xs)xenbus_read_driver_state(xdev, xdev->otherend);
	seq_printf(m, "%s: %s\n", info->netdev->name,
		   debugfs_explain(info, backend));
	seq_printf(m, "frontend: %s, state %d, phase %s\n", xdev->nodename,
		   xdev->state, xnf_hs_phase_name(info->hs.phase));
	seq_printf(m, "backend: %s, domain %d, state %d\n", xdev->otherend,
		   xdev->otherend_id, backend);
	seq_printf(m, "connects %llu, resets %llu, last error %d\n",
		   info->connects, info->resets, info->connect_error);
	mutex_unlock(&info->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_why);

static void debugfs_show_queue(struct seq_file *m, const struct xnf_queue *q)
{
	seq_printf(m, "queue %u%s\n", q->id,
		   READ_ONCE(q->rings_broken) ? " (faulty)" : "");
	seq_printf(m, "  tx: req_prod %u pushed %u rsp_prod %u rsp_cons %u rsp_event %u room %u staged %u port %u\n",
		   READ_ONCE(q->tx.req_prod_pvt), READ_ONCE(q->tx_pushed),
		   READ_ONCE(q->tx.sring->rsp_prod), READ_ONCE(q->tx.rsp_cons),
		   READ_ONCE(q->tx.sring->rsp_event), xnf_tx_room(q),
		   READ_ONCE(q->tx_chunks_nr), q->tx_evtchn);
	seq_printf(m, "  rx: req_prod %u rsp_prod %u rsp_cons %u rsp_event %u port %u\n",
		   READ_ONCE(q->rx.req_prod_pvt), READ_ONCE(q->rx.sring->rsp_prod),
		   READ_ONCE(q->rx.rsp_cons), READ_ONCE(q->rx.sring->rsp_event),
		   q->rx_evtchn);
}

static int debugfs_rings_show(struct seq_file *m, void *v)
{
	struct xnf_info *info = m->private;
	unsigned int i;

	mutex_lock(&info->lock);
	seq_printf(m, "ring slots: tx %lu, rx %lu\n",
		   (unsigned long)XNF_TX_RING_SIZE,
		   (unsigned long)XNF_RX_RING_SIZE);
	for (i = 0; i < info->nr_queues; i++)
		debugfs_show_queue(m, &info->queues[i]);
	mutex_unlock(&info->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_rings);

/**
 * xnf_debugfs_init() - the driver's folder
 */
void xnf_debugfs_init(void)
{
	debugfs_root = debugfs_create_dir("xen_netfront", NULL);
}

/**
 * xnf_debugfs_exit() - undo xnf_debugfs_init()
 */
void xnf_debugfs_exit(void)
{
	debugfs_remove_recursive(debugfs_root);
}

/**
 * xnf_debugfs_add() - files of a device
 * @info: device; names change, so the folder is called as the xenbus device
 */
void xnf_debugfs_add(struct xnf_info *info)
{
	info->debugfs = debugfs_create_dir(dev_name(&info->xdev->dev),
					   debugfs_root);
	debugfs_create_file("why", 0444, info->debugfs, info,
			    &debugfs_why_fops);
	debugfs_create_file("rings", 0400, info->debugfs, info,
			    &debugfs_rings_fops);
}

/**
 * xnf_debugfs_remove() - undo xnf_debugfs_add()
 * @info: device; nobody reads its files when this returns
 *
 * Context: process, without info->lock.
 */
void xnf_debugfs_remove(struct xnf_info *info)
{
	debugfs_remove_recursive(info->debugfs);
}
