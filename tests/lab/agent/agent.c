// SPDX-License-Identifier: GPL-2.0
/*
 * agent.c - runs in a guest: takes shell scripts from the console, runs them side by side, gives
 * back output and exit status.
 *
 * usage: agent [TTY]          (default /dev/hvc0; never returns)
 *
 * Single-threaded; the only writer of the terminal besides the kernel. frame.h has the protocol. A
 * finished job's output stays in /run/agent/ID until its slot is wanted for another one, so it can
 * be asked for again, also after a restore or a migration.
 */
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define JOBS		32
#define CHUNKS		512			/* of a script: 300 KB */
#define DIR		"/run/agent"

struct job {
	char id[FRAME_ID];
	unsigned char *part[CHUNKS];
	size_t len[CHUNKS];
	unsigned int chunks, have;
	pid_t pid;
	int started, done, status;
	unsigned int age;
};

static struct job jobs[JOBS];
static unsigned int clock_tick;
static int tty;

static void put(char *line, int len)
{
	size_t n = frame_seal(line, (size_t)len), at = 0;

	while (at < n) {
		ssize_t w = write(tty, line + at, n - at);

		if (w > 0)
			at += (size_t)w;
		else if (errno == EAGAIN)
			poll(&(struct pollfd){ .fd = tty, .events = POLLOUT }, 1, 100);
		else if (errno != EINTR)
			return;
	}
}

static void say(char kind, const char *id)
{
	char line[FRAME_LINE];

	put(line, sprintf(line, "@%c %s", kind, id));
}

static struct job *find(const char *id)
{
	for (int i = 0; i < JOBS; i++)
		if (!strcmp(jobs[i].id, id))
			return &jobs[i];
	return NULL;
}

static void forget_script(struct job *j)
{
	for (unsigned int i = 0; i < CHUNKS; i++) {
		free(j->part[i]);
		j->part[i] = NULL;
	}
}

/* A slot for a new job: a free one, else that of the job that ended longest ago. */
static struct job *take(const char *id)
{
	struct job *best = NULL;
	char path[64];

	for (int i = 0; i < JOBS; i++) {
		struct job *j = &jobs[i];

		if (j->id[0] && !j->done)
			continue;
		if (!best || !j->id[0] || (best->id[0] && j->age < best->age))
			best = j;
	}
	if (!best)
		return NULL;
	if (best->id[0]) {
		snprintf(path, sizeof(path), DIR "/%s", best->id);
		unlink(path);
	}
	forget_script(best);
	memset(best, 0, sizeof(*best));
	snprintf(best->id, sizeof(best->id), "%s", id);
	return best;
}

static void start(struct job *j)
{
	char script[64], out[64];
	int fd;

	snprintf(script, sizeof(script), DIR "/%s.sh", j->id);
	snprintf(out, sizeof(out), DIR "/%s", j->id);
	fd = open(script, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	for (unsigned int i = 0; i < j->chunks; i++)
		if (write(fd, j->part[i], j->len[i]) != (ssize_t)j->len[i])
			dprintf(tty, "agent: cannot write %s: %s\n", script, strerror(errno));
	close(fd);
	forget_script(j);
	j->started = 1;
	j->pid = fork();
	if (!j->pid) {
		setsid();
		signal(SIGPIPE, SIG_DFL);
		fd = open("/dev/null", O_RDONLY);
		dup2(fd, 0);
		fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		for (fd = 3; fd < 64; fd++)
			close(fd);
		execl("/bin/bash", "bash", script, NULL);
		_exit(127);
	}
}

static void send_output(struct job *j, unsigned int from)
{
	unsigned char buf[FRAME_RAW];
	char line[FRAME_LINE], path[64];
	unsigned int chunk = 0;
	ssize_t n = 0;
	int fd, len;

	snprintf(path, sizeof(path), DIR "/%s", j->id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (n = pread(fd, buf, sizeof(buf), (off_t)chunk * FRAME_RAW)) > 0) {
		if (chunk >= from) {
			len = sprintf(line, "@D %s %u ", j->id, chunk);
			len += (int)frame_encode(line + len, buf, (size_t)n);
			put(line, len);
		}
		chunk++;
		if (n < FRAME_RAW)
			break;
	}
	if (fd >= 0)
		close(fd);
	put(line, sprintf(line, "@X %s %u %d", j->id, chunk, j->status));
}

static void on_part(const char *id, unsigned int chunk, unsigned int chunks, const char *b64)
{
	struct job *j = find(id);
	char line[FRAME_LINE];

	if (chunk >= CHUNKS || chunks > CHUNKS || chunk >= chunks)
		return;
	if (!j && !(j = take(id)))
		return;
	j->chunks = chunks;
	if (!j->started && !j->part[chunk]) {
		j->part[chunk] = malloc(FRAME_LINE);
		j->len[chunk] = frame_decode(j->part[chunk], b64);
		j->have++;
	}
	put(line, sprintf(line, "@A %s %u", id, chunk));
	if (!j->started && j->have == j->chunks)
		start(j);
}

static void on_line(char *line)
{
	char id[FRAME_ID], b64[FRAME_LINE], *f = frame_open(line);
	unsigned int a, b;
	struct job *j;

	if (!f)
		return;
	if (sscanf(f, "@Q %31s %u %u %1000s", id, &a, &b, b64) == 4) {
		on_part(id, a, b, b64);
	} else if (sscanf(f, "@P %31s %u", id, &a) == 2) {
		j = find(id);
		if (!j || !j->started)
			say('U', id);
		else if (!j->done)
			say('R', id);
		else
			send_output(j, a);
	} else if (sscanf(f, "@K %31s", id) == 1) {
		j = find(id);
		if (j && j->started && !j->done)
			kill(-j->pid, SIGKILL);
	}
}

static void reap(void)
{
	char script[64];
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < JOBS; i++)
			if (jobs[i].pid == pid && !jobs[i].done) {
				jobs[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
				jobs[i].done = 1;
				jobs[i].age = ++clock_tick;
				snprintf(script, sizeof(script), DIR "/%s.sh", jobs[i].id);
				unlink(script);			/* or a soak sees memory go */
				send_output(&jobs[i], 0);
			}
}

static void on_child(int sig)
{
	(void)sig;				/* only there to end poll() */
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_child };
	char buf[FRAME_LINE * 2];
	size_t have = 0;
	struct termios t;

	mkdir("/run", 0755);
	mkdir(DIR, 0700);
	sigaction(SIGCHLD, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	tty = open(argc > 1 ? argv[1] : "/dev/hvc0", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (tty < 0) {
		perror("agent: console");
		return 1;
	}
	tcgetattr(tty, &t);
	cfmakeraw(&t);
	t.c_oflag |= OPOST | ONLCR;
	tcsetattr(tty, TCSANOW, &t);
	dprintf(tty, "\nagent: ready\n");
	for (;;) {
		struct pollfd p = { .fd = tty, .events = POLLIN };
		ssize_t n;
		char *nl;

		poll(&p, 1, 500);
		reap();
		n = read(tty, buf + have, sizeof(buf) - 1 - have);
		if (n <= 0)
			continue;
		have += (size_t)n;
		buf[have] = '\0';
		while ((nl = memchr(buf, '\n', have))) {
			*nl = '\0';
			on_line(buf);
			have -= (size_t)(nl + 1 - buf);
			memmove(buf, nl + 1, have + 1);
		}
		if (have >= sizeof(buf) - FRAME_LINE)
			have = 0;		/* no line of ours is that long */
	}
}
