// SPDX-License-Identifier: GPL-2.0
/*
 * toolstack: takes an interface away at a chosen moment, to the millisecond.
 *
 * usage: toolstack DOMID VIF HOW WHEN MS
 *	WHEN	a state of the frontend: when it is first seen there or further
 *		on the way out (5: Closing or Closed)
 *		go: when the guest writes its own data/go
 *	MS	later than that it begins
 *	HOW	order: as libxl does: online=0, state 5 unless it is 6; waits for
 *		the backend's Closed, 10 s at most; both folders go 25 ms later,
 *		which is about what its hotplug script takes
 *		force: as libxl does when it is told to, or has waited in vain:
 *		with online=0 and state 5 the frontend's folder goes at once;
 *		the backend's when it is Closed, after 2 s at the latest
 *		rm: the frontend's folder goes and nothing else
 * Prints "watching" when it is ready, and in the end what it did, in ms from
 * the frontend's state 5 (from 4 when that is WHEN): negative is before.
 * Exit status: 0 done, 1 the moment did not come within 30 s or xenstore
 * failed, 2 usage.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xenstore.h>

#define PATIENCE	30	/* seconds */
#define LIBXL_WAIT	10
#define FORCE_WAIT	2
#define HOTPLUG_SCRIPT	0.025

static struct xs_handle *xs;
static char fe[96], be[256], go[64];
static int landmark = 5;	/* the state that times are told from */
static int state;		/* the frontend's, as last seen */
static double at_landmark, at_go;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* 0 when there is none */
static int read_state(const char *dir)
{
	char path[300], *v;
	unsigned int len;
	int state;

	snprintf(path, sizeof(path), "%s/state", dir);
	v = xs_read(xs, XBT_NULL, path, &len);
	state = v ? atoi(v) : 0;
	free(v);
	return state;
}

static void look_at_frontend(void)
{
	state = read_state(fe);
	if (at_landmark)
		return;
	if (landmark == 5 ? state == 5 || state == 6 : state == landmark)
		at_landmark = now();
}

static void look_for_go(void)
{
	unsigned int len;
	char *v;

	v = xs_read(xs, XBT_NULL, go, &len);
	if (v && !at_go)
		at_go = now();
	free(v);
}

/*
 * Sees what there is to see until then, or until something happens.  Each
 * question to xenstore takes a millisecond of a moment that is not missed so
 * far, so none is asked for nothing.
 */
static void look_until(double end)
{
	struct pollfd fd = { .fd = xs_fileno(xs), .events = POLLIN };
	struct timespec left;
	double s = end - now();
	char **event;

	if (s < 0)
		s = 0;
	left.tv_sec = s;
	left.tv_nsec = (s - left.tv_sec) * 1e9;
	if (ppoll(&fd, 1, &left, NULL) != 1)
		return;
	event = xs_check_watch(xs);
	if (!event)
		return;
	if (!strcmp(event[XS_WATCH_TOKEN], "go"))
		look_for_go();
	else if (!strcmp(event[XS_WATCH_TOKEN], "frontend"))
		look_at_frontend();
	free(event);
}

static void wait_until(double end)
{
	while (now() < end)
		look_until(end);
}

static int has_come(const char *when)
{
	int want = atoi(when);

	if (!strcmp(when, "go"))
		return at_go > 0;
	return want >= 5 ? state >= want && state <= 6 : state == want;
}

/* One transaction, tried again when somebody else wrote meanwhile. */
static void begin_removal(int with_frontend)
{
	int tries = 100;
	char path[300], *was;
	xs_transaction_t t;
	unsigned int len;

	do {
		t = xs_transaction_start(xs);
		if (with_frontend)
			xs_rm(xs, t, fe);
		snprintf(path, sizeof(path), "%s/state", be);
		was = xs_read(xs, t, path, &len);
		if (was && atoi(was) != 6)
			xs_write(xs, t, path, "5", 1);
		if (was) {
			snprintf(path, sizeof(path), "%s/online", be);
			xs_write(xs, t, path, "0", 1);
		}
		free(was);
	} while (!xs_transaction_end(xs, t, 0) && --tries);
}

