// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit-state exploration of the modelled world: every interleaving,
 * breadth first, until the frontier is empty.
 *
 * Safety is checked on the way (broken(), frontend_invariant()), so the first
 * trace found is a shortest one.  Afterwards the calm worlds, those in which
 * nobody disturbs any more and the backend is sound, are searched for places
 * where they come to rest, or go round for ever, short of the goal: Tarjan's
 * strongly connected components.  A calm world without a cycle outside the
 * goal reaches it under any scheduling, so no fairness has to be assumed.
 *
 * usage: checker 6.1|7.x [-v]	which kernel's xenbus the guest has; -v reports
 *				progress.  Exit status 0 if all properties
 *				hold, 1 with a trace if not, 2 if memory ran out
 *				or the arguments make no sense.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "world.h"

#define MAX_STATES	(48u << 20)
#define SLOTS		(1u << 27)
#define NOBODY		UINT32_MAX

static struct world *world;	/* all states, in order of discovery */
static uint32_t *parent;
static uint32_t *slot;		/* hash table of index + 1 */
static uint32_t states;
static uint64_t transitions;

/* What emit() does with a successor. */
static enum { EXPLORE, NAME, COLLECT } mode;
static uint32_t current;	/* state whose successors are made */
static char complaint[160];	/* what broken() said about the next emit() */
static char verdict[192];
static uint32_t culprit = NOBODY, before = NOBODY;

/* NAME: the step that leads to wanted. */
static struct world wanted;
static char step_text[96];
static enum side step_side;
static int step_found;

/* COLLECT: successors of one state. */
static uint32_t out[64];
static unsigned int outs;

static void *big(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("checker: mmap");
		exit(2);
	}
	return p;
}

static int same(const struct world *a, const struct world *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}

static uint32_t *find(const struct world *w)
{
	uint64_t h = w->q[0] * 0x9e3779b97f4a7c15u ^
		     (w->q[1] + 0x7f4a7c15u) * 0xc2b2ae3d27d4eb4fu;
	uint32_t i;

	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9u;
	h ^= h >> 32;
	for (i = h % SLOTS; slot[i]; i = (i + 1) % SLOTS)
		if (same(&world[slot[i] - 1], w))
			break;
	return &slot[i];
}

static uint32_t add(const struct world *w, uint32_t from)
{
	uint32_t *s = find(w);

	if (*s)
		return *s - 1;
	if (states == MAX_STATES) {
		fprintf(stderr, "checker: more than %u states, not explored to the end\n",
			MAX_STATES);
		exit(2);
	}
	world[states] = *w;
	parent[states] = from;
	*s = ++states;
	return states - 1;
}

void broken(const char *fmt, ...)
{
	va_list ap;

	if (complaint[0])
		return;
	va_start(ap, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, ap);
	va_end(ap);
}

void emit(const struct world *next, enum side side, const char *fmt, ...)
{
	struct world settled = *next;
	const char *wrong;
	uint32_t index;
	va_list ap;

	if (settled.sorry && !settled.todo && settled.stage == ST_READ &&
	    backend_caught_up(&settled))
		settled.sorry = 0;
	if (mode == NAME) {
		if (step_found || !same(&settled, &wanted))
			return;
		va_start(ap, fmt);
		vsnprintf(step_text, sizeof(step_text), fmt, ap);
		va_end(ap);
		step_side = side;
		step_found = 1;
		return;
	}
	transitions++;
	index = add(&settled, current);
	if (mode == COLLECT) {
		out[outs++] = index;
		return;
	}
	wrong = complaint[0] ? complaint : frontend_invariant(next);
	if (wrong && culprit == NOBODY) {
		snprintf(verdict, sizeof(verdict), "%s", wrong);
		culprit = index;
		/* The state may be known: the step into it is what matters. */
		before = current;
	}
	complaint[0] = 0;
}

static void successors(uint32_t index)
{
	struct world w = world[index];

	current = index;
	complaint[0] = 0;
	frontend_next(&w);
	backend_next(&w);
	toolstack_next(&w);
	if (w.calm)
		return;
	w.calm = 1;
	emit(&w, TOOL, "(from here on nobody disturbs)");
}

