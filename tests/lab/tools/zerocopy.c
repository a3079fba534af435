// SPDX-License-Identifier: GPL-2.0
/*
 * zerocopy.c - TCP with MSG_ZEROCOPY, every byte compared. A buffer is filled anew as soon as the
 * kernel says that it is done with it: a network driver that says so too early, or never, is found.
 *
 * usage: zerocopy send ADDRESS PORT SECONDS     prints "sent N done M copied C": messages, and
 *                                               those of them that the kernel copied. Status 0 when
 *                                               the kernel is done with all of them within 60 s of
 *                                               the end, else 1
 *        zerocopy listen PORT                   one connection; prints how many bytes came; status
 *                                               1 when one was not what was sent
 * Status 2 when the network, or the kernel, cannot do it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

enum { BUFFERS = 16, SIZE = 65536, DRAIN_SECONDS = 60 };

static uint64_t buffers[BUFFERS][SIZE / 8];
static char finished[BUFFERS];		/* the kernel is done with its last message */
static unsigned long sent, done, copied;

static int fail(const char *what)
{
	fprintf(stderr, "zerocopy: %s: %s\n", what, strerror(errno));
	return 2;
}

/* The byte at each place of the stream is known to both ends. */
static uint64_t word_at(uint64_t place)
{
	return (place + 1) * 0x9e3779b97f4a7c15ull;
}

/* Message N is in buffer N % BUFFERS; the kernel counts messages from 0, as they were sent. */
static void reap(int s)
{
	char control[256];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct sock_extended_err *e;
	struct cmsghdr *c;
	uint32_t n;

	while (recvmsg(s, &m, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0) {
		for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			e = (void *)CMSG_DATA(c);
			if (e->ee_origin != SO_EE_ORIGIN_ZEROCOPY)
				continue;
			for (n = e->ee_info; n != e->ee_data + 1; n++)
				finished[n % BUFFERS] = 1;
			done += e->ee_data - e->ee_info + 1;
			if (e->ee_code & SO_EE_CODE_ZEROCOPY_COPIED)
				copied += e->ee_data - e->ee_info + 1;
		}
		m.msg_controllen = sizeof(control);
	}
}

/* Waits until the kernel is done with a buffer. */
static void reap_buffer(int s, unsigned int i, time_t end)
{
	struct pollfd p = { .fd = s };

	for (reap(s); !finished[i] && time(NULL) < end; reap(s))
		poll(&p, 1, 100);
}

static int send_message(int s, const void *p)
{
	ssize_t n;

	/* Notifications that nobody has read yet count against a limit of their own. */
	while ((n = send(s, p, SIZE, MSG_ZEROCOPY)) < 0 && errno == ENOBUFS) {
		poll(NULL, 0, 10);
		reap(s);
	}
	if (n < 0)
		return fail("send");
	if (n != SIZE) {
		/* What is sent in parts would be several messages to the kernel. */
		fprintf(stderr, "zerocopy: sent %zd of %d bytes\n", n, SIZE);
		return 2;
	}
	return 0;
}

static int sender(const char *address, int port, int seconds)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	time_t end = time(NULL) + seconds;
	int s, one = 1, room = 4 << 20;
	uint64_t place = 0;
	unsigned int i, w;

	inet_pton(AF_INET, address, &a.sin_addr);
	s = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || setsockopt(s, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		return fail("a socket with SO_ZEROCOPY");
	setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (connect(s, (void *)&a, sizeof(a)))
		return fail("connect");
	memset(finished, 1, sizeof(finished));
	while (time(NULL) < end) {
		i = sent % BUFFERS;
		reap_buffer(s, i, end + DRAIN_SECONDS);
		if (!finished[i])
			break;
		for (w = 0; w < SIZE / 8; w++)
			buffers[i][w] = word_at(place++);
		finished[i] = 0;
		if (send_message(s, buffers[i]))
			return 2;
		sent++;
	}
	end = time(NULL) + DRAIN_SECONDS;
	for (i = 0; i < BUFFERS; i++)
		reap_buffer(s, i, end);
	printf("sent %lu done %lu copied %lu\n", sent, done, copied);
	close(s);
	return sent != done;
}

static int listener(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	uint64_t place = 0;
	char *p = (char *)buffers;
	size_t have = 0, w;
	ssize_t n;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (void *)&a, sizeof(a)) || listen(s, 1))
		return fail("listen");
	s = accept(s, NULL, NULL);
	if (s < 0)
		return fail("accept");
	while ((n = read(s, p + have, SIZE - have)) > 0) {
		have += n;
		for (w = 0; w < have / 8; w++, place++) {
			if (buffers[0][w] == word_at(place))
				continue;
			printf("wrong at byte %llu: %016llx\n", (unsigned long long)place * 8, (unsigned long long)buffers[0][w]);
			return 1;
		}
		memmove(p, p + have / 8 * 8, have % 8);
		have %= 8;
	}
	printf("%llu bytes\n", (unsigned long long)place * 8 + have);
	return n < 0 ? fail("read") : 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "send"))
		return sender(argv[2], atoi(argv[3]), atoi(argv[4]));
	if (argc == 3 && !strcmp(argv[1], "listen"))
		return listener(atoi(argv[2]));
	fprintf(stderr, "usage: zerocopy send ADDRESS PORT SECONDS | zerocopy listen PORT\n");
	return 64;
}
