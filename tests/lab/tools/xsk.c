// SPDX-License-Identifier: GPL-2.0
/*
 * A UDP echo server on an AF_XDP socket in copy mode: what arrives for port 7 of IPv4 never sees
 * the guest's own stack.
 *
 *   xsk IFACE QUEUE SECONDS     attaches its program in native mode, serves, detaches; prints
 *                               "ready", at the end "received N sent N"
 *
 * Exits early after SIGTERM; status 1 with the reason when the kernel or the driver refuses. No
 * library: guests have none.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bpf.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

#define FRAMES		256			/* of the shared memory, all given to the fill ring at first */
#define FRAME		2048
#define HEADERS		42			/* Ethernet, IPv4 without options, UDP */

#define SKIP_UNLESS(r, value, n) INSN(BPF_JMP | BPF_JNE | BPF_K, r, 0, n, value)

struct ring {
	unsigned int *producer, *consumer;
	void *entries;
};

static struct ring fill, completion, rx, tx;
static unsigned char *memory;
static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "xsk: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Frames for UDP port 7 go to the socket of their queue, all others to the stack. */
static int load(int map)
{
	static char log[16384];
	struct bpf_insn prog[] = {
		MOV_IMM(0, XDP_PASS),
		LOAD(BPF_W, 2, 1, 0),
		LOAD(BPF_W, 3, 1, 4),
		MOV_REG(4, 2),
		ADD_IMM(4, HEADERS),
		INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 11, 0),
		LOAD(BPF_H, 4, 2, 12),
		SKIP_UNLESS(4, 0x0008, 9),		/* IPv4 */
		LOAD(BPF_B, 4, 2, 23),
		SKIP_UNLESS(4, 17, 7),			/* UDP */
		LOAD(BPF_H, 4, 2, 36),
		SKIP_UNLESS(4, 0x0700, 5),		/* port 7 */
		LOAD(BPF_W, 2, 1, 16),			/* the queue's number is the key */
		INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
		INSN(0, 0, 0, 0, 0),
		MOV_IMM(3, XDP_PASS),
		CALL(BPF_FUNC_redirect_map),
		EXIT,
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_XDP, .insns = (unsigned long)prog, .insn_cnt = sizeof(prog) / sizeof(*prog),
				.license = (unsigned long)"GPL", .log_buf = (unsigned long)log, .log_size = sizeof(log), .log_level = 1 };
	int fd = bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0) {
		fputs(log, stderr);
		die("program");
	}
	return fd;
}

static void attach(int prog, int ifindex)
{
	union bpf_attr attr = { .link_create = { .prog_fd = (unsigned int)prog, .target_ifindex = (unsigned int)ifindex,
						 .attach_type = BPF_XDP, .flags = XDP_FLAGS_DRV_MODE } };

	if (bpf(BPF_LINK_CREATE, &attr) < 0)	/* goes with this process */
		die("attach in native mode");
}

static void map_ring(struct ring *r, int fd, int option, const struct xdp_ring_offset *at, unsigned long long page, size_t entry)
{
	unsigned int entries = FRAMES;
	char *p;

	if (setsockopt(fd, SOL_XDP, option, &entries, sizeof(entries)))
		die("ring size");
	p = mmap(NULL, at->desc + FRAMES * entry, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)page);
	if (p == MAP_FAILED)
		die("ring");
	r->producer = (unsigned int *)(p + at->producer);
	r->consumer = (unsigned int *)(p + at->consumer);
	r->entries = p + at->desc;
}

