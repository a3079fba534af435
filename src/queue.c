// SPDX-License-Identifier: GPL-2.0
/*
 * Queues: shared rings, event channels, NAPI, and their life cycle.
 *
 * Owns: ring pages, ports and interrupts of a queue; when an event counts as
 * spurious.  Both directions share one NAPI context.
 *
 * Locking: create, destroy, start and stop run in process context under
 * info->lock; the interrupt handlers only mark the event and schedule NAPI.
 *
 * Invariant: an event channel stays masked from its interrupt until NAPI ran
 * dry (late EOI), so a backend cannot keep a CPU busy with events alone.
 */
#include <linux/interrupt.h>
#include <linux/netdevice.h>

#include "xnf.h"
#include "trace.h"

/* xenbus devices are named device/vif/<handle>. */
static const char *queue_devid(const struct xnf_queue *q)
{
	return strrchr(q->info->xdev->nodename, '/') + 1;
}

static int queue_create_rings(struct xnf_queue *q)
{
	struct xen_netif_tx_sring *txs;
	struct xen_netif_rx_sring *rxs;
	struct page *page;
	int err;

	err = xnf_grant_page(q->info->xdev, &page, &q->tx_ring_ref,
			     GFP_KERNEL);
	if (err)
		return err;
	txs = page_address(page);
	SHARED_RING_INIT(txs);
	FRONT_RING_INIT(&q->tx, txs, XEN_PAGE_SIZE);

	err = xnf_grant_page(q->info->xdev, &page, &q->rx_ring_ref,
			     GFP_KERNEL);
	if (err)
		goto end_tx_ring;
	rxs = page_address(page);
	SHARED_RING_INIT(rxs);
	FRONT_RING_INIT(&q->rx, rxs, XEN_PAGE_SIZE);
	return 0;

end_tx_ring:
	page = virt_to_page(q->tx.sring);
	xnf_grant_page_end(&page, &q->tx_ring_ref);
	q->tx.sring = NULL;
	return err;
}

static void queue_destroy_rings(struct xnf_queue *q)
{
	struct page *page;

	if (q->rx.sring) {
		page = virt_to_page(q->rx.sring);
		q->info->kept += !xnf_grant_page_end(&page, &q->rx_ring_ref);
		q->rx.sring = NULL;
	}
	if (q->tx.sring) {
		page = virt_to_page(q->tx.sring);
		q->info->kept += !xnf_grant_page_end(&page, &q->tx_ring_ref);
		q->tx.sring = NULL;
	}
}

static irqreturn_t queue_interrupt(struct xnf_queue *q, unsigned long events)
{
	unsigned int bit;

	for_each_set_bit(bit, &events, XNF_EOI_RX + 1)
		set_bit(bit, &q->eoi);
	napi_schedule(&q->napi);
	return IRQ_HANDLED;
}

static irqreturn_t queue_tx_interrupt(int irq, void *data)
{
	return queue_interrupt(data, BIT(XNF_EOI_TX));
}

static irqreturn_t queue_rx_interrupt(int irq, void *data)
{
	return queue_interrupt(data, BIT(XNF_EOI_RX));
}

/* One channel for both directions: acknowledged once, by the RX bit. */
static irqreturn_t queue_both_interrupt(int irq, void *data)
{
	return queue_interrupt(data, BIT(XNF_EOI_RX));
}

static int queue_bind(struct xnf_queue *q, evtchn_port_t *port,
		      unsigned int *irq, irq_handler_t handler,
		      const char *name)
{
	int ret;

	ret = xenbus_alloc_evtchn(q->info->xdev, port);
	if (ret)
		return ret;
	ret = bind_evtchn_to_irqhandler_lateeoi(*port, handler, 0, name, q);
	if (ret < 0) {
		xenbus_free_evtchn(q->info->xdev, *port);
		*port = 0;
		return ret;
	}
	*irq = ret;
	return 0;
}

static int queue_bind_split(struct xnf_queue *q)
{
	int err;

	snprintf(q->tx_irq_name, sizeof(q->tx_irq_name), "vif%s-q%u-tx",
		 queue_devid(q), q->id);
	snprintf(q->rx_irq_name, sizeof(q->rx_irq_name), "vif%s-q%u-rx",
		 queue_devid(q), q->id);
	err = queue_bind(q, &q->tx_evtchn, &q->tx_irq, queue_tx_interrupt,
			 q->tx_irq_name);
	if (err)
		return err;
	err = queue_bind(q, &q->rx_evtchn, &q->rx_irq, queue_rx_interrupt,
			 q->rx_irq_name);
	if (err)
		goto unbind_tx;
	return 0;

unbind_tx:
	unbind_from_irqhandler(q->tx_irq, q);
	q->tx_evtchn = 0;
	q->tx_irq = 0;
	return err;
}

