// SPDX-License-Identifier: GPL-2.0
/*
 * gx.c - runs in dom0: hands a script to the agent of a guest, prints its output, ends with its
 * status.
 *
 * usage: gx DOMAIN SECONDS < SCRIPT
 * exit status: the script's; 124 when SECONDS passed (the script is killed); 125 when the guest's
 * agent does not answer (no such domain, no agent, guest hung)
 *
 * Writes to the console's pty, reads what xenconsoled logs; gx-console(1 argument: the domain)
 * names both, and is asked again whenever nothing comes, for a restored or migrated guest has a new
 * pty and a new log. Any number of gx may run side by side.
 */
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MAX_SCRIPT	(512 * FRAME_RAW)
#define WINDOW		4			/* parts of the script under way at once: the console's input is small */

static char id[FRAME_ID], log_path[256];
static const char *domain;
static int tty = -1, log_fd = -1;
static ino_t log_ino;

static unsigned char script[MAX_SCRIPT];
static size_t script_len;
static unsigned int parts;			/* of the script */
static unsigned char acked[MAX_SCRIPT / FRAME_RAW + 1];

static struct { unsigned char *p; size_t len; } *out;
static unsigned int out_room, total = ~0u, status;
static int alive, unknown, progress;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * Opens the console the domain has now; @known: as gx-console wrote it down last (asking costs a
 * second or two in an emulated machine). Returns -1 when the domain is gone.
 */
