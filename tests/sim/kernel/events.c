// SPDX-License-Identifier: GPL-2.0
/*
 * Event channels and the interrupts behind them, with late EOI.
 *
 * Follows drivers/xen/events/events_base.c: a channel is masked from its
 * interrupt until xen_irq_lateeoi(), and longer if that says spurious more
 * than once in a row; unbinding waits for the handler and closes the port; a
 * resume leaves no port.  Leaves out affinity beyond a mask, IPIs, VIRQs, and
 * the 2-level bitmaps.
 */
#include <sim/xen.h>

#define PORTS	64
#define CPUS	2

struct port {
	bool open;
	bool lost;		/* the kernel takes it for open, Xen does not */
	bool pending, masked;
	bool handled;		/* a handler runs */
	bool eoi_owed;
	unsigned int spurious;
	irq_handler_t handler;
	void *data;
	char name[32];
	domid_t remote;
	void (*notify)(void *arg);
	void *arg;
	struct cpumask affinity;
	struct sim_event unmask;
};

static struct port ports[PORTS];
static unsigned int limit, nr_open;
static struct sim_fiber *cpu[CPUS];
static bool cpu_idle[CPUS];
static wait_queue_head_t handled = { LIST_HEAD_INIT(handled.waiting), "an interrupt's handler" };

static void kick(void)
{
	unsigned int i;

	for (i = 0; i < CPUS; i++)
		if (cpu_idle[i]) {
			cpu_idle[i] = false;
			sim_wake(cpu[i]);
			return;
		}
}

static struct port *next_pending(void)
{
	static unsigned int turn;
	unsigned int i;

	for (i = 1; i < PORTS; i++) {
		struct port *p = &ports[1 + (turn + i) % (PORTS - 1)];

		if (p->pending && !p->masked && p->handler && !p->handled) {
			turn += i;
			return p;
		}
	}
	return NULL;
}

static void run_handler(struct port *p)
{
	p->pending = false;
	p->masked = true;
	p->eoi_owed = true;
	p->handled = true;
	sim_check_text(p->handler, "interrupt handler");
	sim_current->atomic++;
	sim_current->irq_off++;
	p->handler(p - ports, p->data);
	sim_current->irq_off--;
	sim_current->atomic--;
	p->handled = false;
	wake_up(&handled);
}

static void cpu_interrupts(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "events", .bounded = true };
	unsigned int me = (unsigned long)arg;
	struct port *p;

	for (;;) {
		p = next_pending();
		if (p) {
			run_handler(p);
			sim_point();
			continue;
		}
		cpu_idle[me] = true;
		sim_block(&wait, SIM_NEVER);
	}
}

static void unmasked(struct sim_event *ev)
{
	struct port *p = container_of(ev, struct port, unmask);

	p->masked = false;
	if (p->pending)
		kick();
}

int HYPERVISOR_event_channel_op(int cmd, void *arg)
{
	struct evtchn_alloc_unbound *alloc = arg;
	struct evtchn_close *close = arg;
	unsigned int i;

	sim_point();
	if (cmd == EVTCHNOP_close) {
		if (close->port >= PORTS || !ports[close->port].open)
			sim_fail("accounting", "port %u is closed and was not open", close->port);
		ports[close->port].open = false;
		nr_open--;
		return 0;
	}
	if (cmd != EVTCHNOP_alloc_unbound)
		sim_fail("simulator", "event channel operation %d has no stub", cmd);
	for (i = 1; i < PORTS && (ports[i].open || ports[i].handler); i++)
		;
	if (i == PORTS || nr_open >= limit)
		return -ENOSPC;
	memset(&ports[i], 0, sizeof(ports[i]));
	ports[i].unmask.place = -1;
	ports[i].unmask.fire = unmasked;
	ports[i].open = true;
	ports[i].remote = alloc->remote_dom;
	alloc->port = i;
	nr_open++;
	return 0;
}

int HYPERVISOR_sched_op(int cmd, void *arg)
{
	(void)arg;
	if (cmd == SCHEDOP_yield)
		sim_yield();
	return 0;
}