/* True when the backend is Closed or gone. */
static int wait_closed(double seconds)
{
	double end = now() + seconds;
	int backend;

	while ((backend = read_state(be)) != 6 && backend && now() < end)
		look_until(now() + 0.01 < end ? now() + 0.01 : end);
	return backend == 6 || !backend;
}

static double since(double t)
{
	double from = at_landmark ? at_landmark : at_go;

	return from ? (t - from) * 1e3 : 0;
}

static int watch_state(const char *dir, const char *token)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/state", dir);
	return xs_watch(xs, path, token);
}

int main(int argc, char **argv)
{
	double end = now() + PATIENCE, began, closed_at = 0, removed;
	const char *how, *when;
	int closed = 0, order;
	unsigned int len;
	char *v, path[128];

	if (argc != 6 || atoi(argv[1]) < 1) {
		fprintf(stderr, "usage: toolstack DOMID VIF order|force|rm STATE|go MS\n");
		return 2;
	}
	how = argv[3];
	when = argv[4];
	order = !strcmp(how, "order");
	if ((!order && strcmp(how, "force") && strcmp(how, "rm")) ||
	    (strcmp(when, "go") && (atoi(when) < 1 || atoi(when) > 6))) {
		fprintf(stderr, "toolstack: '%s' at '%s'?\n", how, when);
		return 2;
	}
	if (!strcmp(when, "4"))
		landmark = 4;
	xs = xs_open(0);
	if (!xs) {
		perror("toolstack: xenstore");
		return 1;
	}
	snprintf(fe, sizeof(fe), "/local/domain/%s/device/vif/%s", argv[1], argv[2]);
	snprintf(go, sizeof(go), "/local/domain/%s/data/go", argv[1]);
	snprintf(path, sizeof(path), "%s/backend", fe);
	v = xs_read(xs, XBT_NULL, path, &len);
	if (!v) {
		fprintf(stderr, "toolstack: no %s\n", path);
		return 1;
	}
	snprintf(be, sizeof(be), "%s", v);
	free(v);
	xs_rm(xs, XBT_NULL, go);
	if (!watch_state(fe, "frontend") || !watch_state(be, "backend") ||
	    !xs_watch(xs, go, "go")) {
		perror("toolstack: watch");
		return 1;
	}
	printf("watching\n");
	fflush(stdout);
	while (!has_come(when)) {
		if (now() > end) {
			printf("%s did not come within %d s; frontend %d, backend %d\n",
			       when, PATIENCE, read_state(fe), read_state(be));
			return 1;
		}
		look_until(end);
	}
	wait_until(now() + atoi(argv[5]) / 1e3);

	began = now();
	if (!strcmp(how, "rm")) {
		xs_rm(xs, XBT_NULL, fe);
		removed = now();
	} else {
		begin_removal(!order);
		removed = now();
		closed = wait_closed(order ? LIBXL_WAIT : FORCE_WAIT);
		closed_at = now();
		if (order) {
			wait_until(closed_at + HOTPLUG_SCRIPT);
			xs_rm(xs, XBT_NULL, fe);
			removed = now();
		}
		xs_rm(xs, XBT_NULL, be);
	}
	wait_until(now() + 0.2);	/* so as to see a Closing that comes after */
	printf("%s from %s: began %.0f, ", how,
	       at_landmark ? landmark == 4 ? "Connected" : "Closing" : "go, never Closing",
	       since(began));
	if (closed_at)
		printf("backend %s %.0f, ", closed ? "Closed" : "not Closed by",
		       since(closed_at));
	printf("folder gone %.0f ms", since(removed));
	if (at_go && at_landmark)
		printf("; go %.0f", since(at_go));
	printf("\n");
	return 0;
}
