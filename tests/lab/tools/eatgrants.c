// SPDX-License-Identifier: GPL-2.0
/*
 * eatgrants.c - takes grants of this guest's table until it is killed, so that its drivers go
 * short. Wants the module xen-gntalloc, with a limit that is large enough.
 *
 * usage: eatgrants N     grants N pages to domain 0, prints how many it got, and waits
 * exit:  1 it got fewer, and holds none
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/gntalloc.h>

int main(int argc, char **argv)
{
	int fd, n, want = argc == 2 ? atoi(argv[1]) : 0;

	if (want <= 0) {
		fprintf(stderr, "usage: eatgrants N\n");
		return 1;
	}
	fd = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "eatgrants: /dev/xen/gntalloc: %s\n", strerror(errno));
		return 1;
	}
	/* One by one: a request for many fails as a whole. */
	for (n = 0; n < want; n++) {
		struct ioctl_gntalloc_alloc_gref one = { .domid = 0, .flags = GNTALLOC_FLAG_WRITABLE, .count = 1 };

		if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &one)) {
			fprintf(stderr, "eatgrants: %d of %d: %s\n", n, want, strerror(errno));
			return 1;
		}
	}
	printf("%d\n", n);
	fflush(stdout);
	for (;;)
		pause();
}
