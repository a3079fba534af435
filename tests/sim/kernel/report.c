// SPDX-License-Identifier: GPL-2.0
/*
 * What happened: the log, its hash, and the report of a life that failed.
 *
 * The log's text is what two runs of a seed are compared by, so no address and
 * no wall clock gets into it.  A report has the reason, who waits for what
 * with stacks, who holds what, and the last lines as a ladder: one column for
 * each kind of party.
 */
#include <unistd.h>

#include <sim/mm.h>
#include <sim/xen.h>

#define LINES	512
#define TEXT	152

struct line {
	u64 when;
	char who[24];
	enum sim_kind kind;
	char text[TEXT];
};

static struct line ring[LINES];
static unsigned int lines;
static u64 hash = 0xcbf29ce484222325ull;
static bool failing;
unsigned int sim_complaints;

static void hash_text(const char *s)
{
	for (; *s; s++)
		hash = (hash ^ (u8)*s) * 0x100000001b3ull;
}

static void print_line(FILE *to, const struct line *l)
{
	static const unsigned int column[] = {
		[SIM_TASK] = 0, [SIM_SOFTIRQ] = 2, [SIM_HARDIRQ] = 4, [SIM_PEER] = 24,
	};

	fprintf(to, "# %12.6f %*s[%s] %s\n", l->when / 1e9, column[l->kind], "",
		l->who, l->text);
}

static void add_line(const char *text)
{
	struct line *l = &ring[lines++ % LINES];

	l->when = sim_now;
	l->kind = sim_current->kind;
	snprintf(l->who, sizeof(l->who), "%s", sim_current->name);
	snprintf(l->text, sizeof(l->text), "%s", text);
	hash = (hash ^ sim_now) * 0x100000001b3ull;
	hash_text(l->who);
	hash_text(l->text);
	if (sim_config.verbose)
		print_line(stdout, l);
}

