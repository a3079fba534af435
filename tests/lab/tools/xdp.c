// SPDX-License-Identifier: GPL-2.0
/*
 * XDP programs for tests, without a compiler or a library in the guest: each counts the frames it
 * sees in a map and gives one verdict.
 *
 *   xdp load VERDICT NAME [IFINDEX]   pins program and map as /sys/fs/bpf/NAME and NAME_map, for
 *                                     "ip link set dev X xdp pinned"
 *   xdp count NAME                    prints how often the program ran
 *
 * VERDICT: aborted drop pass tx redirect bad, or "adjust": moves head, metadata and tail there and
 * back, passes the frame if all worked. tx swaps the addresses first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bpf.h"

static struct bpf_insn prog[128];
static unsigned int count;
static char log_buf[65536];

static void emit(struct bpf_insn insn) { prog[count++] = insn; }

static void die(const char *what)
{
	fprintf(stderr, "xdp: %s: %s\n%s", what, strerror(errno), log_buf);
	exit(1);
}

static void pin(int fd, const char *path)
{
	union bpf_attr attr = { .pathname = (unsigned long)path, .bpf_fd = fd };

	unlink(path);
	if (bpf(BPF_OBJ_PIN, &attr))
		die(path);
}

/* Counts the frame; r6 is the context. */
static void emit_count(int map)
{
	emit(MOV_REG(6, 1));
	emit(MOV_IMM(0, 0));
	emit(STORE(BPF_W, 10, 0, -4));
	emit(INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map));
	emit(INSN(0, 0, 0, 0, 0));
	emit(MOV_REG(2, 10));
	emit(ADD_IMM(2, -4));
	emit(CALL(BPF_FUNC_map_lookup_elem));
	emit(INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0));
	emit(MOV_IMM(1, 1));
	emit(INSN(BPF_STX | BPF_XADD | BPF_DW, 0, 1, 0, 0));
}

static void emit_swap(void)
{
	int i;

	emit(LOAD(BPF_W, 2, 6, 0));
	emit(LOAD(BPF_W, 3, 6, 4));
	emit(MOV_REG(4, 2));
	emit(ADD_IMM(4, 14));
	emit(INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 12, 0));
	for (i = 0; i < 6; i += 2) {
		emit(LOAD(BPF_H, 4, 2, i));
		emit(LOAD(BPF_H, 5, 2, i + 6));
		emit(STORE(BPF_H, 2, 5, i));
		emit(STORE(BPF_H, 2, 4, i + 6));
	}
}

/* One of the bpf_xdp_adjust_*(); aborts the frame if it fails. */
static void emit_adjust(int function, int delta)
{
	emit(MOV_REG(1, 6));
	emit(MOV_IMM(2, delta));
	emit(CALL(function));
	emit(INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0));
	emit(MOV_IMM(0, XDP_ABORTED));
	emit(EXIT);
}

static void emit_verdict(const char *verdict, int ifindex)
{
	static const char * const name[] = { "aborted", "drop", "pass", "tx", "redirect" };
	int act = 77;
	unsigned int i;

	for (i = 0; i < sizeof(name) / sizeof(*name); i++)
		if (!strcmp(verdict, name[i]))
			act = i;
	if (act == XDP_TX)
		emit_swap();
	if (act == XDP_REDIRECT) {
		emit(MOV_IMM(1, ifindex));
		emit(MOV_IMM(2, 0));
		emit(CALL(BPF_FUNC_redirect));
		emit(EXIT);
		return;
	}
	if (!strcmp(verdict, "adjust")) {
		emit_adjust(BPF_FUNC_xdp_adjust_head, -200);
		emit_adjust(BPF_FUNC_xdp_adjust_head, 200);
		emit_adjust(BPF_FUNC_xdp_adjust_tail, 64);
		emit_adjust(BPF_FUNC_xdp_adjust_tail, -64);
		emit_adjust(BPF_FUNC_xdp_adjust_meta, -8);
		act = XDP_PASS;
	}
	emit(MOV_IMM(0, act));
	emit(EXIT);
}

static void load(const char *verdict, const char *name, int ifindex)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_XDP, .insns = (unsigned long)prog, .license = (unsigned long)"GPL",
				.log_buf = (unsigned long)log_buf, .log_size = sizeof(log_buf), .log_level = 1 };
	char path[256];
	int map_fd, fd;

	/* An error is found by the pin. */
	mount("bpf", "/sys/fs/bpf", "bpf", 0, "");
	map_fd = bpf(BPF_MAP_CREATE, &map);
	if (map_fd < 0)
		die("map");
	emit_count(map_fd);
	emit_verdict(verdict, ifindex);
	attr.insn_cnt = count;
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		die("program");
	snprintf(path, sizeof(path), "/sys/fs/bpf/%s", name);
	pin(fd, path);
	strcat(path, "_map");
	pin(map_fd, path);
}

static void show(const char *name)
{
	unsigned long long value = 0;
	unsigned int key = 0;
	char path[256];
	union bpf_attr get = { .pathname = (unsigned long)path }, look;
	int fd;

	snprintf(path, sizeof(path), "/sys/fs/bpf/%s_map", name);
	fd = bpf(BPF_OBJ_GET, &get);
	if (fd < 0)
		die(path);
	memset(&look, 0, sizeof(look));
	look.map_fd = fd;
	look.key = (unsigned long)&key;
	look.value = (unsigned long)&value;
	if (bpf(BPF_MAP_LOOKUP_ELEM, &look))
		die("map lookup");
	printf("%llu\n", value);
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "load"))
		load(argv[2], argv[3], argc > 4 ? atoi(argv[4]) : 0);
	else if (argc == 3 && !strcmp(argv[1], "count"))
		show(argv[2]);
	else
		return fprintf(stderr, "usage: xdp load VERDICT NAME [IFINDEX] | xdp count NAME\n"), 2;
	return 0;
}
