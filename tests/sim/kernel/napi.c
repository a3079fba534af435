// SPDX-License-Identifier: GPL-2.0
/*
 * NAPI: contexts, who polls them, threads.
 *
 * Follows net/core/dev.c of 7.3: SCHED, MISSED and DISABLE; a context that is
 * disabled counts as scheduled, and enabling ends that; disabling waits for a
 * poll; switching threads off waits for each thread to let go of its context,
 * for ever if that one is listed and disabled (napi_stop_kthread()).  Two
 * fibers in softirq context poll.  Leaves out busy polling from sockets, GRO,
 * defer_hard_irqs; napi_complete_done() says no now and then, as with these.
 */
#include <sim/net.h>

#define CPUS	2

static LIST_HEAD(poll_list);
static struct sim_fiber *cpu[CPUS];
static bool idle[CPUS];
static unsigned int listed;
static wait_queue_head_t changed = { LIST_HEAD_INIT(changed.waiting), "NAPI" };

static void kick(void)
{
	unsigned int i;

	for (i = 0; i < CPUS; i++)
		if (idle[i]) {
			idle[i] = false;
			sim_wake(cpu[i]);
			return;
		}
}

static void schedule(struct napi_struct *n)
{
	if (n->threaded && n->thread) {
		n->for_thread = true;
		wake_up(&n->wake);
		return;
	}
	list_add_tail(&n->poll_list, &poll_list);
	kick();
}

/* Return: true if nobody had it. */
bool napi_schedule(struct napi_struct *n)
{
	sim_point();
	if (!n->listed)
		sim_fail("napi", "a context is scheduled that is not listed");
	/* Whoever runs on the way to softirq processing with BH on would lose it. */
	if (sim_current->kind == SIM_TASK && !sim_bh_is_off())
		sim_fail("napi", "napi_schedule() with BH on: it runs with the next interrupt only");
	if (n->disable)
		return false;
	if (n->sched) {
		n->missed = true;
		return false;
	}
	n->sched = true;
	schedule(n);
	return true;
}

bool napi_complete_done(struct napi_struct *n, int work)
{
	(void)work;
	sim_point();
	if (!n->sched)
		sim_fail("napi", "a context is completed that nobody polls");
	/* Somebody else polls it from here on. */
	if (sim_one_in(64))
		n->missed = true;
	n->for_thread = false;
	if (n->missed) {
		n->missed = false;
		list_add_tail(&n->poll_list, &poll_list);
		kick();
		return false;
	}
	n->sched = false;
	wake_up(&changed);
	return true;
}

static void poll_one(struct napi_struct *n)
{
	int done;

	sim_check_text(n->poll, "NAPI poll");
	local_bh_disable();
	rcu_read_lock();
	done = n->poll(n, NAPI_POLL_WEIGHT);
	if (done > NAPI_POLL_WEIGHT)
		sim_fail("napi", "a poll did %d of %d", done, NAPI_POLL_WEIGHT);
	/* Not complete: it is polled again, unless somebody disables it. */
	if (done == NAPI_POLL_WEIGHT) {
		n->for_thread = false;
		if (n->disable) {
			n->sched = false;
			wake_up(&changed);
		} else {
			schedule(n);
		}
	}
	rcu_read_unlock();
	local_bh_enable();
}

static void net_rx_action(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "net_rx_action", .bounded = true };
	unsigned int me = (unsigned long)arg;
	struct napi_struct *n;

	for (;;) {
		n = list_first_entry_or_null(&poll_list, struct napi_struct, poll_list);
		if (n) {
			list_del_init(&n->poll_list);
			poll_one(n);
			sim_point();
			continue;
		}
		idle[me] = true;
		sim_block(&wait, SIM_NEVER);
	}
}

/* --- threads */
static void napi_thread(void *arg)
{
	struct napi_struct *n = arg;

	for (;;) {
		/* As napi_thread_wait(): it ends only when the context is its own or free. */
		sim_wait_event(&n->wake, n->stop_thread || n->for_thread, SIM_NEVER, true);
		if (n->for_thread)
			poll_one(n);
		if (n->stop_thread && !n->sched)
			break;
		if (n->stop_thread)
			sim_sleep_ns(SIM_MS, "its NAPI context");
	}
	n->thread = NULL;
	wake_up(&changed);
}

