// SPDX-License-Identifier: GPL-2.0
/*
 * rr ADDRESS PORT COUNT SIZE: one UDP datagram there and back at a time, against "traffic echo
 * PORT".
 * Prints "answers mean p50 p99 max", times in nanoseconds. A datagram without an answer within a
 * second is not an answer.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval second = { .tv_sec = 1 };
	static char buf[65536];
	int s, i, n = 0, count, size;
	long *took, sum = 0;

	if (argc != 5 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return fprintf(stderr, "usage: rr ADDRESS PORT COUNT SIZE\n"), 2;
	to.sin_port = htons((unsigned short)atoi(argv[2]));
	count = atoi(argv[3]);
	size = atoi(argv[4]);
	took = calloc((size_t)count + 1, sizeof(*took));
	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (!took || size < 1 || size > (int)sizeof(buf) || s < 0 || connect(s, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)))
		return perror("rr"), 1;
	for (i = 0; i < count; i++) {
		long start = now();

		if (send(s, buf, (size_t)size, 0) != size || recv(s, buf, sizeof(buf), 0) != size)
			continue;
		took[n] = now() - start;
		sum += took[n++];
	}
	if (!n)
		return fprintf(stderr, "rr: no answer from %s\n", argv[1]), 1;
	qsort(took, (size_t)n, sizeof(*took), compare);
	printf("%d %ld %ld %ld %ld\n", n, sum / n, took[n / 2], took[(long)n * 99 / 100], took[n - 1]);
	return 0;
}
