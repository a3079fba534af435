// SPDX-License-Identifier: GPL-2.0
/*
 * grantsheld.c - how many grants this guest's kernel has given out, to whatever driver: nothing
 * else tells. Read from its memory.
 *
 * usage: grantsheld [MS]     MS: looks each 2 ms for so long, and prints the most that it saw
 * exit:  0; 1 the kernel does not let its memory be read (lockdown), or has not these variables
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PER_FRAME 512			/* 4096 / sizeof(struct grant_entry_v1), what guests of less than 16 TB use */

static uint64_t address(const char *symbol)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[512], name[256], type;
	unsigned long long a, found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %c %255s", &a, &type, name) == 3 && strchr("bBdDrR", type) && !strcmp(name, symbol))
			found = a;
	if (f)
		fclose(f);
	return found;
}

/* Where in /proc/kcore that variable is, or -1 */
static off_t offset(int fd, const char *symbol)
{
	uint64_t a = address(symbol);
	Elf64_Ehdr e;
	Elf64_Phdr p;

	if (!a || pread(fd, &e, sizeof(e), 0) != sizeof(e))
		return -1;
	for (int i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), (off_t)(e.e_phoff + (uint64_t)i * sizeof(p))) != sizeof(p))
			return -1;
		if (p.p_type == PT_LOAD && a >= p.p_vaddr && a + 4 <= p.p_vaddr + p.p_filesz)
			return (off_t)(p.p_offset + (a - p.p_vaddr));
	}
	return -1;
}

static int32_t value(int fd, off_t o)
{
	int32_t v;

	return pread(fd, &v, sizeof(v), o) == sizeof(v) ? v : -1;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	long long end = now_ms() + (argc > 1 ? atoll(argv[1]) : 0);
	int fd = open("/proc/kcore", O_RDONLY), most = 0;
	off_t frames, unused;

	if (fd < 0 || (frames = offset(fd, "nr_grant_frames")) < 0 || (unused = offset(fd, "gnttab_free_count")) < 0) {
		fprintf(stderr, "grantsheld: the kernel's variables cannot be read\n");
		return 1;
	}
	do {
		int32_t before = value(fd, frames), n = value(fd, unused);

		/* The table may have grown in between */
		if (before > 0 && n >= 0 && before == value(fd, frames) && before * PER_FRAME - n > most)
			most = before * PER_FRAME - n;
		usleep(2000);
	} while (now_ms() < end || !most);
	printf("%d\n", most);
	return 0;
}