static void start_thread(struct napi_struct *n)
{
	char name[24];

	if (n->thread)
		return;
	snprintf(name, sizeof(name), "napi/%s-%u", n->dev->name, n->index);
	n->stop_thread = false;
	n->thread = sim_spawn(name, SIM_TASK, napi_thread, n);
}

static void stop_thread(struct napi_struct *n)
{
	if (!n->thread)
		return;
	n->stop_thread = true;
	wake_up(&n->wake);
	wait_event(changed, !n->thread);
}

void sim_dev_set_threaded(struct net_device *dev, bool on)
{
	struct napi_struct *n;

	ASSERT_RTNL();
	netdev_lock(dev);
	dev->threaded = on;
	list_for_each_entry(n, &dev->napi_list, dev_list) {
		if (on)
			start_thread(n);
		else
			stop_thread(n);
		n->threaded = on;
	}
	netdev_unlock(dev);
}

/* --- contexts */
static void list_it(struct net_device *dev, struct napi_struct *n,
		    int (*poll)(struct napi_struct *, int), unsigned int index)
{
	if (n->listed)
		sim_fail("napi", "a context is listed twice");
	memset(n, 0, sizeof(*n));
	n->dev = dev;
	n->poll = poll;
	n->index = index;
	n->irq = -1;
	n->listed = true;
	n->sched = true;
	n->disable = true;
	INIT_LIST_HEAD(&n->poll_list);
	init_waitqueue_head(&n->wake);
	list_add_tail(&n->dev_list, &dev->napi_list);
	listed++;
	n->threaded = dev->threaded;
	if (dev->threaded)
		start_thread(n);
}

void netif_napi_add(struct net_device *dev, struct napi_struct *n,
		    int (*poll)(struct napi_struct *, int))
{
	netdev_lock(dev);
	list_it(dev, n, poll, 0);
	netdev_unlock(dev);
}

void netif_napi_add_config_locked(struct net_device *dev, struct napi_struct *n,
				  int (*poll)(struct napi_struct *, int), int index)
{
	lockdep_assert_held(&dev->lock);
	list_it(dev, n, poll, index);
}

void netif_napi_del_locked(struct napi_struct *n)
{
	lockdep_assert_held(&n->dev->lock);
	might_sleep();
	if (!n->disable)
		sim_fail("napi", "a context is deleted that is enabled");
	/* Its id, thread and settings are the admin's. */
	if (!n->index && n->dev->reg_state == SIM_NETREG_REGISTERED)
		sim_fail("napi", "the first context goes, and its interface stays");
	if (n->thread) {
		n->sched = false;
		stop_thread(n);
	}
	n->listed = false;
	list_del(&n->dev_list);
	listed--;
	synchronize_net();
}

void napi_enable_locked(struct napi_struct *n)
{
	lockdep_assert_held(&n->dev->lock);
	sim_point();
	if (!n->disable)
		sim_fail("napi", "a context is enabled twice");
	n->disable = false;
	n->missed = false;
	n->sched = false;
}

void napi_disable_locked(struct napi_struct *n)
{
	lockdep_assert_held(&n->dev->lock);
	might_sleep();
	if (n->disable)
		sim_fail("napi", "a context is disabled twice, which waits for ever");
	n->disable = true;
	while (n->sched) {
		/* Not polled yet: net_rx_action takes it and sees the mark. */
		wait_event(changed, !n->sched);
	}
	n->sched = true;
	n->missed = false;
}

void netif_napi_set_irq(struct napi_struct *n, int irq)
{
	n->irq = irq;
}

unsigned int sim_napis_listed(void)
{
	return listed;
}

void napi_gro_receive(struct napi_struct *n, struct sk_buff *skb)
{
	sim_point();
	n->dev->rx_delivered++;
	sim_deliver(skb);
}

void sim_napi_init(void)
{
	unsigned int i;
	char name[12];

	for (i = 0; i < CPUS; i++) {
		snprintf(name, sizeof(name), "net_rx/%u", i);
		cpu[i] = sim_spawn(name, SIM_SOFTIRQ, net_rx_action, (void *)(unsigned long)i);
	}
}
