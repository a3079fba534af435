// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet from dev_queue_xmit() to the driver: one fifo a queue,
 * the tx lock, byte queue limits, and net_tx_action for queues that are woken.
 *
 * Follows net/core/dev.c, net/sched/sch_generic.c, lib/dynamic_queue_limits.c.
 * A deactivated queue loses what it has and what comes.  Leaves out lockless
 * qdiscs, bulk dequeue beyond the xmit_more mark, watchdogs (the driver has no
 * ndo_tx_timeout).
 */
#include <sim/net.h>

#define QLEN_MAX	64

unsigned int sim_bql_limit = 100000;
u64 sim_tx_lost;	/* packets that somebody counted as dropped */
void (*sim_build_hook)(unsigned int queue);

static struct netdev_queue *tx_action[64];
static unsigned int nr_action;
static struct sim_fiber *softirq;

void sim_queue_setup(struct net_device *dev, struct netdev_queue *q)
{
	q->dev = dev;
	q->noop = true;
	q->dql.limit = sim_bql_limit;
	INIT_LIST_HEAD(&q->qdisc);
}

/* --- the driver's switches */
void netif_tx_stop_queue(struct netdev_queue *q)
{
	sim_point();
	q->state |= SIM_XOFF_DRV;
}

void netif_tx_start_queue(struct netdev_queue *q)
{
	sim_point();
	q->state &= ~SIM_XOFF_DRV;
}

static void schedule_queue(struct netdev_queue *q)
{
	if (q->scheduled || q->noop)
		return;
	q->scheduled = true;
	tx_action[nr_action++] = q;
	sim_wake(softirq);
}

void netif_tx_wake_queue(struct netdev_queue *q)
{
	sim_point();
	if (!(q->state & SIM_XOFF_DRV))
		return;
	q->state &= ~SIM_XOFF_DRV;
	schedule_queue(q);
}

bool netif_tx_queue_stopped(const struct netdev_queue *q)
{
	sim_point();
	return q->state & SIM_XOFF_DRV;
}

bool netif_xmit_stopped(const struct netdev_queue *q)
{
	sim_point();
	return q->state;
}

void netif_tx_stop_all_queues(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		netif_tx_stop_queue(&dev->tx[i]);
}

void netif_tx_wake_all_queues(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		netif_tx_wake_queue(&dev->tx[i]);
}

/* Nobody transmits when this returns: each lock is taken once. */
void netif_tx_disable(struct net_device *dev)
{
	unsigned int i;

	local_bh_disable();
	for (i = 0; i < dev->num_tx_queues; i++) {
		__netif_tx_lock(&dev->tx[i], 0);
		netif_tx_stop_queue(&dev->tx[i]);
		__netif_tx_unlock(&dev->tx[i]);
	}
	local_bh_enable();
}

/* --- byte queue limits */
bool __netdev_tx_sent_queue(struct netdev_queue *q, unsigned int bytes, bool more)
{
	sim_point();
	q->dql.queued += bytes;
	q->out++;
	if (q->dql.queued - q->dql.completed > q->dql.limit)
		q->state |= SIM_XOFF_STACK;
	return !more || q->state;
}

void netdev_tx_completed_queue(struct netdev_queue *q, unsigned int pkts, unsigned int bytes)
{
	sim_point();
	if (!bytes)
		return;
	if (bytes > q->dql.queued - q->dql.completed)
		sim_fail("accounting", "BQL: %u bytes are done of %u under way", bytes,
			 q->dql.queued - q->dql.completed);
	q->dql.completed += bytes;
	q->out -= pkts;
	if (q->dql.queued - q->dql.completed > q->dql.limit || !(q->state & SIM_XOFF_STACK))
		return;
	q->state &= ~SIM_XOFF_STACK;
	schedule_queue(q);
}

void netdev_tx_reset_queue(struct netdev_queue *q)
{
	q->state &= ~SIM_XOFF_STACK;
	q->dql.queued = 0;
	q->dql.completed = 0;
	q->out = 0;
}

/* --- packets */
static bool xmit_more_mark;

bool netdev_xmit_more(void)
{
	return xmit_more_mark;
}

static struct sk_buff *dequeue(struct netdev_queue *q)
{
	struct sk_buff *skb;

	skb = list_first_entry_or_null(&q->qdisc, struct sk_buff, list);
	if (!skb)
		return NULL;
	list_del_init(&skb->list);
	q->qlen--;
	return skb;
}

static void requeue(struct netdev_queue *q, struct sk_buff *skb)
{
	spin_lock(&q->qdisc_lock);
	list_add(&skb->list, &q->qdisc);
	q->qlen++;
	spin_unlock(&q->qdisc_lock);
}

/* Return: false if the queue is stopped. Its lock is held. */
static bool xmit_locked(struct netdev_queue *q, struct sk_buff *skb, bool more)
{
	const struct net_device_ops *ops = q->dev->netdev_ops;
	netdev_tx_t ret;

	if (netif_xmit_stopped(q))
		return false;
	sim_check_text(ops->ndo_start_xmit, "ndo_start_xmit");
	xmit_more_mark = more;
	sim_current->builds = 1 + skb->queue_mapping;
	ret = ops->ndo_start_xmit(skb, q->dev);
	sim_current->builds = 0;
	return ret == NETDEV_TX_OK;
}