const char *xs_name(unsigned int state)
{
	static const char *const name[] = {
		"Unknown", "Initialising", "InitWait", "Initialised",
		"Connected", "Closing", "Closed", "Reconfiguring",
		"Reconfigured",
	};

	return state < sizeof(name) / sizeof(name[0]) ? name[state] : "?";
}

/* ---- ladder ---------------------------------------------------------- */

static void print_step(uint32_t from, uint32_t to, unsigned int nr)
{
	const struct world *w = &world[to];

	mode = NAME;
	wanted = *w;
	step_found = 0;
	successors(from);
	if (step_side == FRONT)
		printf("%4u %u  %-48s |                                    %u\n",
		       nr, (unsigned int)w->fs, step_text, (unsigned int)w->bs);
	else
		printf("%4u %u  %-48s | %-34s %u\n", nr, (unsigned int)w->fs, "",
		       step_text, (unsigned int)w->bs);
}

static void print_trace(uint32_t last)
{
	static uint32_t path[4096];
	unsigned int n = 0, i;
	uint32_t s;

	path[n++] = last;
	for (s = before != NOBODY ? before : parent[last];
	     s != NOBODY && n < 4096; s = parent[s])
		path[n++] = s;
	printf("# the numbers are both ends' state nodes in xenstore after the step\n");
	printf("#         frontend (bus %s)                              | backend, toolstack\n",
	       world[last].bus7 ? "7.x" : "6.1");
	for (i = n - 1; i > 0; i--)
		print_step(path[i], path[i - 1], n - i);
	fflush(stdout);
}

static void print_loop(void);

/* ---- safety ---------------------------------------------------------- */

static void start_worlds(unsigned int bus7)
{
	struct world w;

	/* Nothing is attached, the driver is loaded. */
	memset(&w, 0, sizeof(w));
	w.bus7 = bus7;
	w.loaded = 1;
	add(&w, NOBODY);

	/* Another driver was here and left its keys. */
	w.loaded = 0;
	w.fdir = 1;
	w.fs = XNF_XS_CLOSED;
	w.mine = 1;
	w.keys = RINGS_OLD;
	w.bdir = 1;
	w.bs = XNF_XS_CLOSED;
	w.online = 1;
	w.script = 1;
	w.bk = BK_NETBACK;
	w.bst = XNF_XS_CLOSED;
	w.bds = XNF_XS_CLOSED;
	w.xdev = 1;
	w.xds = XNF_XS_CLOSED;
	add(&w, NOBODY);
}

/* Returns the depth of the search. */
static unsigned int explore(unsigned int bus7, int verbose)
{
	uint32_t next = 0, level_end;
	unsigned int depth = 0;

	mode = EXPLORE;
	start_worlds(bus7);
	level_end = states;
	while (next < states && culprit == NOBODY) {
		successors(next++);
		if (next == level_end && next < states) {
			level_end = states;
			depth++;
			if (verbose && depth % 10 == 0)
				fprintf(stderr, "# depth %u, %u states, %u to go\n",
					depth, states, states - next);
		}
	}
	return depth;
}

/* ---- liveness -------------------------------------------------------- */

/* Tarjan's numbers by state; the search's own stack is a list of frames. */
static uint32_t *order, *low, *pile;
static uint8_t *on_pile;

struct frame {
	uint32_t state;
	uint16_t next, count;
	uint32_t first;		/* of its successors, in edge[] */
};

static struct frame *frame;
static uint32_t *edge;
static uint32_t edges;
static uint64_t calm_states, components, resting;
static uint32_t loop[64];	/* states that the world goes round in */
static unsigned int loops;

static void push(uint32_t s, uint32_t *frames, uint32_t *piled, uint32_t *clock)
{
	struct frame *f = &frame[(*frames)++];

	order[s] = low[s] = ++*clock;
	pile[(*piled)++] = s;
	on_pile[s] = 1;
	outs = 0;
	successors(s);
	f->state = s;
	f->next = 0;
	f->count = outs;
	f->first = edges;
	memcpy(edge + edges, out, outs * sizeof(out[0]));
	edges += outs;
}

static void judge(uint32_t s, const char *why)
{
	if (culprit != NOBODY)
		return;
	snprintf(verdict, sizeof(verdict), "%s", why);
	culprit = s;
}

