// SPDX-License-Identifier: GPL-2.0
/*
 * Fibers, virtual time, and who runs next.
 *
 * Owns: the only place where one fiber gives way to another.  Follows no
 * kernel source: a fiber is a task, an interrupt or another domain, and each
 * has as many CPUs as it needs, so all that can overlap does.
 *
 * Time stands still while anything can run, but for sim_config.hurry: then the
 * next alarm comes early, as on a CPU that is slow.
 *
 * Invariants: the choice depends on the seed and on nothing else; what waits
 * without a limit for longer than SIM_HUNG is reported, as the kernel's
 * hung_task does; so is a world that goes on without time passing.
 */
#include <sys/mman.h>

#include <sim/sched.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/asan_interface.h>
#define SIM_STACK	(256u << 10)
#else
#define SIM_STACK	(64u << 10)
#endif

#define SIM_HUNG	(120 * SIM_S)
#define SIM_LIVELOCK	40000000ull
#define SIM_HEAP	4096
#define SIM_FIBERS	256

struct sim_config sim_config;
struct sim_fiber *sim_current;
bool sim_every_access;
u64 sim_now;
unsigned long jiffies;

static struct sim_fiber host;
static struct sim_fiber *runnable[SIM_FIBERS];
static unsigned int nr_runnable;
static LIST_HEAD(fibers);
static struct sim_fiber *dead;		/* their stacks are used again */
static unsigned int ids;
static struct sim_event *heap[SIM_HEAP];
static int heap_size;
static u64 event_nr, steps, steps_at_advance, switches, preemptions;
static u64 countdown, next_hung_check;
static u64 change_point[16];
static struct sim_fiber *stopper;	/* of the guest, nobody else runs */
static unsigned int lowest_prio;
static bool pct_look;

/* --- the heap of alarms, the earliest first; of two at once, the older */
static bool event_before(const struct sim_event *a, const struct sim_event *b)
{
	return a->when != b->when ? a->when < b->when : a->nr < b->nr;
}

static void heap_set(int i, struct sim_event *ev)
{
	heap[i] = ev;
	ev->place = i;
}

