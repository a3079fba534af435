// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - runs in dom0: whole lines to the serial port that the build host reads.
 *
 * usage: stream pipe KIND [FILE]     standard input, each line behind KIND; and as it is to FILE
 *        stream consoles             follows dom0's kernel log and all of /var/log/xen/guest-*.log,
 *                                    as lines "C WHO TEXT"
 *
 * Each line is one write(), so that lines of several writers stay whole. Reads in large pieces and
 * sleeps between: what follows logs byte by byte costs an emulated machine more than the guests it
 * watches.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE	1500
#define FILES	64
#define LOGS	"/var/log/xen"

struct source {
	char name[128], path[300];
	int fd;
	ino_t ino;
	char buf[8192];
	size_t have;
};

static int port;

static void emit(const char *head, const char *text)
{
	char line[LINE + 200];
	int n = snprintf(line, sizeof(line), "%s%.*s\n", head, LINE, text);

	if (write(port, line, (size_t)n) != n)
		return;				/* nobody to tell */
}

/*
 * Cuts what there is into lines; the rest stays. Lines of the agent's protocol are left out of
 * consoles.
 */
static void drain(struct source *s, const char *head, FILE *copy)
{
	ssize_t n;
	char *nl;

	while ((n = read(s->fd, s->buf + s->have, sizeof(s->buf) - 1 - s->have)) > 0) {
		s->have += (size_t)n;
		while ((nl = memchr(s->buf, '\n', s->have)) || s->have == sizeof(s->buf) - 1) {
			size_t len = nl ? (size_t)(nl - s->buf) : s->have, used = nl ? len + 1 : len;

			s->buf[len] = '\0';
			if (len && s->buf[len - 1] == '\r')
				s->buf[len - 1] = '\0';
			if (copy)
				fprintf(copy, "%s\n", s->buf);
			if (copy || !(s->buf[0] == '@' && s->buf[1] && s->buf[2] == ' '))
				emit(head, s->buf);
			s->have -= used;
			memmove(s->buf, s->buf + used, s->have);
		}
		if (copy)
			fflush(copy);
	}
}

static struct source *files[FILES];

static void look_for_logs(void)
{
	DIR *d = opendir(LOGS);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		struct source *s = NULL, **slot = NULL;
		char path[300];
		struct stat st;

		snprintf(path, sizeof(path), LOGS "/%s", e->d_name);
		if (strncmp(e->d_name, "guest-", 6) || stat(path, &st))
			continue;
		for (int i = 0; i < FILES; i++) {
			if (!files[i])
				slot = slot ? slot : &files[i];
			else if (files[i]->ino == st.st_ino)
				s = files[i];
		}
		if (s || !slot || !(s = calloc(1, sizeof(*s))))
			continue;
		s->fd = open(path, O_RDONLY);
		s->ino = st.st_ino;
		snprintf(s->path, sizeof(s->path), "%s", path);
		snprintf(s->name, sizeof(s->name), "C %.*s ", (int)strcspn(e->d_name + 6, "."), e->d_name + 6);
		*slot = s;
	}
	if (d)
		closedir(d);
}

static void kernel_log(int fd)
{
	char rec[8192], *text;
	ssize_t n;

	while ((n = read(fd, rec, sizeof(rec) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;		/* overwritten before we came */
		rec[n] = '\0';
		text = strchr(rec, ';');
		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		emit("C dom0 ", text);
	}
}

static void follow(void)
{
	int kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	for (;;) {
		look_for_logs();
		for (int i = 0; i < FILES; i++) {
			struct stat st;

			if (!files[i])
				continue;
			drain(files[i], files[i]->name, NULL);
			/* put away by the end of the test */
			if (stat(files[i]->path, &st) || st.st_ino != files[i]->ino) {
				close(files[i]->fd);
				free(files[i]);
				files[i] = NULL;
			}
		}
		kernel_log(kmsg);
		usleep(300000);
	}
}

int main(int argc, char **argv)
{
	static struct source in;
	char head[64];
	FILE *copy = NULL;

	port = open("/dev/ttyS1", O_WRONLY | O_NOCTTY);
	if (argc >= 2 && !strcmp(argv[1], "consoles")) {
		follow();
	} else if (argc >= 3 && !strcmp(argv[1], "pipe")) {
		snprintf(head, sizeof(head), "%s ", argv[2]);
		copy = fopen(argc > 3 ? argv[3] : "/dev/null", "a");
		drain(&in, head, copy);		/* fd 0; read() blocks until the end */
		return 0;
	}
	fprintf(stderr, "usage: stream pipe KIND [FILE] | stream consoles\n");
	return 2;
}
