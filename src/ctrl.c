// SPDX-License-Identifier: GPL-2.0
/*
 * The control ring: one question at a time to the backend, and its answer.
 *
 * Owns: ring page, event channel and the page through which keys and tables
 * go.  They live as long as the rings of the queues do.
 *
 * Locking: ctrl->lock, outside of which nobody asks.  The answer needs none
 * of our locks, so it may be awaited under rtnl; xnf_ctrl_shut() ends a wait
 * without taking the lock.
 *
 * Invariants: a backend that does not answer within CTRL_TIMEOUT is not asked
 * again before the next connection.  Each request makes one event worth
 * handling; all others are spurious, whatever the ring's page says, so that
 * nothing which the backend writes there drives the rate of interrupts.
 */
#include <linux/netdevice.h>

#include "xnf.h"

#define CTRL_TIMEOUT	(2 * HZ)

static irqreturn_t ctrl_interrupt(int irq, void *data)
{
	struct xnf_ctrl *ctrl = data;
	RING_IDX prod = READ_ONCE(ctrl->ring.sring->rsp_prod);
	RING_IDX awaited = READ_ONCE(ctrl->awaited);
	bool news = xnf_wire_is_news(prod, awaited, ctrl->heard);

	if (news)
		ctrl->heard = awaited;
	wake_up(&ctrl->wait);
	xen_irq_lateeoi(irq, news ? 0 : XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

static int ctrl_bind(struct xnf_info *info)
{
	struct xnf_ctrl *ctrl = &info->ctrl;
	int ret;

	snprintf(ctrl->irq_name, sizeof(ctrl->irq_name), "vif%s-ctrl",
		 strrchr(info->xdev->nodename, '/') + 1);
	ret = xnf_port_bind(info->xdev, &ctrl->evtchn, ctrl_interrupt,
			    ctrl->irq_name, ctrl);
	if (ret < 0)
		return ret;
	ctrl->irq = ret;
	return 0;
}

/**
 * xnf_ctrl_init() - once for each device
 * @info: device
 */
void xnf_ctrl_init(struct xnf_info *info)
{
	mutex_init(&info->ctrl.lock);
	init_waitqueue_head(&info->ctrl.wait);
}

/**
 * xnf_ctrl_create() - make a control ring that can be published
 * @info: device whose backend offers one
 *
 * Return: 0 or a negative error; then nothing is left behind.
 * Context: process, info->lock held.
 */
int xnf_ctrl_create(struct xnf_info *info)
{
	struct xnf_ctrl *ctrl = &info->ctrl;
	struct xen_netif_ctrl_sring *sring;
	int err;

	lockdep_assert_held(&info->lock);
	err = xnf_grant_page(info->xdev, &ctrl->page, &ctrl->ref, GFP_KERNEL);
	if (err)
		return err;
	sring = page_address(ctrl->page);
	SHARED_RING_INIT(sring);
	FRONT_RING_INIT(&ctrl->ring, sring, XEN_PAGE_SIZE);
	ctrl->awaited = 0;
	ctrl->heard = 0;
	err = xnf_grant_page(info->xdev, &ctrl->data, &ctrl->data_ref,
			     GFP_KERNEL);
	if (err)
		goto end_ring;
	err = ctrl_bind(info);
	if (err)
		goto end_data;
	return 0;

end_data:
	xnf_grant_page_end(&ctrl->data, &ctrl->data_ref);
end_ring:
	xnf_grant_page_end(&ctrl->page, &ctrl->ref);
	return err;
}

/**
 * xnf_ctrl_destroy() - undo xnf_ctrl_create()
 * @info: device whose backend let go, with or without a control ring
 *
 * Context: process, info->lock held; waits for a request to end, which
 * xnf_ctrl_shut() has hurried.
 */
void xnf_ctrl_destroy(struct xnf_info *info)
{
	struct xnf_ctrl *ctrl = &info->ctrl;

	lockdep_assert_held(&info->lock);
	mutex_lock(&ctrl->lock);
	if (ctrl->page) {
		unbind_from_irqhandler(ctrl->irq, ctrl);
		ctrl->evtchn = 0;
		info->pages_still_mapped +=
			!xnf_grant_page_end(&ctrl->data, &ctrl->data_ref);
		info->pages_still_mapped +=
			!xnf_grant_page_end(&ctrl->page, &ctrl->ref);
	}
	mutex_unlock(&ctrl->lock);
}

/**
 * xnf_ctrl_open() - requests may be made: the backend is connected
 * @info: device
 *
 * Context: process, info->lock held.
 */
void xnf_ctrl_open(struct xnf_info *info)
{
	lockdep_assert_held(&info->lock);
	WRITE_ONCE(info->ctrl.open, info->agreed.ctrl);
}

/**
 * xnf_ctrl_shut() - no more requests; one that waits fails at once
 * @info: device
 *
 * Context: any.
 */
void xnf_ctrl_shut(struct xnf_info *info)
{
	WRITE_ONCE(info->ctrl.open, false);
	wake_up(&info->ctrl.wait);
}

static void ctrl_push(struct xnf_ctrl *ctrl,
		      const struct xen_netif_ctrl_request *request)
{
	int notify;

	*RING_GET_REQUEST(&ctrl->ring, ctrl->ring.req_prod_pvt) = *request;
	ctrl->ring.req_prod_pvt++;
	WRITE_ONCE(ctrl->ring.sring->rsp_event, ctrl->ring.rsp_cons + 1);
	WRITE_ONCE(ctrl->awaited, ctrl->ring.rsp_cons + 1);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ctrl->ring, notify);
	if (notify)
		notify_remote_via_irq(ctrl->irq);
}

static bool ctrl_answered(const struct xnf_ctrl *ctrl)
{
	return READ_ONCE(ctrl->ring.sring->rsp_prod) != ctrl->ring.rsp_cons;
}

/**
 * xnf_ctrl_request() - ask the backend and wait for its answer
 * @info: device
 * @type: XEN_NETIF_CTRL_TYPE_*
 * @data: the request's three words; the first is replaced by the answer's
 *
 * Return: 0; -ENOTCONN if there is nobody to ask (any more); -ETIMEDOUT if
 * the backend is silent, -EPROTO if its answer is none to this question;
 * -EOPNOTSUPP, -EINVAL or -ENOSPC if it refuses.
 * Context: process, ctrl->lock held; sleeps CTRL_TIMEOUT at most.
 */
int xnf_ctrl_request(struct xnf_info *info, u16 type, u32 data[3])
{
	struct xnf_ctrl *ctrl = &info->ctrl;
	struct xen_netif_ctrl_request request = {
		.id = ++ctrl->id,
		.type = type,
		.data = { data[0], data[1], data[2] },
	};
	struct xen_netif_ctrl_response response;

	lockdep_assert_held(&ctrl->lock);
	if (!READ_ONCE(ctrl->open) || !ctrl->page)
		return -ENOTCONN;
	ctrl_push(ctrl, &request);
	wait_event_timeout(ctrl->wait,
			   ctrl_answered(ctrl) || !READ_ONCE(ctrl->open),
			   CTRL_TIMEOUT);
	if (!READ_ONCE(ctrl->open))
		return -ENOTCONN;
	if (!ctrl_answered(ctrl)) {
		xnf_ctrl_shut(info);
		return -ETIMEDOUT;
	}
	virt_rmb();	/* the answer is read after the index covering it */
	RING_COPY_RESPONSE(&ctrl->ring, ctrl->ring.rsp_cons, &response);
	ctrl->ring.rsp_cons++;
	if (response.id != request.id || response.type != type ||
	    ctrl_answered(ctrl)) {
		xnf_ctrl_shut(info);
		return -EPROTO;
	}

	data[0] = response.data;
	switch (response.status) {
	case XEN_NETIF_CTRL_STATUS_SUCCESS:
		return 0;
	case XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER:
		return -EINVAL;
	case XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW:
		return -ENOSPC;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * xnf_ctrl_request_data() - the same, with a key or table for the backend
 * @info: device
 * @type: XEN_NETIF_CTRL_TYPE_*
 * @from: data, copied; at most a page
 * @bytes: its size
 * @count: its size in the request's units
 *
 * Return, context: as xnf_ctrl_request().
 */
int xnf_ctrl_request_data(struct xnf_info *info, u16 type, const void *from,
			  size_t bytes, u32 count)
{
	u32 data[3] = { info->ctrl.data_ref, count, 0 };

	if (!READ_ONCE(info->ctrl.open) || !info->ctrl.data)
		return -ENOTCONN;
	memcpy(page_address(info->ctrl.data), from, bytes);
	return xnf_ctrl_request(info, type, data);
}
