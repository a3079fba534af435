// SPDX-License-Identifier: GPL-2.0
/*
 * Queues: shared rings, event channels, NAPI, and their life cycle.
 *
 * Owns: ring pages, ports and interrupts of a queue; when an event counts as
 * spurious.  Both directions share one NAPI context.
 *
 * Locking: create, destroy, start and stop run in process context under
 * info->lock; the interrupt handlers only mark the event and schedule NAPI.  A
 * poll holds q->poll_lock to its end, as NAPI may be complete, and another one
 * begin, before that.
 *
 * Invariants: an event channel stays masked from its interrupt until NAPI ran
 * dry (late EOI), so a backend cannot keep a CPU busy with events alone.  Only
 * events that a poll has seen before it looked at the rings for the last time
 * are acknowledged; what comes later is marked in q->events and polled for,
 * also where the kernel forgets a napi_schedule() that meets a poll (before
 * 4.11).
 */
#include <linux/irq.h>
#include <linux/netdevice.h>

#include "xnf.h"
#include "trace.h"

/* Why NAPI was scheduled. */
#define EVENT_TX		0	/* of a channel for that alone */
#define EVENT_RX_OR_SHARED	1	/* ... or of one for both directions */
#define EVENT_POLL_ONLY		2	/* nothing to acknowledge */

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
		q->info->pages_still_mapped +=
			!xnf_grant_page_end(&page, &q->rx_ring_ref);
		q->rx.sring = NULL;
	}
	if (q->tx.sring) {
		page = virt_to_page(q->tx.sring);
		q->info->pages_still_mapped +=
			!xnf_grant_page_end(&page, &q->tx_ring_ref);
		q->tx.sring = NULL;
	}
}

/* Not before NAPI is enabled; xnf_queue_start() sees the mark. */
static void queue_schedule(struct xnf_queue *q, unsigned int event)
{
	set_bit(event, &q->events);
	smp_mb__after_atomic();
	if (READ_ONCE(q->active))
		napi_schedule(&q->napi);
}

/**
 * xnf_queue_look() - have NAPI look at both rings, whatever it does now
 * @q: queue
 *
 * Context: any; with BH on, NAPI may run with the next interrupt only.
 */
void xnf_queue_look(struct xnf_queue *q)
{
	queue_schedule(q, EVENT_POLL_ONLY);
}

static irqreturn_t queue_tx_interrupt(int irq, void *data)
{
	queue_schedule(data, EVENT_TX);
	return IRQ_HANDLED;
}

static irqreturn_t queue_rx_interrupt(int irq, void *data)
{
	queue_schedule(data, EVENT_RX_OR_SHARED);
	return IRQ_HANDLED;
}

/* What an admin, or irqbalance, made of an interrupt is put back when it comes anew. */
static void queue_pin(unsigned int irq, struct xnf_affinity *affinity)
{
	const struct cpumask *now = xnf_irq_affinity(irq);

	if (affinity->chosen)
		xnf_irq_set_affinity(irq, &affinity->mask);
	else if (now)
		cpumask_copy(&affinity->mask, now);
}

static void queue_unpin(unsigned int irq, struct xnf_affinity *affinity)
{
	const struct cpumask *now = xnf_irq_affinity(irq);

	if (!now || cpumask_equal(now, &affinity->mask))
		return;
	cpumask_copy(&affinity->mask, now);
	affinity->chosen = true;
}

static int queue_bind(struct xnf_queue *q, evtchn_port_t *port,
		      unsigned int *irq, irq_handler_t handler,
		      const char *name)
{
	int ret = xnf_port_bind(q->info->xdev, port, handler, name, q);

	if (ret < 0)
		return ret;
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
	err = queue_bind(q, &q->rx_evtchn, &q->rx_irq, queue_rx_interrupt,
			 q->rx_irq_name);
	if (err)
		return err;
	q->tx_evtchn = q->rx_evtchn;
	q->tx_irq = q->rx_irq;
	return 0;
}

static int queue_create_events(struct xnf_queue *q, bool split)
{
	int err = -EOPNOTSUPP;

	q->events = 0;
	q->eoi_due = 0;
	q->tx_since_eoi = 0;
	q->rx_since_eoi = 0;
	if (split)
		err = queue_bind_split(q);
	/* Ports may be short: one is enough to carry on. */
	if (err)
		err = queue_bind_single(q);
	if (err)
		return err;
	queue_pin(q->rx_irq, &q->rx_affinity);
	if (xnf_is_split(q))
		queue_pin(q->tx_irq, &q->tx_affinity);
	return 0;
}