static int open_socket(int ifindex, unsigned int queue)
{
	struct xdp_umem_reg reg = { .len = FRAMES * FRAME, .chunk_size = FRAME };
	struct sockaddr_xdp to = { .sxdp_family = AF_XDP, .sxdp_ifindex = (unsigned int)ifindex, .sxdp_queue_id = queue, .sxdp_flags = XDP_COPY };
	struct xdp_mmap_offsets at;
	socklen_t len = sizeof(at);
	int fd = socket(AF_XDP, SOCK_RAW, 0);

	if (fd < 0)
		die("socket");
	memory = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.addr = (unsigned long)memory;
	if (memory == MAP_FAILED || setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)))
		die("shared memory");
	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len))
		die("offsets");
	map_ring(&fill, fd, XDP_UMEM_FILL_RING, &at.fr, XDP_UMEM_PGOFF_FILL_RING, sizeof(__u64));
	map_ring(&completion, fd, XDP_UMEM_COMPLETION_RING, &at.cr, XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(__u64));
	map_ring(&rx, fd, XDP_RX_RING, &at.rx, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc));
	map_ring(&tx, fd, XDP_TX_RING, &at.tx, XDP_PGOFF_TX_RING, sizeof(struct xdp_desc));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)))
		die("bind in copy mode");
	return fd;
}

static unsigned int filled(const struct ring *r)
{
	return __atomic_load_n(r->producer, __ATOMIC_ACQUIRE) - *r->consumer;
}

static void give(__u64 addr)
{
	((__u64 *)fill.entries)[*fill.producer % FRAMES] = addr & ~(__u64)(FRAME - 1);
	__atomic_store_n(fill.producer, *fill.producer + 1, __ATOMIC_RELEASE);
}

static void swap(unsigned char *a, unsigned char *b, int len)
{
	while (len--) {
		unsigned char t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

/*
 * Sends it back from where it lies. Neither checksum changes: both are sums over what only changed
 * places.
 */
static void answer(const struct xdp_desc *d)
{
	unsigned char *frame = memory + d->addr;

	swap(frame, frame + 6, 6);
	swap(frame + 26, frame + 30, 4);
	swap(frame + 34, frame + 36, 2);
	((struct xdp_desc *)tx.entries)[*tx.producer % FRAMES] = *d;
	__atomic_store_n(tx.producer, *tx.producer + 1, __ATOMIC_RELEASE);
}

static void serve(int fd, time_t seconds)
{
	unsigned long received = 0, sent = 0;
	time_t end = time(NULL) + seconds;

	while (!stop && time(NULL) < end) {
		while (filled(&completion)) {
			give(((__u64 *)completion.entries)[*completion.consumer % FRAMES]);
			__atomic_store_n(completion.consumer, *completion.consumer + 1, __ATOMIC_RELEASE);
			sent++;
		}
		while (filled(&rx)) {
			answer((struct xdp_desc *)rx.entries + *rx.consumer % FRAMES);
			__atomic_store_n(rx.consumer, *rx.consumer + 1, __ATOMIC_RELEASE);
			received++;
		}
		if (__atomic_load_n(tx.consumer, __ATOMIC_ACQUIRE) != *tx.producer &&
		    sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY && errno != ENOBUFS && errno != ENETDOWN)
			die("send");
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, filled(&completion) ? 0 : 20);
	}
	printf("received %lu sent %lu\n", received, sent);
}

int main(int argc, char **argv)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_XSKMAP, .key_size = 4, .value_size = 4, .max_entries = 64 }, set;
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct sigaction term = { .sa_handler = on_term };
	unsigned int queue;
	int map_fd, fd, ifindex;

	if (argc != 4)
		return fprintf(stderr, "usage: xsk IFACE QUEUE SECONDS\n"), 2;
	ifindex = (int)if_nametoindex(argv[1]);
	queue = (unsigned int)atoi(argv[2]);
	if (!ifindex)
		die(argv[1]);
	setrlimit(RLIMIT_MEMLOCK, &all);
	sigaction(SIGTERM, &term, NULL);
	map_fd = bpf(BPF_MAP_CREATE, &map);
	if (map_fd < 0)
		die("map");
	attach(load(map_fd), ifindex);
	fd = open_socket(ifindex, queue);
	for (__u64 i = 0; i < FRAMES; i++)
		give(i * FRAME);
	memset(&set, 0, sizeof(set));
	set.map_fd = (unsigned int)map_fd;
	set.key = (unsigned long)&queue;
	set.value = (unsigned long)&fd;
	if (bpf(BPF_MAP_UPDATE_ELEM, &set))
		die("socket into the map");
	puts("ready");
	fflush(stdout);
	serve(fd, atoi(argv[3]));
	return 0;
}
