// SPDX-License-Identifier: GPL-2.0
/*
 * Transmit queues that stand still.
 *
 * Slow is not stuck: a host may limit a guest to a few kB a second, and a
 * domain may be paused for as long as its admin likes.  So a stopped queue is
 * looked at every STALL_PERIOD.  If nothing was answered since the last look,
 * an event may have been lost, and the doorbell is rung, which hurts nobody.
 * New rings lose those in flight, so they are for a backend that goes on sending
 * us packets and answers none of ours for STALL_LOOKS looks, or that gives no
 * sign at all for STALL_LOOKS_MOST.
 *
 * The watchdog of the core cannot tell these apart and complains of the slow
 * ones, so the driver has no ndo_tx_timeout.
 *
 * Locking: netdev tx lock of the queue for all of struct xnf_stall.  The timer
 * is armed by the transmit path and gone when xnf_stall_stop() returns.
 */
#include <linux/netdevice.h>
#include <linux/timer.h>

#include "xnf.h"
#include "trace.h"

#define STALL_PERIOD	(5 * HZ)
/* A packet of 64 kB takes 16 s at 4 kB/s, and nothing is answered meanwhile. */
#define STALL_LOOKS	12u
#define STALL_LOOKS_MOST	120u

/* What the backend has sent so far; the number means nothing by itself. */
static unsigned int stall_received(const struct xnf_info *info)
{
	unsigned int i, sum = 0;

	for (i = 0; i < info->nr_queues; i++)
		sum += READ_ONCE(info->queues[i].rx.rsp_cons);
	return sum;
}

static void stall_begin(struct xnf_queue *q)
{
	struct xnf_stall *stall = &q->stall;

	stall->answered = READ_ONCE(q->tx.rsp_cons);
	stall->received = stall_received(q->info);
	stall->looks = 0;
	stall->looks_receiving = 0;
}

/* Nothing was answered since the last look. */
static void stall_goes_on(struct xnf_queue *q)
{
	unsigned int received = stall_received(q->info);
	struct xnf_stall *stall = &q->stall;

	stall->looks++;
	stall->looks_receiving += received != stall->received;
	stall->received = received;
	u64_stats_update_begin(&q->tx_stats.syncp);
	u64_stats_inc(&q->tx_stats.timeouts);
	u64_stats_update_end(&q->tx_stats.syncp);
	xnf_queue_kick(q);
	if (stall->looks < STALL_LOOKS_MOST &&
	    (stall->looks < STALL_LOOKS ||
	     stall->looks_receiving < STALL_LOOKS / 2))
		return;
	netdev_warn(q->info->netdev, "queue %u: the backend has answered none of our packets for %u s: reconnecting\n",
		    q->id, stall->looks * STALL_PERIOD / HZ);
	xnf_schedule_reset(q->info, "transmit queue stands still");
	stall_begin(q);
}

static void stall_look(struct timer_list *t)
{
	struct xnf_queue *q = timer_container_of(q, t, stall.timer);
	struct netdev_queue *txq = netdev_get_tx_queue(q->info->netdev, q->id);

	__netif_tx_lock(txq, smp_processor_id());
	/* Who stops the queue again comes back here. */
	if (!READ_ONCE(q->active) || !netif_xmit_stopped(txq))
		goto unlock;
	if (READ_ONCE(q->info->tx_held) ||
	    READ_ONCE(q->tx.rsp_cons) != q->stall.answered)
		stall_begin(q);
	else
		stall_goes_on(q);
	mod_timer(&q->stall.timer, jiffies + STALL_PERIOD);
unlock:
	__netif_tx_unlock(txq);
}

/**
 * xnf_stall_init() - once for each queue
 * @q: queue
 */
void xnf_stall_init(struct xnf_queue *q)
{
	timer_setup(&q->stall.timer, stall_look, 0);
}

/**
 * xnf_stall_watch() - a transmit queue was stopped: see to it that it goes on
 * @q: live queue
 *
 * Context: netdev tx lock of the queue.
 */
void xnf_stall_watch(struct xnf_queue *q)
{
	if (timer_pending(&q->stall.timer))
		return;
	stall_begin(q);
	mod_timer(&q->stall.timer, jiffies + STALL_PERIOD);
}

/**
 * xnf_stall_stop() - the timer does not run any more when this returns
 * @q: queue whose packets are stopped
 *
 * Context: process.
 */
void xnf_stall_stop(struct xnf_queue *q)
{
	timer_delete_sync(&q->stall.timer);
}