void sim_log(const char *fmt, ...)
{
	char text[TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_line(text);
}

/* %pM and its like are the kernel's own: such a message is logged without values. */
void sim_printk(const char *level, const char *fmt, ...)
{
	char text[TEXT + 80];
	va_list args;
	int n = snprintf(text, sizeof(text), "%s: ", level);

	va_start(args, fmt);
	if (strstr(fmt, "%p"))
		snprintf(text + n, sizeof(text) - n, "%s", fmt);
	else
		vsnprintf(text + n, sizeof(text) - n, fmt, args);
	va_end(args);
	text[strcspn(text, "\n")] = '\0';
	if (strstr(fmt, "close within") || strstr(fmt, "closed within"))
		sim_complaints++;
	add_line(text);
}

u64 sim_hash(void)
{
	return hash;
}

/* Frame pointers from @rbp on, as far as they stay on one stack. */
static int walk(void **rbp, const char *stack, size_t size, void **out, int max)
{
	int n = 0;

	while (n < max && (char *)rbp >= stack &&
	       (char *)(rbp + 1) < stack + size && !((unsigned long)rbp & 7)) {
		if (!rbp[1])
			break;
		out[n++] = rbp[1];
		if ((void **)rbp[0] <= rbp)
			break;
		rbp = rbp[0];
	}
	return n;
}

/* Where a fiber is, the innermost first. */
static int stack_of(const struct sim_fiber *f, void **pc, int max)
{
	void **frame = f == sim_current ? __builtin_frame_address(0) :
					  (void **)f->sp + 5;

	return walk(frame, f->stack, f->stack_size, pc, max);
}

/* Return: is a fiber between @from and @to, or in what was called from there? */
bool sim_is_within(const struct sim_fiber *f, const char *from, const char *to)
{
	void *pc[64];
	int i, n = stack_of(f, pc, ARRAY_SIZE(pc));

	for (i = 0; i < n; i++)
		if ((char *)pc[i] >= from && (char *)pc[i] < to)
			return true;
	return false;
}

/* A line for each place of a fiber's stack, to be read and closed. */
static FILE *open_stack(const struct sim_fiber *f)
{
	char command[1024];
	void *pc[24];
	int i, n = stack_of(f, pc, ARRAY_SIZE(pc)), len;

	len = snprintf(command, sizeof(command), "addr2line -sfpe /proc/%d/exe", getpid());
	for (i = 0; i < n; i++)
		len += snprintf(command + len, sizeof(command) - len, " %p",
				(char *)pc[i] - 1);
	return popen(command, "r");
}

void sim_backtrace(const struct sim_fiber *f, FILE *to)
{
	FILE *p = open_stack(f);
	char text[256];

	while (p && fgets(text, sizeof(text), p))
		if (!strstr(text, "fiber_main") && !strstr(text, "give_way") &&
		    !strstr(text, "switch_to") && !strstr(text, "sim_fail") &&
		    !strstr(text, "sim_block"))
			fprintf(to, "#       %s", text);
	if (p)
		pclose(p);
}

const char *sim_wait_text(const struct sim_fiber *f, char *buf, size_t size)
{
	const struct sim_fiber *holder = f->wait.holder ? *f->wait.holder : NULL;

	if (f->state != SIM_WAITING)
		snprintf(buf, size, "can run");
	else if (holder)
		snprintf(buf, size, "waits for %s \"%s\" that %s has", f->wait.kind,
			 f->wait.name, holder->name);
	else
		snprintf(buf, size, "waits for %s \"%s\"", f->wait.kind, f->wait.name);
	return buf;
}

static void print_fiber(struct sim_fiber *f, void *arg)
{
	char text[160];
	unsigned int i;
	FILE *to = arg;

	/* Threads without work are of no interest. */
	if (f->state == SIM_WAITING && f->wait.bounded && !f->nr_held &&
	    strcmp(f->wait.kind, "sleep"))
		return;
	fprintf(to, "#   %s %s", f->name, sim_wait_text(f, text, sizeof(text)));
	if (f->state == SIM_WAITING)
		fprintf(to, " since %.6f", f->wait_since / 1e9);
	for (i = 0; i < f->nr_held; i++)
		fprintf(to, "%s%s", i ? ", " : "; has ", f->held[i].name);
	fprintf(to, "\n");
	if (f->kind != SIM_PEER || f == sim_current)
		sim_backtrace(f, to);
}

static void print_ladder(FILE *to)
{
	unsigned int from = lines > 60 ? lines - 60 : 0;

	fprintf(to, "# the last lines (guest: left, interrupts: indented, other domains: right)\n");
	for (; from < lines; from++)
		print_line(to, &ring[from % LINES]);
}

/**
 * sim_fail() - an invariant does not hold: report, and end the life
 * @kind: of invariant; the runner counts these
 * @fmt: what is wrong, with names
 */
void sim_fail(const char *kind, const char *fmt, ...)
{
	va_list args;

	if (failing)
		_exit(3);
	failing = true;
	va_start(args, fmt);
	printf("FAIL %s: ", kind);
	vprintf(fmt, args);
	printf("\n# seed %llu, at %.6f s in %s, after %llu steps, %llu switches and %llu preemptions; schedule: %s %u, hurry %u, %u CPUs\n",
	       sim_config.seed, sim_now / 1e9, sim_current->name, sim_steps(),
	       sim_switches(), sim_preemptions(), sim_config.walk ? "walk" : "PCT",
	       sim_config.walk ?: sim_config.pct_points, sim_config.hurry,
	       sim_config.cpus);
	va_end(args);
	if (!sim_config.verbose && !sim_config.brief)
		print_ladder(stdout);
	if (!sim_config.brief) {
		printf("# parties\n");
		sim_each_fiber(print_fiber, stdout);
	}
	fflush(stdout);
	_exit(1);
}

/* The innermost place of @f within the driver's sources, as "function at file:line". */
static void driver_place(const struct sim_fiber *f, char *text, size_t size)
{
	FILE *p = open_stack(f);
	char line[256];

	snprintf(text, size, "?");
	while (p && fgets(line, sizeof(line), p)) {
		line[strcspn(line, "(\n")] = '\0';
		if (strstr(line, "tsan.c") || strstr(line, "report.c") || strstr(line, "sched.c"))
			continue;
		snprintf(text, size, "%s", line);
		break;
	}
	if (p)
		pclose(p);
}

/**
 * sim_races() - two fibers are at the same memory at the same time
 * @other: stopped at its access
 * @ours: what kind of access the present fiber's is
 * @theirs: what kind of access the other's is
 */
void sim_races(const struct sim_fiber *other, const char *ours, const char *theirs)
{
	char here[256], there[256];

	driver_place(sim_current, here, sizeof(here));
	driver_place(other, there, sizeof(there));
	sim_fail("race", "%s of %s in %s, and %s of %s in %s", ours, here,
		 sim_current->name, theirs, there, other->name);
}

void sim_bug(const char *what, const char *file, int line)
{
	const char *base = strrchr(file, '/');

	sim_fail("warning", "%s at %s:%d", what, base ? base + 1 : file, line);
}