/* A whole component, the top @size entries of the pile. */
static void component(const uint32_t *member, uint32_t size, unsigned int leaves)
{
	const char *wrong;

	components++;
	if (size == 1 && leaves)
		return;
	if (size > 1) {
		for (loops = 0; loops < size && loops < 64; loops++)
			loop[loops] = member[size - 1 - loops];
		judge(loop[0], "goes round for ever with a sound backend");
		return;
	}
	resting++;
	wrong = frontend_at_rest(&world[member[0]]);
	if (wrong)
		judge(member[0], wrong);
}

static void search_calm(uint32_t root, uint32_t *clock)
{
	uint32_t frames = 0, piled = 0;

	edges = 0;
	push(root, &frames, &piled, clock);
	while (frames && culprit == NOBODY) {
		struct frame *f = &frame[frames - 1];
		uint32_t s = f->state, t, size = 0;

		if (f->next < f->count) {
			t = edge[f->first + f->next++];
			if (!order[t])
				push(t, &frames, &piled, clock);
			else if (on_pile[t] && order[t] < low[s])
				low[s] = order[t];
			continue;
		}
		if (low[s] == order[s]) {
			do {
				t = pile[piled - 1 - size++];
				on_pile[t] = 0;
			} while (t != s);
			piled -= size;
			component(pile + piled, size, f->count);
		}
		edges = f->first;
		frames--;
		if (frames && low[s] < low[frame[frames - 1].state])
			low[frame[frames - 1].state] = low[s];
	}
}

static void check_liveness(void)
{
	uint32_t i, known = states, clock = 0;

	order = big((size_t)known * 4);
	low = big((size_t)known * 4);
	pile = big((size_t)known * 4);
	on_pile = big(known);
	frame = big((size_t)known * sizeof(*frame));
	edge = big((size_t)known * 64);
	mode = COLLECT;
	for (i = 0; i < known && culprit == NOBODY; i++) {
		if (!world[i].calm)
			continue;
		calm_states++;
		if (!order[i])
			search_calm(i, &clock);
	}
}

/* The steps between the states of a loop. */
static void print_loop(void)
{
	unsigned int i, j, k, n;
	uint32_t next[64];

	if (loops)
		printf("# and from there, with these steps, for ever:\n");
	for (i = 0; i < loops; i++) {
		mode = COLLECT;
		outs = 0;
		successors(loop[i]);
		n = outs;
		memcpy(next, out, n * sizeof(next[0]));
		for (j = 0; j < n; j++)
			for (k = 0; k < loops; k++)
				if (next[j] == loop[k])
					print_step(loop[i], next[j], i);
	}
}

int main(int argc, char **argv)
{
	int verbose = argc > 2 && !strcmp(argv[2], "-v");
	struct timespec t0, t1;
	struct rusage use;
	unsigned int depth;
	uint64_t moves;

	if (argc < 2 || (strcmp(argv[1], "6.1") && strcmp(argv[1], "7.x"))) {
		fprintf(stderr, "usage: checker 6.1|7.x [-v]\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &t0);
	world = big((size_t)MAX_STATES * sizeof(*world));
	parent = big((size_t)MAX_STATES * 4);
	slot = big((size_t)SLOTS * 4);

	depth = explore(!strcmp(argv[1], "7.x"), verbose);
	moves = transitions;
	if (culprit == NOBODY)
		check_liveness();
	clock_gettime(CLOCK_MONOTONIC, &t1);
	getrusage(RUSAGE_SELF, &use);

	printf("states %u, transitions %llu, depth %u, frontier %s\n", states,
	       (unsigned long long)moves, depth,
	       culprit == NOBODY || calm_states ? "empty" :
	       "left when the first violation was found");
	if (calm_states)
		printf("calm states %llu, components %llu, at rest %llu\n",
		       (unsigned long long)calm_states,
		       (unsigned long long)components,
		       (unsigned long long)resting);
	printf("%.1f s, %ld MiB\n", (t1.tv_sec - t0.tv_sec) +
	       (t1.tv_nsec - t0.tv_nsec) / 1e9, use.ru_maxrss / 1024);
	if (culprit == NOBODY) {
		printf("no property is broken\n");
		return 0;
	}
	printf("BROKEN: %s\n", verdict);
	print_trace(culprit);
	print_loop();
	return 1;
}