/* Return: false if the queue is stopped. */
static bool xmit_one(struct netdev_queue *q, struct sk_buff *skb, bool more)
{
	bool sent;

	__netif_tx_lock(q, 0);
	sent = xmit_locked(q, skb, more);
	__netif_tx_unlock(q);
	if (sent)
		return true;
	requeue(q, skb);
	return false;
}

/*
 * As netpoll does for a console (net/core/netpoll.c): without a queueing
 * discipline, from wherever the kernel prints; what is scheduled it polls first.
 */
void sim_netpoll_send(struct net_device *dev, struct sk_buff *skb)
{
	struct netdev_queue *q = &dev->tx[0];
	struct napi_struct *n;
	bool sent = false;

	list_for_each_entry(n, &dev->napi_list, dev_list)
		if (n->sched && !n->disable)
			n->poll(n, 0);
	if (spin_trylock(&q->_xmit_lock)) {
		sent = xmit_locked(q, skb, false);
		spin_unlock(&q->_xmit_lock);
	}
	if (sent)
		return;
	sim_tx_lost++;
	kfree_skb(skb);
}

static bool needs_segments(const struct sk_buff *skb)
{
	const struct net_device *dev = skb->dev;

	return (skb->data_len && !(dev->features & NETIF_F_SG)) ||
	       (skb_is_gso(skb) && !(dev->features & NETIF_F_TSO));
}

/* Runs the queue until it is empty or stopped; one at a time. */
static void run_queue(struct netdev_queue *q)
{
	struct sk_buff *skb;
	bool more;

	spin_lock(&q->qdisc_lock);
	if (q->running) {
		spin_unlock(&q->qdisc_lock);
		return;
	}
	q->running = true;
	while (!q->noop && !netif_xmit_stopped(q) && (skb = dequeue(q))) {
		more = !list_empty(&q->qdisc);
		spin_unlock(&q->qdisc_lock);
		if (needs_segments(skb)) {
			/* Real ones are linearised or cut up; these are lost, and counted. */
			sim_tx_lost++;
			kfree_skb(skb);
			more = false;
		} else {
			xmit_one(q, skb, more);
		}
		spin_lock(&q->qdisc_lock);
	}
	q->running = false;
	spin_unlock(&q->qdisc_lock);
}

/* Return: 0, or -ENOBUFS if the packet is lost here. */
int dev_queue_xmit(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	struct netdev_queue *q;
	int err = 0;

	rcu_read_lock();
	local_bh_disable();
	skb->queue_mapping = skb->flow % dev->real_num_tx_queues;
	q = &dev->tx[skb->queue_mapping];
	spin_lock(&q->qdisc_lock);
	if (q->noop || q->qlen >= QLEN_MAX) {
		err = -ENOBUFS;
	} else {
		list_add_tail(&skb->list, &q->qdisc);
		q->qlen++;
	}
	spin_unlock(&q->qdisc_lock);
	if (err) {
		sim_tx_lost++;
		kfree_skb(skb);
	} else {
		run_queue(q);
	}
	local_bh_enable();
	rcu_read_unlock();
	return err;
}

static void net_tx_action(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "net_tx_action", .bounded = true };
	struct netdev_queue *q;

	(void)arg;
	for (;;) {
		while (!nr_action)
			sim_block(&wait, SIM_NEVER);
		local_bh_disable();
		q = tx_action[--nr_action];
		q->scheduled = false;
		run_queue(q);
		local_bh_enable();
	}
}

/* --- dev_activate(), dev_deactivate() */
void sim_qdisc_activate(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		dev->tx[i].noop = false;
	for (i = 0; i < dev->num_tx_queues; i++)
		schedule_queue(&dev->tx[i]);
}

static void unschedule(struct netdev_queue *q)
{
	unsigned int i;

	for (i = 0; i < nr_action; i++)
		if (tx_action[i] == q)
			tx_action[i--] = tx_action[--nr_action];
	q->scheduled = false;
}

void sim_qdisc_deactivate(struct net_device *dev)
{
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *q = &dev->tx[i];

		spin_lock_bh(&q->qdisc_lock);
		q->noop = true;
		while ((skb = dequeue(q))) {
			sim_tx_lost++;
			kfree_skb(skb);
		}
		unschedule(q);
		spin_unlock_bh(&q->qdisc_lock);
		while (q->running)
			sim_sleep_ns(10000, "a queueing discipline to stop");
	}
}

bool qdisc_tx_is_noop(const struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++)
		if (!dev->tx[i].noop)
			return false;
	return true;
}

void sim_qdisc_init(void)
{
	softirq = sim_spawn("net_tx", SIM_SOFTIRQ, net_tx_action, NULL);
}