static void heap_up(int i, struct sim_event *ev)
{
	while (i && event_before(ev, heap[(i - 1) / 2])) {
		heap_set(i, heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_set(i, ev);
}

static void heap_down(int i, struct sim_event *ev)
{
	for (;;) {
		int child = 2 * i + 1;

		if (child >= heap_size)
			break;
		if (child + 1 < heap_size &&
		    event_before(heap[child + 1], heap[child]))
			child++;
		if (!event_before(heap[child], ev))
			break;
		heap_set(i, heap[child]);
		i = child;
	}
	heap_set(i, ev);
}

void sim_event_cancel(struct sim_event *ev)
{
	int i = ev->place;
	struct sim_event *last;

	if (i < 0)
		return;
	ev->place = -1;
	last = heap[--heap_size];
	if (last == ev)
		return;
	heap_down(i, last);
	heap_up(last->place, last);
}

void sim_event_at(struct sim_event *ev, u64 when)
{
	sim_event_cancel(ev);
	if (heap_size == SIM_HEAP)
		sim_fail("simulator", "more than %d alarms", SIM_HEAP);
	ev->when = when;
	ev->nr = event_nr++;
	heap_up(heap_size++, ev);
}

void sim_each_event(void (*fn)(struct sim_event *ev))
{
	int i;

	for (i = 0; i < heap_size; i++)
		fn(heap[i]);
}

/* --- switching */
#ifdef __x86_64__
void sim_switch_stacks(void **save, void *load);
__asm__(
".text\n"
".globl sim_switch_stacks\n"
"sim_switch_stacks:\n"
"	push %rbp\n	push %rbx\n	push %r12\n"
"	push %r13\n	push %r14\n	push %r15\n"
"	mov %rsp, (%rdi)\n"
"	mov %rsi, %rsp\n"
"	pop %r15\n	pop %r14\n	pop %r13\n"
"	pop %r12\n	pop %rbx\n	pop %rbp\n"
"	ret\n");
#else
#error "write sim_switch_stacks() for this machine: kernel/sched.c"
#endif

static void switch_to(struct sim_fiber *next)
{
	struct sim_fiber *prev = sim_current;

	if (next == prev)
		return;
	switches++;
	sim_current = next;
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_start_switch_fiber(prev->state == SIM_DEAD ? NULL : &prev->fake_stack,
				       next->stack, next->stack_size);
#endif
	sim_switch_stacks(&prev->sp, next->sp);
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(sim_current->fake_stack,
					host.stack ? NULL : (const void **)&host.stack,
					host.stack_size ? NULL : &host.stack_size);
#endif
}

static void advance(u64 to);

static void set_runnable(struct sim_fiber *f)
{
	if (nr_runnable == SIM_FIBERS)
		sim_fail("simulator", "more than %d fibers run", SIM_FIBERS);
	f->state = SIM_RUNNABLE;
	runnable[nr_runnable++] = f;
	pct_look = true;
}

static void set_waiting(struct sim_fiber *f, enum sim_state state)
{
	unsigned int i;

	for (i = 0; runnable[i] != f; i++)
		;
	runnable[i] = runnable[--nr_runnable];
	f->state = state;
}

static struct sim_fiber *highest(void)
{
	struct sim_fiber *best = NULL;
	unsigned int i;

	for (i = 0; i < nr_runnable; i++)
		if (!best || runnable[i]->prio > best->prio)
			best = runnable[i];
	pct_look = false;
	return best;
}

static void check_hung(struct sim_fiber *f, void *arg)
{
	(void)arg;
	if (f->budget_end && sim_now > f->budget_end)
		sim_fail("budget", "%s does not end: \"%s\" began more than its %llu s ago",
			 f->name, f->budget_what,
			 (f->budget_end - f->wait_since) / SIM_S);
	if (f->state == SIM_WAITING && f->alarm.place < 0 && !f->wait.bounded &&
	    sim_now - f->wait_since > SIM_HUNG)
		sim_fail("hung", "%s waits for %s \"%s\" for more than %llu s",
			 f->name, f->wait.kind, f->wait.name, SIM_HUNG / SIM_S);
}

static void advance(u64 to)
{
	struct sim_event *ev;

	if (to > sim_now)
		steps_at_advance = steps;
	sim_now = to;
	jiffies = 4294667296ul + sim_now / 4000000;
	while (heap_size && heap[0]->when <= sim_now) {
		ev = heap[0];
		sim_event_cancel(ev);
		ev->fire(ev);
	}
	if (sim_now >= next_hung_check) {
		next_hung_check = sim_now + 10 * SIM_S;
		sim_each_fiber(check_hung, NULL);
	}
}

static struct sim_fiber *pick(void)
{
	if (!sim_config.walk)
		return highest();
	return runnable[sim_schedule_random() % nr_runnable];
}

/* The guest stands still, its backends do not. */
static struct sim_fiber *pick_peer(void)
{
	unsigned int i;

	for (i = 0; i < nr_runnable; i++)
		if (runnable[i]->kind == SIM_PEER || runnable[i] == stopper)
			return runnable[i];
	return NULL;
}

static struct sim_fiber *pick_allowed(void)
{
	if (stopper)
		return pick_peer();
	return nr_runnable ? pick() : NULL;
}

/* The present fiber cannot go on. */
static void give_way(void)
{
	struct sim_fiber *next;

	while (!(next = pick_allowed())) {
		if (!heap_size)
			sim_fail("deadlock", "nothing can run and nothing will happen");
		advance(heap[0]->when);
	}
	switch_to(next);
}

static void maybe_hurry(void)
{
	if (!sim_config.hurry || !heap_size ||
	    sim_schedule_random() % sim_config.hurry)
		return;
	if (heap[0]->when > sim_now &&
	    heap[0]->when - sim_now <= sim_config.hurry_most)
		advance(heap[0]->when);
}

/* Who could go on has to wait; within the window of a life that is shrunk. */
static void preempt_for(struct sim_fiber *next)
{
	u64 nr = preemptions;

	if (next == sim_current)
		return;
	preemptions++;
	if (nr < sim_config.preempt_from || nr >= sim_config.preempt_to)
		return;
	if (sim_config.show_preemptions) {
		printf("# preempted at %.6f: %s, for %s\n", sim_now / 1e9,
		       sim_current->name, next->name);
		sim_backtrace(sim_current, stdout);
	}
	switch_to(next);
}

static void point_walk(bool may_hurry)
{
	if (countdown--)
		return;
	countdown = sim_schedule_random() % (2 * sim_config.walk);
	if (may_hurry)
		maybe_hurry();
	if (nr_runnable > 1)
		preempt_for(pick());
}

static void point_pct(bool may_hurry)
{
	unsigned int i;

	for (i = 0; i < sim_config.pct_points; i++)
		if (steps == change_point[i]) {
			sim_current->prio = lowest_prio--;
			pct_look = true;
		}
	if (may_hurry && !(steps & 63))
		maybe_hurry();
	if (pct_look)
		preempt_for(highest());
}

static void point(bool may_hurry)
{
	steps++;
	if (unlikely(steps - steps_at_advance > SIM_LIVELOCK))
		sim_fail("livelock", "%llu steps and no time passes", SIM_LIVELOCK);
	if (sim_current == &host || stopper)
		return;
	if (sim_config.walk)
		point_walk(may_hurry);
	else
		point_pct(may_hurry);
}

void sim_point(void)
{
	point(true);
}

/* At an access to memory, of which there are many: no CPU takes seconds for each. */
void sim_access_point(void)
{
	point(false);
}

void sim_yield(void)
{
	sim_point();
	if (sim_config.walk && nr_runnable > 1)
		preempt_for(pick());
}

/* --- one CPU, and interrupts off */
static void look_if_atomic(struct sim_fiber *f, void *arg)
{
	if (f == sim_current || f->kind == SIM_PEER || f->state == SIM_DEAD)
		return;
	if (f->atomic || (f->kind != SIM_TASK && f->state != SIM_WAITING))
		*(bool *)arg = true;
}

static bool others_are_atomic(void)
{
	bool atomic = false;

	sim_each_fiber(look_if_atomic, &atomic);
	return atomic;
}

/**
 * sim_stop_machine() - what runs while nobody else does
 * @fn: may wait for peers, for nothing else
 *
 * Begins when whoever is in an interrupt, or holds a spin lock, has got through.
 */
void sim_stop_machine(void (*fn)(void))
{
	while (others_are_atomic())
		sim_sleep_ns(1000, "interrupts and spin locks");
	stopper = sim_current;
	sim_current->irq_off++;
	sim_current->atomic++;
	fn();
	sim_current->atomic--;
	sim_current->irq_off--;
	stopper = NULL;
}

/* --- waiting */
static void alarm_fires(struct sim_event *ev)
{
	struct sim_fiber *f = container_of(ev, struct sim_fiber, alarm);

	f->timed_out = true;
	if (f->state == SIM_WAITING)
		set_runnable(f);
}

/**
 * sim_block() - wait until sim_wake(), or @until
 *
 * Return: false if the time is over.
 */
bool sim_block(const struct sim_wait *wait, u64 until)
{
	struct sim_fiber *f = sim_current;

	f->timed_out = false;
	f->wait = *wait;
	f->wait_since = sim_now;
	/* Who spins for a lock does not sleep. */
	if (strcmp(wait->kind, "spin lock"))
		f->task.nvcsw++;
	set_waiting(f, SIM_WAITING);
	if (until != SIM_NEVER)
		sim_event_at(&f->alarm, until);
	give_way();
	sim_event_cancel(&f->alarm);
	return !f->timed_out;
}

void sim_wake(struct sim_fiber *f)
{
	if (f->state == SIM_WAITING)
		set_runnable(f);
}

void sim_sleep_ns(u64 ns, const char *why)
{
	const struct sim_wait wait = { .kind = "sleep", .name = why, .bounded = true };
	u64 until = sim_now + ns;

	while (sim_now < until)
		sim_block(&wait, until);
}

/**
 * sim_budget() - what the present fiber does has to be over in time
 * @what: for the report
 * @ns: virtual time
 */
void sim_budget(const char *what, u64 ns)
{
	sim_current->budget_what = what;
	sim_current->budget_end = sim_now + ns;
}

void sim_budget_over(void)
{
	if (sim_current->budget_end && sim_now > sim_current->budget_end)
		sim_fail("budget", "%s: \"%s\" took too long",
			 sim_current->name, sim_current->budget_what);
	sim_current->budget_end = 0;
}

/* --- fibers */
static void fiber_ends(void)
{
	struct sim_fiber *f = sim_current;

	list_del(&f->all);
	set_waiting(f, SIM_DEAD);
	f->runnable_next = dead;
	dead = f;
	give_way();
}

static void fiber_main(void)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(NULL,
					host.stack ? NULL : (const void **)&host.stack,
					host.stack_size ? NULL : &host.stack_size);
#endif
	sim_current->run(sim_current->arg);
	fiber_ends();
}

static struct sim_fiber *fiber_memory(void)
{
	struct sim_fiber *f = dead;
	char *stack;
	void *mem;

	if (f && f != sim_current) {
		dead = f->runnable_next;
		stack = f->stack;
	} else {
		f = calloc(1, sizeof(*f));
		mem = mmap(NULL, SIM_STACK + 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (!f || mem == MAP_FAILED)
			abort();
		mprotect(mem, 4096, PROT_NONE);
		stack = (char *)mem + 4096;
	}
	memset(f, 0, sizeof(*f));
	f->stack = stack;
	f->stack_size = SIM_STACK;
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(stack, SIM_STACK);
#endif
	return f;
}

static void fiber_prepare(struct sim_fiber *f)
{
	void **sp = (void **)(f->stack + f->stack_size);

	*--sp = NULL;		/* keeps the stack aligned, ends a walk */
	*--sp = (void *)fiber_main;
	sp -= 6;
	memset(sp, 0, 6 * sizeof(*sp));
	f->sp = sp;
}

struct sim_fiber *sim_spawn(const char *name, enum sim_kind kind,
			    void (*run)(void *arg), void *arg)
{
	struct sim_fiber *f = fiber_memory();

	snprintf(f->name, sizeof(f->name), "%s", name);
	f->id = ids++;
	f->kind = kind;
	f->run = run;
	f->arg = arg;
	f->cpu = f->id % sim_config.cpus;
	f->alarm.place = -1;
	f->alarm.fire = alarm_fires;
	f->prio = (1u << 30) + sim_schedule_random() % (1u << 30);
	INIT_LIST_HEAD(&f->waiting);
	list_add_tail(&f->all, &fibers);
	fiber_prepare(f);
	set_runnable(f);
	return f;
}

void sim_each_fiber(void (*fn)(struct sim_fiber *f, void *arg), void *arg)
{
	struct sim_fiber *f, *next;

	list_for_each_entry_safe(f, next, &fibers, all)
		fn(f, arg);
}

static void choose_schedule(void)
{
	static const unsigned int walks[] = { 0, 0, 1, 3, 10, 40, 200, 1000 };
	static const unsigned int hurries[] = { 0, 0, 0, 16, 128, 1024 };
	unsigned int i;

	sim_config.walk = walks[sim_chance(ARRAY_SIZE(walks))];
	sim_config.hurry = hurries[sim_chance(ARRAY_SIZE(hurries))];
	sim_config.hurry_most = sim_one_in(4) ? 10 * SIM_S : 20 * SIM_MS;
	/*
	 * There are so many more places where time could pass, or it passes at so many
	 * of them, that no budget would be enough.
	 */
	if (sim_every_access ||
	    (sim_config.walk && sim_config.walk * sim_config.hurry < 64))
		sim_config.hurry_most = min(sim_config.hurry_most, SIM_MS);
	sim_config.pct_points = 2 + sim_chance(12);
	for (i = 0; i < ARRAY_SIZE(change_point); i++)
		change_point[i] = sim_schedule_random() %
				  (sim_one_in(2) ? 30000 : 300000);
}

/**
 * sim_init() - an empty world
 * @seed: all chance comes from it
 */
void sim_init(u64 seed)
{
	sim_config.seed = seed;
	host.alarm.place = -1;
	host.kind = SIM_PEER;
	host.state = SIM_RUNNABLE;
	snprintf(host.name, sizeof(host.name), "host");
	sim_current = &host;
	lowest_prio = 1u << 29;
	next_hung_check = 10 * SIM_S;
	sim_config.cpus = 1 + sim_chance(4);
	choose_schedule();
	advance(SIM_S);
}

/**
 * sim_run() - let the fibers run; does not return
 *
 * The life's own fiber ends the process.
 */
void sim_run(void)
{
	host.state = SIM_WAITING;
	give_way();
}

u64 sim_steps(void)
{
	return steps;
}

u64 sim_switches(void)
{
	return switches;
}

u64 sim_preemptions(void)
{
	return preemptions;
}

unsigned int num_online_cpus(void)
{
	return sim_config.cpus;
}

unsigned int smp_processor_id(void)
{
	return sim_current->cpu;
}

bool test_and_set_bit(unsigned int nr, volatile unsigned long *p)
{
	sim_point();
	return __test_and_set_bit(nr, p);
}

bool test_and_clear_bit(unsigned int nr, volatile unsigned long *p)
{
	sim_point();
	return __test_and_clear_bit(nr, p);
}