/* Unbinding closes the port too. */
static void queue_destroy_events(struct xnf_queue *q)
{
	if (q->tx_irq && q->tx_irq != q->rx_irq) {
		queue_unpin(q->tx_irq, &q->tx_affinity);
		unbind_from_irqhandler(q->tx_irq, q);
	}
	if (q->rx_irq) {
		queue_unpin(q->rx_irq, &q->rx_affinity);
		unbind_from_irqhandler(q->rx_irq, q);
	}
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

	lockdep_assert_held(&q->info->lock);
	WRITE_ONCE(q->rings_broken, false);
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
	lockdep_assert_held(&q->info->lock);
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

	xnf_queue_look(q);
	return HRTIMER_NORESTART;
}

/**
 * xnf_queue_init() - once for each queue
 * @q: queue
 */
void xnf_queue_init(struct xnf_queue *q)
{
	spin_lock_init(&q->poll_lock);
	xnf_stall_init(q);
	hrtimer_setup(&q->moderator, queue_moderated, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
}

static void queue_set_active(struct xnf_queue *q, bool active)
{
	/* With interrupts off: netpoll would spin on the lock from one. */
	spin_lock_irq(&q->poll_lock);
	WRITE_ONCE(q->active, active);
	spin_unlock_irq(&q->poll_lock);
}

/**
 * xnf_queue_start() - let polls look at the rings
 * @q: live queue whose NAPI context is enabled
 *
 * There is a first poll: responses and events may have come before.
 *
 * Context: process, rtnl.
 */
void xnf_queue_start(struct xnf_queue *q)
{
	netif_napi_set_irq(&q->napi, q->rx_irq);
	queue_set_active(q, true);
	local_bh_disable();
	xnf_queue_look(q);
	local_bh_enable();
}

/**
 * xnf_queue_stop() - no poll looks at the rings any more when this returns
 * @q: live queue that was started
 *
 * Context: process, rtnl.
 */
void xnf_queue_stop(struct xnf_queue *q)
{
	queue_set_active(q, false);
	netif_napi_set_irq(&q->napi, -1);
	hrtimer_cancel(&q->moderator);
}

/**
 * xnf_queue_kick() - ring both doorbells and look at both rings
 * @q: live queue
 *
 * For a transmit queue that stands still: an event may have been lost.
 *
 * Context: any, BH off.
 */
void xnf_queue_kick(struct xnf_queue *q)
{
	notify_remote_via_irq(q->tx_irq);
	if (xnf_is_split(q))
		notify_remote_via_irq(q->rx_irq);
	xnf_queue_look(q);
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

	WRITE_ONCE(q->rings_broken, true);
	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_inc(&q->rx_stats.fault[fault]);
	u64_stats_update_end(&q->rx_stats.syncp);
	trace_xnf_fault(dev->name, q->id, xnf_wire_fault_name(fault));
	if (net_ratelimit())
		netdev_warn(dev, "queue %u: backend broke the ring (%s), reconnecting\n",
			    q->id, xnf_wire_fault_name(fault));
	xnf_schedule_reset(q->info, xnf_wire_fault_name(fault));
}

/* Takes the marks that are set.  Return: true if somebody only wanted a look. */
static bool queue_see_events(struct xnf_queue *q)
{
	if (READ_ONCE(q->events))
		q->eoi_due |= xchg(&q->events, 0);
	return __test_and_clear_bit(EVENT_POLL_ONLY, &q->eoi_due);
}

/*
 * Acknowledges the events that were seen.  An event is spurious only if
 * no response of its direction was consumed since the last one was
 * acknowledged: a poll for the other direction may have taken the work that
 * an event on its way announces.
 */
static void queue_eoi(struct xnf_queue *q)
{
	unsigned int rx_work = q->rx_since_eoi, tx_work = q->tx_since_eoi;
	struct xnf_done_stats *done = &q->done_stats;

	if (!q->eoi_due)
		return;
	if (!xnf_is_split(q))
		rx_work += tx_work;

	if (__test_and_clear_bit(EVENT_TX, &q->eoi_due)) {
		u64_stats_update_begin(&done->syncp);
		u64_stats_inc(&done->interrupts);
		u64_stats_add(&done->spurious, !tx_work);
		u64_stats_update_end(&done->syncp);
		q->tx_since_eoi = 0;
		xen_irq_lateeoi(q->tx_irq, tx_work ? 0 : XEN_EOI_FLAG_SPURIOUS);
	}
	if (__test_and_clear_bit(EVENT_RX_OR_SHARED, &q->eoi_due)) {
		u64_stats_update_begin(&q->rx_stats.syncp);
		u64_stats_inc(&q->rx_stats.interrupts);
		u64_stats_add(&q->rx_stats.spurious, !rx_work);
		u64_stats_update_end(&q->rx_stats.syncp);
		q->rx_since_eoi = 0;
		if (!xnf_is_split(q))
			q->tx_since_eoi = 0;
		xen_irq_lateeoi(q->rx_irq, rx_work ? 0 : XEN_EOI_FLAG_SPURIOUS);
	}
}

/*
 * Moderation: after a poll that found something to receive, look again in
 * @recheck_us microseconds, or when the returned number of responses is there,
 * instead of asking for an event with the next one.  A poll that found
 * nothing goes back to events, so an idle queue costs no timer and its first
 * packet does not wait.
 */
static unsigned int queue_moderation(const struct xnf_queue *q, int done,
				     unsigned int *recheck_us)
{
	unsigned int frames = READ_ONCE(q->info->rx_frames);

	*recheck_us = done ? READ_ONCE(q->info->rx_usecs) : 0;
	if (!*recheck_us)
		return 1;
	return frames ?: XNF_RX_RING_SIZE / 2;
}

/*
 * NAPI is complete: asks for events and acknowledges those that were seen, or
 * has NAPI run again if there is something to do by now.
 */
static void queue_arm(struct xnf_queue *q, unsigned int responses,
		      unsigned int recheck_us)
{
	bool look;

	/* Who marked an event and met NAPI before it was complete is seen here. */
	smp_mb__after_atomic();
	look = queue_see_events(q);
	/* Both are armed, whatever the first one finds. */
	look |= xnf_tx_arm(q) | xnf_rx_arm(q, responses);
	if (look) {
		napi_schedule(&q->napi);
		return;
	}
	queue_eoi(q);
	if (recheck_us)
		hrtimer_start(&q->moderator, ns_to_ktime(recheck_us * 1000ull),
			      HRTIMER_MODE_REL);
}

/*
 * The core may want no interrupt although the rings are dry: somebody polls
 * (busy polling), or soon will (napi_defer_hard_irqs).  So it is asked first.
 */
static int queue_poll(struct xnf_queue *q, int budget)
{
	unsigned int responses, recheck_us;
	int done = 0;

	lockdep_assert_held(&q->poll_lock);
	queue_see_events(q);
	if (likely(!q->rings_broken)) {
		q->tx_since_eoi += xnf_tx_reap(q, budget);
		done = xnf_rx_poll(q, budget);
	}
	if (done >= budget)
		return budget;

	/*
	 * Broken rings are left alone, their event channels masked, until the
	 * reset takes it down; but NAPI must end, or stopping it would hang.
	 */
	if (unlikely(q->rings_broken)) {
		napi_complete_done(&q->napi, done);
		return done;
	}
	responses = queue_moderation(q, done, &recheck_us);
	if (xnf_tx_answered(q) || xnf_rx_answered(q, responses))
		return budget;
	if (napi_complete_done(&q->napi, done))
		queue_arm(q, responses, recheck_us);
	return done;
}

/* From netpoll, perhaps within an interrupt: transmit slots only, if it can be. */
static void queue_netpoll(struct xnf_queue *q)
{
	if (!spin_trylock(&q->poll_lock))
		return;
	if (q->active && !q->rings_broken && READ_ONCE(q->info->live))
		q->tx_since_eoi += xnf_tx_reap(q, 0);
	spin_unlock(&q->poll_lock);
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
	int done = 0;

	if (unlikely(!budget)) {
		queue_netpoll(q);
		return 0;
	}
	spin_lock(&q->poll_lock);
	if (likely(q->active))
		done = queue_poll(q, budget);
	else
		napi_complete_done(napi, 0);
	spin_unlock(&q->poll_lock);
	return done;
}