static int queue_bind_single(struct xnf_queue *q)
{
	int err;

	snprintf(q->rx_irq_name, sizeof(q->rx_irq_name), "vif%s-q%u",
		 queue_devid(q), q->id);
	err = queue_bind(q, &q->rx_evtchn, &q->rx_irq, queue_both_interrupt,
			 q->rx_irq_name);
	if (err)
		return err;
	q->tx_evtchn = q->rx_evtchn;
	q->tx_irq = q->rx_irq;
	return 0;
}

static int queue_create_events(struct xnf_queue *q, bool split)
{
	q->eoi = 0;
	q->tx_work = 0;
	q->rx_work = 0;
	if (split && !queue_bind_split(q))
		return 0;
	/* Ports may be short: one is enough to carry on. */
	return queue_bind_single(q);
}

/* Unbinding closes the port too. */
static void queue_destroy_events(struct xnf_queue *q)
{
	if (q->tx_irq && q->tx_irq != q->rx_irq)
		unbind_from_irqhandler(q->tx_irq, q);
	if (q->rx_irq)
		unbind_from_irqhandler(q->rx_irq, q);
	q->tx_irq = 0;
	q->rx_irq = 0;
	q->tx_evtchn = 0;
	q->rx_evtchn = 0;
}

/**
 * xnf_queue_create() - make a queue that can be published
 * @q: queue without rings
 * @agreed: what was agreed with the backend
 *
 * The receive ring is filled, but no response can come before the backend
 * learns of the ring.
 *
 * Return: 0 or a negative error; then nothing is left behind.
 * Context: process.
 */
int xnf_queue_create(struct xnf_queue *q, const struct xnf_agreed *agreed)
{
	int err;

	q->faulty = false;
	q->kicked = false;
	err = queue_create_rings(q);
	if (err)
		return err;
	err = xnf_tx_create(q);
	if (err)
		goto destroy_rings;
	err = xnf_rx_create(q);
	if (err)
		goto destroy_tx;
	err = queue_create_events(q, agreed->split);
	if (err)
		goto destroy_rx;
	xnf_rx_refill(q, 1);
	trace_xnf_rings_up(q->info->netdev->name, q->id,
			   xnf_is_split(q) ? "split" : "single");
	return 0;

destroy_rx:
	xnf_rx_destroy(q);
destroy_tx:
	xnf_tx_destroy(q);
destroy_rings:
	queue_destroy_rings(q);
	return err;
}

/**
 * xnf_queue_destroy() - undo xnf_queue_create()
 * @q: queue that is stopped and whose backend let go
 *
 * Context: process.
 */
void xnf_queue_destroy(struct xnf_queue *q)
{
	if (!q->rx.sring)
		return;
	trace_xnf_rings_down(q->info->netdev->name, q->id, "release");
	queue_destroy_events(q);
	xnf_rx_destroy(q);
	xnf_tx_destroy(q);
	queue_destroy_rings(q);
}

static enum hrtimer_restart queue_moderated(struct hrtimer *timer)
{
	struct xnf_queue *q = container_of(timer, struct xnf_queue, moderator);

	napi_schedule(&q->napi);
	return HRTIMER_NORESTART;
}

/**
 * xnf_queue_init() - once for each queue
 * @q: queue
 */
