// SPDX-License-Identifier: GPL-2.0
/*
 * The simulator's command: lives, one process each, from consecutive seeds.
 *
 * usage: simulator [-s SEED] [-n LIVES] [-t SECONDS] [-a ACTS] [-k] [-b] [-v] [-m] [-w FROM-TO]
 *   -s  first seed (default 1); with SEED set in the environment that one life
 *   -n  lives (default 1)
 *   -t  or as many as fit into so many seconds
 *   -a  most acts of admin and toolstack each (default 8); 0: only load,
 *       connect, ping, unload
 *   -k  go on after a failure
 *   -b  a failure is two lines
 *   -m  make a life that fails shorter: no preemption before and behind those
 *       that it needs to fail in the same way, and these with their stacks
 *   -w FROM-TO  of a life's preemptions only these take place
 *   -v  the whole log; for a single life, which then runs in this process, so
 *       that a debugger sees it
 * Exit 0 if all lives are sound, 1 if one failed, 2 for wrong use.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sim/peer.h>

static u64 seed = 1, lives = 1, acts = 8;
static double seconds;
static bool keep_going, verbose, shrinks;

static double wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Of all lives: what a machine that is busy with other things does not change. */
static double cpu_time(void)
{
	struct rusage ru;

	getrusage(RUSAGE_CHILDREN, &ru);
	return ru.ru_utime.tv_sec + ru.ru_stime.tv_sec +
	       (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}

static void crashed(int sig)
{
	sim_fail("crash", "signal %d (%s)", sig, strsignal(sig));
}

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer's report comes first, then whose life it was. */
void __asan_on_error(void);
void __asan_on_error(void)
{
	printf("FAIL memory: the address sanitizer's report\n# seed %llu, at %.6f s in %s\n",
	       sim_config.seed, sim_now / 1e9, sim_current->name);
	fflush(stdout);
}

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0";
}
#endif

static void live(u64 of)
{
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = crashed, .sa_flags = SA_ONSTACK };

#ifndef __SANITIZE_ADDRESS__
	sigaltstack(&alt, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGABRT, &sa, NULL);
	sigaction(SIGXCPU, &sa, NULL);
#else
	(void)alt;
	(void)sa;
#endif
	sim_config.seed = of;
	sim_config.verbose = verbose;
	sim_mm_init();
	sim_init(of);
	sim_store_init();
	sim_time_init();
	sim_xs_init();
	sim_spawn("life", SIM_TASK, sim_life, (void *)(unsigned long)acts);
	sim_run();
}

/* Return: true if the life was sound. */
static bool one_life(u64 of)
{
	const struct rlimit limit = { 20, 22 };
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("simulator: cannot start a process for a life");
		exit(2);
	}
	if (!pid) {
		/* CPU time: the machine may have no time for us. */
		setrlimit(RLIMIT_CPU, &limit);
		live(of);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("FAIL crash: seed %llu ended with signal %d\n", of, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		printf("# seed %llu failed\n", of);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* The first line of a life in another process: how it failed, or OK; and its count. */
static u64 how_it_ends(u64 of, u64 from, u64 to, char *how, size_t size)
{
	u64 preempted = 0;
	char line[400];
	int fd[2];
	FILE *f;
	pid_t pid;

	fflush(stdout);
	if (pipe(fd) || (pid = fork()) < 0)
		exit(2);
	if (!pid) {
		dup2(fd[1], 1);
		close(fd[0]);
		sim_config.brief = true;
		sim_config.preempt_from = from;
		sim_config.preempt_to = to;
		live(of);
	}
	close(fd[1]);
	f = fdopen(fd[0], "r");
	if (!fgets(how, size, f))
		snprintf(how, size, "FAIL crash\n");
	how[strcspn(how, ":\n")] = '\0';
	while (fgets(line, sizeof(line), f))
		if (strstr(line, " switches and "))
			sscanf(strstr(line, " switches and "), " switches and %llu", &preempted);
	fclose(f);
	waitpid(pid, NULL, 0);
	return preempted;
}

/* Halves both ends of the window as long as the life fails in the same way. */
static void shrink(u64 of)
{
	u64 from = 0, to, most, mid;
	char how[400], now[400];

	most = how_it_ends(of, 0, ~0ull, how, sizeof(how));
	if (strncmp(how, "FAIL", 4)) {
		printf("# seed %llu does not fail: %s\n", of, how);
		return;
	}
	for (to = most, mid = 0; mid < to;) {
		u64 half = mid + (to - mid) / 2;

		how_it_ends(of, 0, half, now, sizeof(now));
		if (!strcmp(how, now))
			to = half;
		else
			mid = half + 1;
	}
	for (mid = to; from < mid;) {
		u64 half = from + (mid - from + 1) / 2;

		how_it_ends(of, half, to, now, sizeof(now));
		if (!strcmp(how, now))
			from = half;
		else
			mid = half - 1;
	}
	printf("# %s of seed %llu: %llu preemptions, of which %llu to %llu are enough: -s %llu -w %llu-%llu\n",
	       how, of, most, from, to, of, from, to);
	sim_config.preempt_from = from;
	sim_config.preempt_to = to;
	sim_config.show_preemptions = to - from <= 40;
	live(of);
}

static void options(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:n:t:a:kbvmw:")) != -1)
		switch (opt) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			lives = strtoull(optarg, NULL, 0);
			break;
		case 't':
			seconds = atof(optarg);
			break;
		case 'a':
			acts = strtoull(optarg, NULL, 0);
			break;
		case 'k':
			keep_going = true;
			break;
		case 'b':
			sim_config.brief = true;
			break;
		case 'v':
			verbose = true;
			break;
		case 'm':
			shrinks = true;
			break;
		case 'w':
			sscanf(optarg, "%llu-%llu", &sim_config.preempt_from,
			       &sim_config.preempt_to);
			break;
		default:
			fprintf(stderr, "usage: simulator [-s SEED] [-n LIVES] [-t SECONDS] [-a ACTS] [-k] [-b] [-v] [-m] [-w FROM-TO]\n");
			exit(2);
		}
	if (getenv("SEED")) {
		seed = strtoull(getenv("SEED"), NULL, 0);
		lives = 1;
		seconds = 0;
	}
}

int main(int argc, char **argv)
{
	double begun = wall();
	u64 n = 0, failed = 0;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	sim_config.preempt_to = ~0ull;
	options(argc, argv);
	if (shrinks) {
		shrink(seed);
		return 0;
	}
	if (verbose)
		live(seed);
	while (seconds ? wall() - begun < seconds : n < lives) {
		if (!one_life(seed + n))
			failed++;
		n++;
		if (failed && !keep_going)
			break;
	}
	printf("# %llu lives, %llu failed, seeds from %llu, %.1f s, %.1f s of CPU, %.0f lives a core-minute\n",
	       n, failed, seed, wall() - begun, cpu_time(), n * 60 / cpu_time());
	return failed ? 1 : 0;
}
