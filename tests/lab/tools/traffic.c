// SPDX-License-Identifier: GPL-2.0
/*
 * traffic.c - makes and checks traffic; runs in guests and in dom0. Everything received is compared
 * with what must have been sent.
 *
 * usage: traffic echo PORT                      UDP: sends back whatever comes, for ever
 *        traffic sweep ADDRESS PORT FROM TO [STEP]   UDP: one datagram of each size there and back,
 *                                                    compared byte by byte
 *        traffic blast ADDRESS PORT PAUSE       UDP: 1400 bytes each PAUSE microseconds for ever,
 *                                               whatever errors come
 *        traffic gaps PORT LOG MS               UDP: takes whatever comes; LOG gets a line "TIME
 *                                               LENGTH" (seconds) for each pause of MS or more
 *        traffic take PORT COUNT BUSY PREFER    UDP: takes so many, a minute at most, and says how
 *                                               many came; polls the device itself for BUSY
 *                                               microseconds when there is none (SO_BUSY_POLL, 0:
 *                                               no), with PREFER in place of interrupts
 *                                               (SO_PREFER_BUSY_POLL)
 *        traffic pump-listen PORT LOG           TCP: takes one connection, sends and receives for
 *                                               ever
 *        traffic pump ADDRESS PORT LOG          TCP: connects, sends and receives for ever
 *
 * pump: LOG gets a line "TIME RECEIVED SENT" (seconds, bytes) each fifth of a second. SIGTERM ends
 * it with a summary and status 0; a byte that differs is status 3, a connection that breaks
 * status 2. Both ends know the stream: byte p is pattern[p mod PERIOD].
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_UDP		65507
#define PERIOD		131071			/* prime: a stream shifted by whole pages or segments differs */
#define WINDOW		16			/* datagrams under way */
#define TRIES		20
#define RATE		1e6			/* bytes a second that pump sends at most: both ends share one emulated CPU with all else */

static unsigned char pattern[PERIOD * 2 + MAX_UDP];
static volatile sig_atomic_t ended;

static void on_term(int sig)
{
	(void)sig;
	ended = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void fill_pattern(void)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < PERIOD; i++) {
		x = x * 1664525u + 1013904223u;
		pattern[i] = (unsigned char)(x >> 24);
	}
	for (size_t i = PERIOD; i < sizeof(pattern); i++)
		pattern[i] = pattern[i - PERIOD];
}

static int make_socket(int type)
{
	int s = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1, big = 8 << 20;

	if (s < 0)
		fail("socket");
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_DGRAM) {
		setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
		setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big));
	}
	return s;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	if (host && inet_pton(AF_INET, host, &a.sin_addr) != 1) {
		fprintf(stderr, "traffic: %s is no IPv4 address\n", host);
		exit(2);
	}
	return a;
}

