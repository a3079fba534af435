// SPDX-License-Identifier: GPL-2.0
/*
 * vifd: a vif backend that a scenario can make misbehave.
 *
 * usage: vifd DOMID VIF [SCENARIO]
 *	creates /local/domain/DOMID/device/vif/VIF if it is not there, with a
 *	backend of a type that no driver of dom0 takes, and serves it.
 *	SIGUSR1: forget the scenario, be sound from now on
 *	SIGHUP: follow it from now on (it says "late", or was forgotten)
 *	SIGUSR2: detach the way libxl does (online=0, state 5)
 *	SIGTERM: die at once, the folders stay
 * Answers ARP and ping for 10.98.0.1.  Prints each state of both ends with
 * the time.  Exit status: 0 after a detach, 1 if xenstore fails, 2 for usage.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>

#include "vifd.h"

static struct xs_handle *xs;
static unsigned int domid;
static char fe[80], be[80];
static struct scenario scenario;
static const struct scenario *faults;	/* NULL: sound, for now or for good */
static struct rings *rings;
static int own, seen = -1, online = 1;
static volatile sig_atomic_t sound_asked, faults_asked, detach_asked;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static char *get(const char *dir, const char *key)
{
	static char value[256];
	char path[160], *v;
	unsigned int len;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	v = xs_read(xs, XBT_NULL, path, &len);
	if (!v)
		return NULL;
	snprintf(value, sizeof(value), "%s", v);
	free(v);
	return value;
}

static long number(const char *dir, const char *key, long fallback)
{
	char *v = get(dir, key);

	return v ? atol(v) : fallback;
}

static void put(const char *dir, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put(const char *dir, const char *key, const char *fmt, ...)
{
	char path[160], value[128];
	va_list ap;

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (!xs_write(xs, XBT_NULL, path, value, strlen(value)))
		fprintf(stderr, "vifd: %s: %s\n", path, strerror(errno));
}

static void drop(const char *dir, const char *key)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, key);
	xs_rm(xs, XBT_NULL, path);
}

static void own_state(int state)
{
	printf("%.3f backend %d -> %d\n", now(), own, state);
	own = state;
	put(be, "state", "%d", state);
}

