// SPDX-License-Identifier: GPL-2.0
/*
 * await.c - waits until a file holds a text (a log that grows), without a process per look.
 *
 * usage: await SECONDS TEXT FILE
 * exit:  0 it is there; 1 the time is over. The file need not exist yet.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char buf[65536];
	size_t have = 0, want;
	time_t end;
	int fd = -1;

	if (argc != 4 || !(want = strlen(argv[2])) || want > 1000) {
		fprintf(stderr, "usage: await SECONDS TEXT FILE\n");
		return 2;
	}
	for (end = time(NULL) + atoi(argv[1]); time(NULL) <= end; usleep(100000)) {
		ssize_t n;

		if (fd < 0 && (fd = open(argv[3], O_RDONLY)) < 0)
			continue;
		while ((n = read(fd, buf + have, sizeof(buf) - have)) > 0) {
			have += (size_t)n;
			if (memmem(buf, have, argv[2], want))
				return 0;
			if (have >= want) {		/* keep what may be the beginning of it */
				memmove(buf, buf + have - (want - 1), want - 1);
				have = want - 1;
			}
		}
	}
	return 1;
}