static int attach(int from_end, int known)
{
	char cmd[128], pty[256], path[256];
	struct termios t;
	struct stat st;
	FILE *p;
	int ok;

	snprintf(cmd, sizeof(cmd), "/run/lab/console.%s", domain);
	p = known ? fopen(cmd, "r") : NULL;
	ok = p && fscanf(p, "%255s %255s", pty, path) == 2 && !access(pty, W_OK);
	if (p)
		fclose(p);
	if (!ok) {
		snprintf(cmd, sizeof(cmd), "gx-console %s 2>/dev/null", domain);
		p = popen(cmd, "r");
		ok = p && fscanf(p, "%255s %255s", pty, path) == 2;
		if (p)
			pclose(p);
	}
	if (!ok)
		return -1;
	if (tty >= 0)
		close(tty);
	tty = open(pty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (tty < 0)
		return -1;
	tcgetattr(tty, &t);
	cfmakeraw(&t);
	tcsetattr(tty, TCSANOW, &t);
	if (stat(path, &st) || (log_fd >= 0 && st.st_ino == log_ino))
		return 0;
	if (log_fd >= 0)
		close(log_fd);
	log_fd = open(path, O_RDONLY | O_CLOEXEC);
	log_ino = st.st_ino;
	snprintf(log_path, sizeof(log_path), "%s", path);
	if (from_end)
		lseek(log_fd, 0, SEEK_END);
	return 0;
}

static void put(char *line, int len)
{
	size_t n = frame_seal(line, (size_t)len), at = 0;
	char waste[4096];

	for (int tries = 0; at < n && tries < 50; tries++) {
		ssize_t w;

		while (read(tty, waste, sizeof(waste)) > 0)
			;			/* the log has it; a full pty would stop the guest's console */
		w = write(tty, line + at, n - at);
		if (w > 0)
			at += (size_t)w;
		else
			poll(&(struct pollfd){ .fd = tty, .events = POLLOUT }, 1, 20);
	}
}

static void ask(char kind, unsigned int arg)
{
	char line[FRAME_LINE];

	put(line, kind == 'K' ? sprintf(line, "@K %s", id) : sprintf(line, "@%c %s %u", kind, id, arg));
}

static void send_part(unsigned int i)
{
	size_t at = (size_t)i * FRAME_RAW, n = script_len - at < FRAME_RAW ? script_len - at : FRAME_RAW;
	char line[FRAME_LINE];
	int len = sprintf(line, "@Q %s %u %u ", id, i, parts);

	len += (int)frame_encode(line + len, script + at, n);
	put(line, len);
}

static void on_line(char *line)
{
	char *f = frame_open(line), who[FRAME_ID], b64[FRAME_LINE];
	unsigned int a, b;

	if (!f || sscanf(f + 2, " %31s", who) != 1 || strcmp(who, id))
		return;
	alive = progress = 1;
	if (sscanf(f, "@A %*s %u", &a) == 1 && a < parts) {
		acked[a] = 1;
	} else if (f[1] == 'U') {
		unknown = 1;
	} else if (sscanf(f, "@D %*s %u %1000s", &a, b64) == 2 && a < 1u << 20) {
		if (a >= out_room) {
			out = realloc(out, (a + 64) * sizeof(*out));
			memset(out + out_room, 0, (a + 64 - out_room) * sizeof(*out));
			out_room = a + 64;
		}
		if (!out[a].p) {
			out[a].p = malloc(FRAME_LINE);
			out[a].len = frame_decode(out[a].p, b64);
		}
	} else if (sscanf(f, "@X %*s %u %u", &a, &b) == 2) {
		total = a;
		status = b;
	}
}

static void read_log(void)
{
	static char buf[FRAME_LINE * 4];
	static size_t have;
	ssize_t n;
	char *nl;

	while ((n = read(log_fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		have += (size_t)n;
		buf[have] = '\0';
		while ((nl = memchr(buf, '\n', have))) {
			*nl = '\0';
			if (nl > buf && nl[-1] == '\r')
				nl[-1] = '\0';
			on_line(buf);
			have -= (size_t)(nl + 1 - buf);
			memmove(buf, nl + 1, have + 1);
		}
		if (have >= sizeof(buf) - 1)
			have = 0;
	}
}

static unsigned int first_missing(void)
{
	unsigned int i = 0;

	while (i < out_room && out[i].p)
		i++;
	return i;
}

static int complete(void)
{
	return total != ~0u && first_missing() >= total;
}

static void send_script(void)
{
	unsigned int under_way = 0;

	for (unsigned int i = 0; i < parts && under_way < WINDOW; i++)
		if (!acked[i]) {
			send_part(i);
			under_way++;
		}
}

static int script_sent(void)
{
	for (unsigned int i = 0; i < parts; i++)
		if (!acked[i])
			return 0;
	return 1;
}

/* Sends the script and polls until the answer is whole. Returns an exit status as main() does. */
static int converse(double limit)
{
	double begin = now(), heard = begin, asked = 0;
	int sent_window = -1, acks;

	for (;;) {
		progress = 0;
		read_log();
		if (complete())
			return (int)status;
		if (progress)
			heard = now();
		if (unknown) {			/* a restored guest that never got the script */
			memset(acked, 0, sizeof(acked));
			unknown = 0;
			sent_window = -1;
		}
		acks = 0;
		for (unsigned int i = 0; i < parts; i++)
			acks += acked[i];
		if (!script_sent() && (acks != sent_window || now() - asked > 1)) {
			if (acks == sent_window)
				attach(0, 0);
			sent_window = acks;
			send_script();
			asked = now();
		} else if (script_sent() && now() - asked > 2 && now() - heard > 1) {
			if (now() - heard > 6)
				attach(0, 0);
			ask('P', first_missing());
			asked = now();
		}
		if (now() - begin > limit) {
			ask('K', 0);
			fprintf(stderr, "gx: %s: %s after %.0f s\n", domain,
				alive ? "still running, killed" : "the agent does not answer", limit);
			return alive ? 124 : 125;
		}
		poll(NULL, 0, 20);
	}
}

int main(int argc, char **argv)
{
	size_t n;
	int rc;

	if (argc != 3) {
		fprintf(stderr, "usage: gx DOMAIN SECONDS < SCRIPT\n");
		return 125;
	}
	domain = argv[1];
	while ((n = fread(script + script_len, 1, sizeof(script) - script_len, stdin)) > 0)
		script_len += n;
	if (script_len == sizeof(script)) {
		fprintf(stderr, "gx: the script is longer than %u bytes\n", MAX_SCRIPT - 1);
		return 125;
	}
	parts = script_len ? (unsigned int)((script_len + FRAME_RAW - 1) / FRAME_RAW) : 1;
	snprintf(id, sizeof(id), "%x-%x", (unsigned int)getpid(), (unsigned int)(now() * 1000));
	signal(SIGPIPE, SIG_IGN);
	if (attach(1, 1)) {
		fprintf(stderr, "gx: %s: no such domain, or it has no console yet\n", domain);
		return 125;
	}
	rc = converse(atof(argv[2]));
	for (unsigned int i = 0; complete() && i < total; i++)
		fwrite(out[i].p, 1, out[i].len, stdout);
	return rc;
}
