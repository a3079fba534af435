// SPDX-License-Identifier: GPL-2.0
/*
 * Two settings of an interface asked for by two processes, the second at the very moment that the
 * first one has brought about.
 *
 *   aim IFACE FIRST EVENT SECOND
 *
 * FIRST and SECOND are one of "channels=N" (ethtool -L combined N), "table" (ethtool -x), "equal=N"
 * (ethtool -X equal N). SECOND begins when the tracepoint EVENT ("group/name") fires, or with "-"
 * when FIRST has returned. Starting a process takes some 50 ms in an emulated guest, and what is
 * aimed at lasts 20 ms, so the asking is done here.
 *
 * Prints a line each, "first|second REQUEST: ok|REASON in N ms", a table followed by its queues;
 * then "in force: N queues, channels N", as sysfs and ethtool -l have it the moment after both have
 * returned. Status: 0; 1 if EVENT did not fire; 2 for other troubles.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define PATIENCE 10.0			/* seconds for EVENT to fire */

static const char *iface;
static int sock;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "aim: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int ethtool(void *cmd)
{
	struct ifreq r = { .ifr_data = cmd };

	strncpy(r.ifr_name, iface, IFNAMSIZ - 1);
	return ioctl(sock, SIOCETHTOOL, &r) ? errno : 0;
}

static int channels(unsigned int want, unsigned int *is)
{
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS };
	int error = ethtool(&c);

	*is = c.combined_count;
	if (error || !want)
		return error;
	c.cmd = ETHTOOL_SCHANNELS;
	c.combined_count = want;
	return ethtool(&c);
}

/* Reads the table into @text, or spreads it evenly over @queues. */
static int table(unsigned int queues, char *text, size_t room)
{
	struct { struct ethtool_rxfh_indir head; __u32 queue[1024]; } t = { .head = { .cmd = ETHTOOL_GRXFHINDIR } };
	unsigned int size, i;
	int error = ethtool(&t);

	size = t.head.size;
	if (error)
		return error;
	if (!size || size > 1024)
		return EOPNOTSUPP;
	for (i = 0; queues && i < size; i++)
		t.queue[i] = i % queues;
	t.head.cmd = queues ? ETHTOOL_SRXFHINDIR : ETHTOOL_GRXFHINDIR;
	error = ethtool(&t);
	for (i = 0; !queues && !error && i < size && strlen(text) + 12 < room; i++)
		sprintf(text + strlen(text), " %u", t.queue[i]);
	return error;
}

static void request(const char *name, const char *what)
{
	char text[1024 * 4] = "";
	double begun = now();
	unsigned int is;
	int error;

	if (!strncmp(what, "channels=", 9))
		error = channels(atoi(what + 9), &is);
	else if (!strncmp(what, "equal=", 6))
		error = table(atoi(what + 6), NULL, 0);
	else
		error = table(0, text, sizeof(text));
	printf("%s %s: %s in %.0f ms%s\n", name, what, error ? strerror(error) : "ok", (now() - begun) * 1e3, text);
	fflush(stdout);
}

static void say(const char *event, const char *file, const char *value)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s%s%s", event ? "events/" : "", event ? event : "", file);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	close(fd);
}

/* What is in the pipe so far is read away first, so that only what comes now counts. */
static int pipe_of_events(const char *event)
{
	static char buf[65536];
	int fd;

	say(event, "/enable", "1");
	say(NULL, "tracing_on", "1");
	fd = open(TRACING "trace_pipe", O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		die("trace_pipe");
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	return fd;
}

static int fired(int fd, const char *event)
{
	const char *name = strchr(event, '/') ? strchr(event, '/') + 1 : event;
	double end = now() + PATIENCE;
	static char buf[65536];

	/* Not by poll(), which waits until half of the buffer is full. */
	while (now() < end) {
		ssize_t n = read(fd, buf, sizeof(buf) - 1);

		if (n > 0) {
			buf[n] = 0;
			if (strstr(buf, name))
				return 1;
		}
		usleep(1000);
	}
	return 0;
}

static int real_queues(void)
{
	char path[128];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues", iface);
	d = opendir(path);
	if (!d)
		die(path);
	while ((e = readdir(d)))
		n += !strncmp(e->d_name, "tx-", 3);
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	int status = 0, fd = -1;
	unsigned int is = 0;
	double begun;
	pid_t second;

	if (argc != 5)
		return fprintf(stderr, "usage: aim IFACE FIRST EVENT SECOND\n"), 2;
	iface = argv[1];
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (sock < 0)
		die("socket");
	if (!strcmp(argv[3], "-")) {
		request("first", argv[2]);
		request("second", argv[4]);
	} else {
		fd = pipe_of_events(argv[3]);
		begun = now();
		second = fork();
		if (second < 0)
			die("fork");
		if (!second) {
			if (!fired(fd, argv[3])) {
				printf("%s did not fire\n", argv[3]);
				exit(1);
			}
			printf("aimed at %.0f ms\n", (now() - begun) * 1e3);
			request("second", argv[4]);
			exit(0);
		}
		request("first", argv[2]);
		waitpid(second, &status, 0);
		say(argv[3], "/enable", "0");
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 2;
	}
	channels(0, &is);
	printf("in force: %d queues, channels %u\n", real_queues(), is);
	return status;
}