void xnf_queue_init(struct xnf_queue *q)
{
	hrtimer_setup(&q->moderator, queue_moderated, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
}

/**
 * xnf_queue_start() - let NAPI run
 * @q: live queue
 *
 * NAPI is scheduled once: responses and events may have come before.
 *
 * Context: process, rtnl.
 */
void xnf_queue_start(struct xnf_queue *q)
{
	napi_enable(&q->napi);
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
}

/**
 * xnf_queue_stop() - undo xnf_queue_start()
 * @q: live queue
 *
 * Context: process, rtnl.
 */
void xnf_queue_stop(struct xnf_queue *q)
{
	napi_disable(&q->napi);
	/* Nothing schedules NAPI from here on but the timer, in vain. */
	hrtimer_cancel(&q->moderator);
}

/**
 * xnf_queue_kick() - ring both doorbells and look at both rings
 * @q: live queue
 *
 * For a transmit timeout: an event may have been lost.
 *
 * Context: any, BH off.
 */
void xnf_queue_kick(struct xnf_queue *q)
{
	notify_remote_via_irq(q->tx_irq);
	if (xnf_is_split(q))
		notify_remote_via_irq(q->rx_irq);
	napi_schedule(&q->napi);
}

/**
 * xnf_queue_fault() - the backend broke a rule that makes the ring unusable
 * @q: queue
 * @fault: rule
 *
 * The rings are not looked at again; the device gets new ones.
 *
 * Context: NAPI.
 */
void xnf_queue_fault(struct xnf_queue *q, enum xnf_wire_fault fault)
{
	struct net_device *dev = q->info->netdev;

	q->faulty = true;
	u64_stats_update_begin(&q->rx_stats.syncp);
	q->rx_stats.fault[fault]++;
	u64_stats_update_end(&q->rx_stats.syncp);
	trace_xnf_fault(dev->name, q->id, xnf_wire_fault_name(fault));
	if (net_ratelimit())
		netdev_warn(dev, "queue %u: backend broke the ring (%s), reconnecting\n",
			    q->id, xnf_wire_fault_name(fault));
	xnf_schedule_reset(q->info, xnf_wire_fault_name(fault));
}

/*
 * Acknowledges the events that brought us here.  An event is spurious only if
 * no response of its direction was consumed since the last one was
 * acknowledged: a poll for the other direction may have taken the work that
 * an event on its way announces.
 */
static void queue_eoi(struct xnf_queue *q)
{
	unsigned int rx_work = q->rx_work, tx_work = q->tx_work;
	struct xnf_done_stats *done = &q->done_stats;

	if (!READ_ONCE(q->eoi))
		return;
	if (!xnf_is_split(q))
		rx_work += tx_work;

	u64_stats_update_begin(&done->syncp);
	if (test_and_clear_bit(XNF_EOI_TX, &q->eoi)) {
		done->interrupts++;
		done->spurious += !tx_work;
		q->tx_work = 0;
		xen_irq_lateeoi(q->tx_irq, tx_work ? 0 : XEN_EOI_FLAG_SPURIOUS);
	}
	if (test_and_clear_bit(XNF_EOI_RX, &q->eoi)) {
		q->rx_stats.interrupts++;
		q->rx_stats.spurious += !rx_work;
		q->rx_work = 0;
		if (!xnf_is_split(q))
			q->tx_work = 0;
		xen_irq_lateeoi(q->rx_irq, rx_work ? 0 : XEN_EOI_FLAG_SPURIOUS);
	}
	u64_stats_update_end(&done->syncp);
}

/*
 * Moderation: after a poll that found something to receive, look again in
 * @wait microseconds, or when the returned number of responses is there,
 * instead of asking for an event with the next one.  A poll that found
 * nothing goes back to events, so an idle queue costs no timer and its first
 * packet does not wait.
 */
static unsigned int queue_moderation(const struct xnf_queue *q, int done,
				     unsigned int *wait)
{
	unsigned int frames = READ_ONCE(q->info->rx_frames);

	*wait = done ? READ_ONCE(q->info->rx_usecs) : 0;
	if (!*wait)
		return 1;
	return frames ?: XNF_RX_RING_SIZE / 2;
}

/**
 * xnf_poll() - NAPI poll of a queue
 * @napi: the queue's NAPI context
 * @budget: frames to receive at most; 0 from netpoll, which only wants
 *	    transmit slots back
 *
 * Return: frames received; @budget if there is more to do.
 * Context: NAPI.
 */
int xnf_poll(struct napi_struct *napi, int budget)
{
	struct xnf_queue *q = container_of(napi, struct xnf_queue, napi);
	unsigned int frames, wait;
	int done = 0;

	if (likely(!q->faulty)) {
		q->tx_work += xnf_tx_reap(q, budget);
		if (budget)
			done = xnf_rx_poll(q, budget);
	}
	if (done >= budget)
		return budget;

	/*
	 * A faulty queue is left alone, its event channels masked, until the
	 * reset takes it down; but NAPI must end, or stopping it would hang.
	 */
	if (unlikely(q->faulty)) {
		napi_complete_done(napi, done);
		return done;
	}
	frames = queue_moderation(q, done, &wait);
	/* Both are armed, whatever the first one finds. */
	if (xnf_tx_arm(q) | xnf_rx_arm(q, frames))
		return budget;

	queue_eoi(q);
	if (wait)
		hrtimer_start(&q->moderator, ns_to_ktime(wait * 1000ull),
			      HRTIMER_MODE_REL);
	if (!napi_complete_done(napi, done))
		return done;
	/*
	 * An event that came before NAPI was complete: kernels before 4.10
	 * lose its schedule.  Only the queue is looked at, not the rings:
	 * once NAPI is complete, they may be on their way out.
	 */
	smp_mb__after_atomic();
	if (READ_ONCE(q->eoi))
		napi_schedule(napi);
	return done;
}