static void make_folder(const char *path, unsigned int owner, unsigned int reader)
{
	struct xs_permissions perm[2] = {
		{ .id = owner, .perms = XS_PERM_NONE },
		{ .id = reader, .perms = XS_PERM_READ },
	};

	if (!xs_mkdir(xs, XBT_NULL, path) ||
	    !xs_set_permissions(xs, XBT_NULL, path, perm, 2)) {
		fprintf(stderr, "vifd: %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

static void put_keys(const struct key *key, int keys)
{
	for (; keys; keys--, key++) {
		if (key->gone)
			drop(be, key->name);
		else
			put(be, key->name, "%s", key->value);
	}
}

/* What netback offers; a scenario may change or remove any of it. */
static void offer(void)
{
	static const char *const on[] = {
		"feature-sg", "feature-rx-copy", "feature-split-event-channels",
		"multi-queue-max-queues", "online",
	};
	unsigned int i;

	for (i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		put(be, on[i], "1");
	if (faults)
		put_keys(faults->key, faults->keys);
}

static void attach(int vif)
{
	int fresh = !get(fe, "backend");

	make_folder(be, 0, domid);
	put(be, "frontend", "%s", fe);
	put(be, "frontend-id", "%u", domid);
	put(be, "handle", "%d", vif);
	offer();
	if (fresh) {
		own_state(1);
		make_folder(fe, domid, 0);
		put(fe, "backend", "%s", be);
		put(fe, "backend-id", "0");
		put(fe, "handle", "%d", vif);
		put(fe, "mac", "00:16:3e:fe:00:02");
		put(fe, "state", "1");
	}
	own_state(2);
}

static void disconnect(void)
{
	if (!rings || (faults && faults->keep))
		return;
	rings_close(rings);
	rings = NULL;
}

static void connect_rings(void)
{
	long tx, rx, port_tx, port_rx;

	/* The frontend agreed on what was offered in InitWait. */
	if (faults && faults->thens) {
		printf("%.3f offers something else\n", now());
		put_keys(faults->then, faults->thens);
	}
	if (rings || (faults && faults->no_map))
		return;
	tx = number(fe, "tx-ring-ref", -1);
	rx = number(fe, "rx-ring-ref", -1);
	port_tx = number(fe, "event-channel-tx", -1);
	port_rx = number(fe, "event-channel-rx", port_tx);
	if (port_tx < 0)
		port_tx = port_rx = number(fe, "event-channel", -1);
	if (tx >= 0 && rx >= 0 && port_tx >= 0)
		rings = rings_open(domid, tx, rx, port_tx, port_rx);
	if (rings && scenario.storm_ctrl)
		rings_open_ctrl(rings, number(fe, "ctrl-ring-ref", -1),
				number(fe, "event-channel-ctrl", -1));
	if (!rings) {
		printf("%.3f no rings: tx %ld rx %ld port %ld\n", now(), tx, rx,
		       port_tx);
		own_state(5);
	}
}

static void forced(const int *states)
{
	for (; *states; states++) {
		if (*states == 4)
			connect_rings();
		if (*states == 6)
			disconnect();
		own_state(*states);
	}
}

/* The way netback goes; it lets rings go whenever it leaves Connected. */
static void follow(int state)
{
	switch (state) {
	case 1:
		if (own == 4) {
			disconnect();
			own_state(5);
		}
		if (own == 5)
			own_state(6);
		if (own != 2) {
			offer();
			own_state(2);
		}
		break;
	case 4:
		if (own == 4)
			break;
		if (own == 5)
			own_state(6);
		if (own != 2)
			own_state(2);
		connect_rings();
		own_state(4);
		break;
	case 5:
		disconnect();
		if (own != 5)
			own_state(5);
		break;
	case 0:
	case 6:
		disconnect();
		if (own == 6)
			break;
		if (own != 5)
			own_state(5);
		own_state(6);
		break;
	}
}

/*
 * What libxl writes, behind the backend's back; the frontend's folder goes once
 * both ends are Closed.
 */
static void begin_detach(void)
{
	printf("%.3f detach\n", now());
	online = 0;
	put(be, "online", "0");
	if (own != 6)
		put(be, "state", "5");
}

static void frontend_changed(void)
{
	int state = number(fe, "state", 0);

	if (state != seen)
		printf("%.3f frontend %d -> %d\n", now(), seen, state);
	seen = state;
	online = number(be, "online", 0);
	if (state > 8)
		state = 0;
	if (faults && faults->die[state]) {
		printf("%.3f dies in frontend state %d\n", now(), state);
		fflush(stdout);
		_exit(0);
	}
	if (faults && faults->ignore[state])
		return;
	if (faults && faults->answer[state][0]) {
		forced(faults->answer[state]);
		return;
	}
	follow(state);
	if (faults && faults->detach_on[state] && online)
		begin_detach();
	if (!online && (seen == 6 || seen == 0) && own == 6) {
		printf("%.3f detached\n", now());
		xs_rm(xs, XBT_NULL, fe);
		xs_rm(xs, XBT_NULL, be);
		exit(0);
	}
}

/* A sound backend takes over: what the lies left is undone as a restart. */
static void become_sound(void)
{
	int kept = faults && faults->keep;

	printf("%.3f sound from now on\n", now());
	faults = NULL;
	/*
	 * Rings whose indices were bent cannot be gone on with: start again
	 * the way a restarted netback does.
	 */
	if (rings && (kept || scenario.rx[0] || scenario.tx[0] || scenario.no_map))
		disconnect();
	offer();
	if (!rings && own != 6)
		own_state(2);
	frontend_changed();
}

static void on_signal(int nr)
{
	if (nr == SIGUSR1)
		sound_asked = 1;
	else if (nr == SIGHUP)
		faults_asked = 1;
	else
		detach_asked = 1;
}

static void signals(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

static void detach(void)
{
	begin_detach();
	frontend_changed();
}

static void flap(void)
{
	static int i;

	if (!faults->flap[i])
		i = 0;
	forced((int[]){ faults->flap[i++], 0 });
}

static void loop(void)
{
	double next_flap = now(), next_send = now();
	struct pollfd fd[2];

	for (;;) {
		int tick = 100, n = 1;

		fd[0] = (struct pollfd){ .fd = xs_fileno(xs), .events = POLLIN };
		if (rings)
			fd[n++] = (struct pollfd){ .fd = rings_fd(rings),
						   .events = POLLIN };
		if (faults && faults->flap_ms && faults->flap_ms < tick)
			tick = faults->flap_ms;
		if (faults && (faults->storm || faults->storm_ctrl))
			tick = 1;
		fflush(stdout);
		if (poll(fd, n, tick) < 0 && errno != EINTR)
			return;
		if (sound_asked) {
			sound_asked = 0;
			become_sound();
			continue;
		}
		if (faults_asked) {
			faults_asked = 0;
			faults = &scenario;
			printf("%.3f faults from now on\n", now());
			continue;
		}
		if (detach_asked) {
			detach_asked = 0;
			detach();
			continue;
		}
		if (fd[0].revents & POLLIN) {
			char **event = xs_check_watch(xs);

			if (event) {
				free(event);
				frontend_changed();
			}
		}
		if (rings && own == 4) {
			if (n > 1 && (fd[1].revents & POLLIN))
				rings_serve(rings, faults);
			if (faults && now() >= next_send) {
				next_send = now() + 0.02;
				rings_send(rings, faults);
			}
		}
		if (faults && faults->storm && rings) {
			int i;

			for (i = 0; i < faults->storm / 500 + 1; i++)
				rings_notify(rings);
		}
		if (faults && faults->storm_ctrl && rings) {
			int i;

			for (i = 0; i < faults->storm_ctrl / 500 + 1; i++)
				rings_flip_ctrl(rings);
		}
		if (faults && faults->flap_ms && now() >= next_flap) {
			next_flap = now() + faults->flap_ms / 1000.0;
			flap();
		}
	}
}

int main(int argc, char **argv)
{
	char path[96];
	int vif;

	if (argc < 3 || argc > 4 || atoi(argv[1]) < 1) {
		fprintf(stderr, "usage: vifd DOMID VIF [SCENARIO]\n");
		return 2;
	}
	signals();
	domid = atoi(argv[1]);
	vif = atoi(argv[2]);
	if (argc == 4) {
		scenario_read(&scenario, argv[3]);
		faults = scenario.late ? NULL : &scenario;
	}
	xs = xs_open(0);
	if (!xs) {
		perror("vifd: xenstore");
		return 1;
	}
	snprintf(fe, sizeof(fe), "/local/domain/%u/device/vif/%d", domid, vif);
	snprintf(be, sizeof(be), "/local/domain/0/backend/vifd/%u/%d", domid, vif);
	attach(vif);
	snprintf(path, sizeof(path), "%s/state", fe);
	if (!xs_watch(xs, path, "frontend")) {
		perror("vifd: watch");
		return 1;
	}
	loop();
	return 1;
}