static _Noreturn void echo(const char *port)
{
	static unsigned char buf[MAX_UDP + 1];
	struct sockaddr_in a = address(NULL, port), from;
	int s = make_socket(SOCK_DGRAM);

	if (bind(s, (struct sockaddr *)&a, sizeof(a)))
		fail("bind");
	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

		if (n >= 0)
			sendto(s, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}

/* Content of the datagram of @size bytes: a slice of the pattern that depends on the size. */
static const unsigned char *content(unsigned int size)
{
	return pattern + size * 7u % PERIOD;
}

static int sweep(const char *host, const char *port, unsigned int from, unsigned int to, unsigned int step)
{
	static unsigned char buf[MAX_UDP + 1], state[MAX_UDP + 1], tries[MAX_UDP + 1];
	static double sent[MAX_UDP + 1];
	struct sockaddr_in a = address(host, port);
	unsigned int next = from, low = from, under_way = 0, again = 0;
	int s = make_socket(SOCK_DGRAM);
	double begin = now();

	if (from < 1 || to > MAX_UDP || connect(s, (struct sockaddr *)&a, sizeof(a)))
		fail("connect");
	while (low <= to) {
		ssize_t n;

		while (under_way < WINDOW && next <= to) {
			send(s, content(next), next, 0);
			sent[next] = now();
			state[next] = 1;
			next += step;
			under_way++;
		}
		if (poll(&(struct pollfd){ .fd = s, .events = POLLIN }, 1, 200) > 0)
			while ((n = recv(s, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
				if (n < (ssize_t)from || n > (ssize_t)to || state[n] == 0 || memcmp(buf, content((unsigned int)n), (size_t)n)) {
					printf("a datagram of %zd bytes came back changed\n", n);
					return 3;
				}
				if (state[n] == 1) {
					state[n] = 2;
					under_way--;
				}
			}
		for (unsigned int i = low; i < next && i <= to; i += step)
			if (state[i] == 1 && now() - sent[i] > 1) {
				if (++tries[i] > TRIES) {
					printf("a datagram of %u bytes was lost %d times in a row\n", i, TRIES);
					return 1;
				}
				again++;
				send(s, content(i), i, 0);
				sent[i] = now();
			}
		while (low < next && low <= to && state[low] == 2)
			low += step;
	}
	printf("sizes %u to %u step %u came back unchanged, %u sent again, %.1f s\n", from, to, step, again, now() - begin);
	return 0;
}

static int take(const char *port, unsigned int count, int busy, int prefer)
{
	struct timeval patience = { .tv_usec = 200000 };
	struct sockaddr_in a = address(NULL, port);
	static unsigned char buf[MAX_UDP + 1];
	int s = make_socket(SOCK_DGRAM);
	double end = now() + 60;
	unsigned int n = 0;

	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		fail("bind");
	if (busy && setsockopt(s, SOL_SOCKET, SO_BUSY_POLL, &busy, sizeof(busy)))
		fail("SO_BUSY_POLL");
	if (prefer && setsockopt(s, SOL_SOCKET, SO_PREFER_BUSY_POLL, &prefer, sizeof(prefer)))
		fail("SO_PREFER_BUSY_POLL (Linux 5.11)");
	while (n < count && now() < end)
		n += recv(s, buf, sizeof(buf), 0) > 0;
	printf("%u\n", n);
	return 0;
}

static _Noreturn void blast(const char *host, const char *port, unsigned int pause)
{
	struct sockaddr_in a = address(host, port);
	int s = make_socket(SOCK_DGRAM);

	for (;;) {
		sendto(s, pattern, 1400, MSG_DONTWAIT, (struct sockaddr *)&a, sizeof(a));
		usleep(pause);
	}
}

/* TIME is that of the first datagram after the pause. */
static int gaps(const char *port, const char *log, unsigned int ms)
{
	struct sockaddr_in a = address(NULL, port);
	int s = make_socket(SOCK_DGRAM);
	FILE *f = fopen(log, "w");
	static char buf[2048];
	double last = 0, t;

	if (!f)
		fail(log);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)))
		fail("bind");
	while (!ended) {
		if (poll(&(struct pollfd){ .fd = s, .events = POLLIN }, 1, 1000) <= 0)
			continue;
		while (recv(s, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
			;
		t = now();
		if (last && t - last >= ms / 1e3) {
			fprintf(f, "%.3f %.3f\n", t, t - last);
			fflush(f);
		}
		last = t;
	}
	fclose(f);
	return 0;
}

static int pump(int s, const char *log)
{
	static unsigned char buf[65536];
	uint64_t received = 0, sent = 0;
	double last = 0, begin = now();
	int rc = 0, one = 1, ahead;
	FILE *f = fopen(log, "w");

	if (!f)
		fail(log);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(s, F_SETFL, O_NONBLOCK);
	while (!ended && !rc) {
		struct pollfd p = { .fd = s, .events = POLLIN };
		ssize_t n;

		ahead = (double)sent > RATE * (now() - begin);
		if (!ahead)
			p.events |= POLLOUT;
		poll(&p, 1, ahead ? 10 : 500);
		n = recv(s, buf, sizeof(buf), 0);
		if (n > 0) {
			if (memcmp(buf, pattern + received % PERIOD, (size_t)n)) {
				printf("the stream differs after %llu bytes\n", (unsigned long long)received);
				rc = 3;
			}
			received += (uint64_t)n;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			printf("receive: %s\n", n ? strerror(errno) : "the other end closed");
			rc = 2;
		}
		n = ahead ? 0 : send(s, pattern + sent % PERIOD, 65536, MSG_NOSIGNAL);
		if (n >= 0)
			sent += (uint64_t)n;
		else if (errno != EAGAIN && errno != EINTR) {
			printf("send: %s\n", strerror(errno));
			rc = 2;
		}
		if (now() - last >= 0.2) {
			last = now();
			fprintf(f, "%.3f %llu %llu\n", last, (unsigned long long)received, (unsigned long long)sent);
			fflush(f);
		}
	}
	fprintf(f, "%.3f %llu %llu\n", now(), (unsigned long long)received, (unsigned long long)sent);
	fclose(f);
	printf("received %llu sent %llu\n", (unsigned long long)received, (unsigned long long)sent);
	return rc;
}

static int pump_listen(const char *port, const char *log)
{
	struct sockaddr_in a = address(NULL, port);
	int s = make_socket(SOCK_STREAM), c;

	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
		fail("listen");
	c = accept(s, NULL, NULL);
	if (c < 0)
		fail("accept");
	close(s);
	return pump(c, log);
}

static int pump_connect(const char *host, const char *port, const char *log)
{
	struct sockaddr_in a = address(host, port);
	int s = make_socket(SOCK_STREAM);

	if (connect(s, (struct sockaddr *)&a, sizeof(a)))
		fail("connect");
	return pump(s, log);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	const char *what = argc > 1 ? argv[1] : "";

	fill_pattern();
	sigaction(SIGTERM, &sa, NULL);
	if (!strcmp(what, "echo") && argc == 3) {
		signal(SIGTERM, SIG_DFL);
		echo(argv[2]);
	}
	if (!strcmp(what, "sweep") && (argc == 6 || (argc == 7 && atoi(argv[6]) > 0)))
		return sweep(argv[2], argv[3], (unsigned int)atoi(argv[4]), (unsigned int)atoi(argv[5]),
			     argc == 7 ? (unsigned int)atoi(argv[6]) : 1);
	if (!strcmp(what, "blast") && argc == 5) {
		signal(SIGTERM, SIG_DFL);
		blast(argv[2], argv[3], (unsigned int)atoi(argv[4]));
	}
	if (!strcmp(what, "take") && argc == 6)
		return take(argv[2], (unsigned int)atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
	if (!strcmp(what, "gaps") && argc == 5)
		return gaps(argv[2], argv[3], (unsigned int)atoi(argv[4]));
	if (!strcmp(what, "pump-listen") && argc == 4)
		return pump_listen(argv[2], argv[3]);
	if (!strcmp(what, "pump") && argc == 5)
		return pump_connect(argv[2], argv[3], argv[4]);
	fprintf(stderr, "usage: traffic echo PORT | sweep ADDRESS PORT FROM TO [STEP] | blast ADDRESS PORT PAUSE\n"
		"       traffic gaps PORT LOG MS | pump-listen PORT LOG | pump ADDRESS PORT LOG\n");
	return 2;
}