int bind_evtchn_to_irqhandler_lateeoi(evtchn_port_t port, irq_handler_t handler,
				      unsigned long flags, const char *name,
				      void *data)
{
	struct port *p = &ports[port];

	(void)flags;
	might_sleep();
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->data = data;
	p->affinity.bits = 1;
	p->handler = handler;
	return port;
}

void unbind_from_irqhandler(unsigned int irq, void *data)
{
	const struct sim_wait wait = { .kind = "the end of", .name = "an interrupt's handler" };
	struct port *p = &ports[irq];

	might_sleep();
	if (irq >= PORTS || !p->handler || p->data != data)
		sim_fail("accounting", "interrupt %u is unbound and was not bound", irq);
	if (p->lost)
		sim_fail("accounting", "BUG: port %u is closed, which this domain does not have", irq);
	p->handler = NULL;
	while (p->handled) {
		sim_wait_prepare(&handled);
		if (p->handled)
			sim_wait_block(&handled, &wait, SIM_NEVER);
	}
	sim_wait_end();
	sim_event_cancel(&p->unmask);
	if (p->open) {
		p->open = false;
		nr_open--;
	}
	p->notify = NULL;
}

/* An event that announced nothing costs its channel time, once it is the second. */
void xen_irq_lateeoi(unsigned int irq, unsigned int flags)
{
	struct port *p = &ports[irq];

	sim_point();
	if (!p->handler || !p->eoi_owed)
		return;
	p->eoi_owed = false;
	if (flags & XEN_EOI_FLAG_SPURIOUS)
		p->spurious++;
	else
		p->spurious = 0;
	if (p->spurious > 1)
		sim_event_at(&p->unmask, sim_now + (4 * SIM_MS << min(p->spurious - 2, 4u)));
	else
		unmasked(&p->unmask);
}

void notify_remote_via_irq(int irq)
{
	struct port *p = &ports[irq];

	sim_point();
	if (p->open && p->notify)
		p->notify(p->arg);
}

/* --- the other end */
bool sim_port_bind(domid_t domid, evtchn_port_t port, void (*notify)(void *arg), void *arg)
{
	struct port *p = &ports[port];

	if (port >= PORTS || !p->open || p->remote != domid || p->notify)
		return false;
	p->notify = notify;
	p->arg = arg;
	return true;
}

void sim_port_unbind(evtchn_port_t port)
{
	ports[port].notify = NULL;
}

void sim_port_notify(evtchn_port_t port)
{
	struct port *p = &ports[port];

	if (!p->open || !p->notify)
		return;
	p->pending = true;
	if (!p->masked)
		kick();
}

void sim_events_resume(void)
{
	unsigned int i;

	for (i = 1; i < PORTS; i++) {
		if (ports[i].open)
			nr_open--;
		ports[i].open = false;
		ports[i].notify = NULL;
		ports[i].pending = false;
	}
}

/* As sim_events_resume(), for a kernel that was not told: it woke from an image. */
void sim_events_lose(void)
{
	unsigned int i;

	for (i = 1; i < PORTS; i++)
		ports[i].lost = ports[i].handler;
}

unsigned int sim_ports_in_use(void)
{
	unsigned int i, n = nr_open;

	for (i = 1; i < PORTS; i++)
		n += ports[i].handler && !ports[i].open;
	return n;
}

void sim_ports_refuse_text(void)
{
	unsigned int i;

	for (i = 1; i < PORTS; i++)
		sim_refuse_text(ports[i].handler, "interrupt handler");
}

/* --- affinity */
struct irq_data *irq_get_irq_data(unsigned int irq)
{
	return irq < PORTS ? (struct irq_data *)&ports[irq] : NULL;
}

const struct cpumask *irq_data_get_affinity_mask(struct irq_data *d)
{
	return &((struct port *)d)->affinity;
}

int irq_set_affinity_hint(unsigned int irq, const struct cpumask *mask)
{
	if (mask)
		ports[irq].affinity = *mask;
	return 0;
}

void sim_events_init(unsigned int count)
{
	unsigned int i;
	char name[8];

	limit = count;
	for (i = 0; i < CPUS; i++) {
		snprintf(name, sizeof(name), "irq/%u", i);
		cpu[i] = sim_spawn(name, SIM_HARDIRQ, cpu_interrupts, (void *)(unsigned long)i);
	}
}
