// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's netlink family "netdev" says of an interface: its XDP features, and for each
 * queue the NAPI instance that serves it and the counters that the driver reports.
 *
 *   qstats IFACE     lines "xdp-features 0xN", "rx|tx QUEUE napi ID", "rx|tx QUEUE packets N bytes
 *                    N [alloc-fail N]", "all rx N tx N" (packets of the interface, queues that are
 *                    no more included)
 *   qstats IFACE napi  lines "napi ID [irq N] [pid N]", as the kernel lists the contexts; then the
 *                      "rx|tx QUEUE napi ID" of above
 *
 * Status 1 with the reason when the kernel has no such family or refuses a question. No library:
 * guests have none. Numbers are those of Documentation/netlink/specs/netdev.yaml, which Debian 12's
 * own headers are too old for.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEV_GET = 1, QUEUE_GET = 10, NAPI_GET = 11, QSTATS_GET = 12 };
enum { DEV_IFINDEX = 1, DEV_XDP_FEATURES = 3 };
enum { QUEUE_ID = 1, QUEUE_IFINDEX, QUEUE_TYPE, QUEUE_NAPI_ID };
enum { NAPI_IFINDEX = 1, NAPI_ID, NAPI_IRQ, NAPI_PID };
enum {
	STATS_IFINDEX = 1, STATS_TYPE, STATS_ID, STATS_SCOPE,
	STATS_RX_PACKETS = 8, STATS_RX_BYTES, STATS_TX_PACKETS, STATS_TX_BYTES, STATS_RX_ALLOC_FAIL
};
#define ATTRIBUTES	48
#define SCOPE_QUEUE	1

static int sock;

static void die(const char *what, int error)
{
	fprintf(stderr, "qstats: %s: %s\n", what, strerror(error));
	exit(1);
}

/* One attribute of up to 8 bytes as a number. */
static uint64_t number(const struct nlattr *a)
{
	uint64_t v = 0;

	memcpy(&v, a + 1, a->nla_len - NLA_HDRLEN > 8 ? 8 : a->nla_len - NLA_HDRLEN);
	return v;
}

static void parse(const struct nlmsghdr *h, const struct nlattr **at)
{
	const char *p = (const char *)NLMSG_DATA(h) + GENL_HDRLEN, *end = (const char *)h + h->nlmsg_len;
	const struct nlattr *a;

	memset(at, 0, ATTRIBUTES * sizeof(*at));
	for (; p + NLA_HDRLEN <= end; p += NLA_ALIGN(a->nla_len)) {
		a = (const void *)p;
		if (a->nla_len < NLA_HDRLEN)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) < ATTRIBUTES)
			at[a->nla_type & NLA_TYPE_MASK] = a;
	}
}

/* Asks, with up to two attributes, and hands each answer to @each. */
static void ask(const char *what, int family, int flags, int cmd, const struct nlattr *first, const struct nlattr *second,
		void (*each)(const struct nlmsghdr *))
{
	struct { struct nlmsghdr n; struct genlmsghdr g; char more[256]; } q = {
		.n = { NLMSG_LENGTH(GENL_HDRLEN), family, NLM_F_REQUEST | flags, 1, 0 }, .g = { cmd, 1, 0 } };
	const struct nlattr *list[] = { first, second };
	static char buf[65536];

	for (unsigned int i = 0; i < 2 && list[i]; i++) {
		memcpy((char *)&q + q.n.nlmsg_len, list[i], list[i]->nla_len);
		q.n.nlmsg_len += NLA_ALIGN(list[i]->nla_len);
	}
	if (send(sock, &q, q.n.nlmsg_len, 0) < 0)
		die(what, errno);
	for (;;) {
		ssize_t n = recv(sock, buf, sizeof(buf), 0);

		if (n < 0)
			die(what, errno);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return;
			if (h->nlmsg_type == NLMSG_ERROR) {
				int error = -((struct nlmsgerr *)NLMSG_DATA(h))->error;

				if (error)
					die(what, error);
				return;
			}
			each(h);
			/* Not by NLM_F_MULTI, which this family's dumps lack. */
			if (flags != NLM_F_DUMP)
				return;
		}
	}
}

static unsigned int family, wanted;

static void on_family(const struct nlmsghdr *h)
{
	const struct nlattr *at[ATTRIBUTES];

	parse(h, at);
	if (at[CTRL_ATTR_FAMILY_ID])
		family = number(at[CTRL_ATTR_FAMILY_ID]);
}

static void on_device(const struct nlmsghdr *h)
{
	const struct nlattr *at[ATTRIBUTES];

	parse(h, at);
	if (at[DEV_XDP_FEATURES])
		printf("xdp-features 0x%llx\n", (unsigned long long)number(at[DEV_XDP_FEATURES]));
}

static void on_queue(const struct nlmsghdr *h)
{
	const struct nlattr *at[ATTRIBUTES];

	parse(h, at);
	if (at[QUEUE_ID] && at[QUEUE_TYPE] && at[QUEUE_NAPI_ID])
		printf("%s %u napi %u\n", number(at[QUEUE_TYPE]) ? "tx" : "rx", (unsigned int)number(at[QUEUE_ID]),
		       (unsigned int)number(at[QUEUE_NAPI_ID]));
}

static void on_napi(const struct nlmsghdr *h)
{
	const struct nlattr *at[ATTRIBUTES];

	parse(h, at);
	if (!at[NAPI_ID])
		return;
	printf("napi %u", (unsigned int)number(at[NAPI_ID]));
	if (at[NAPI_IRQ])
		printf(" irq %u", (unsigned int)number(at[NAPI_IRQ]));
	if (at[NAPI_PID])
		printf(" pid %u", (unsigned int)number(at[NAPI_PID]));
	printf("\n");
}

static void on_stats(const struct nlmsghdr *h)
{
	const struct nlattr *at[ATTRIBUTES];
	int tx;

	parse(h, at);
	if (!at[STATS_IFINDEX] || number(at[STATS_IFINDEX]) != wanted)
		return;
	if (!at[STATS_TYPE] || !at[STATS_ID]) {
		if (at[STATS_RX_PACKETS] && at[STATS_TX_PACKETS])
			printf("all rx %llu tx %llu\n", (unsigned long long)number(at[STATS_RX_PACKETS]),
			       (unsigned long long)number(at[STATS_TX_PACKETS]));
		return;
	}
	tx = number(at[STATS_TYPE]) ? 1 : 0;
	printf("%s %u", tx ? "tx" : "rx", (unsigned int)number(at[STATS_ID]));
	if (at[tx ? STATS_TX_PACKETS : STATS_RX_PACKETS])
		printf(" packets %llu", (unsigned long long)number(at[tx ? STATS_TX_PACKETS : STATS_RX_PACKETS]));
	if (at[tx ? STATS_TX_BYTES : STATS_RX_BYTES])
		printf(" bytes %llu", (unsigned long long)number(at[tx ? STATS_TX_BYTES : STATS_RX_BYTES]));
	if (at[STATS_RX_ALLOC_FAIL])
		printf(" alloc-fail %llu", (unsigned long long)number(at[STATS_RX_ALLOC_FAIL]));
	printf("\n");
}

int main(int argc, char **argv)
{
	struct { struct nlattr a; char name[16]; } name = { { NLA_HDRLEN + sizeof("netdev"), CTRL_ATTR_FAMILY_NAME }, "netdev" };
	struct { struct nlattr a; uint32_t v; } iface = { { NLA_HDRLEN + 4, DEV_IFINDEX }, 0 }, queue_of = { { NLA_HDRLEN + 4, QUEUE_IFINDEX }, 0 },
		napi_of = { { NLA_HDRLEN + 4, NAPI_IFINDEX }, 0 }, scope = { { NLA_HDRLEN + 4, STATS_SCOPE }, SCOPE_QUEUE };
	struct timeval patience = { 5, 0 };

	if (argc != 2 && (argc != 3 || strcmp(argv[2], "napi")))
		return fprintf(stderr, "usage: qstats IFACE [napi]\n"), 2;
	wanted = iface.v = queue_of.v = napi_of.v = if_nametoindex(argv[1]);
	if (!wanted)
		die(argv[1], errno);
	sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (sock < 0)
		die("netlink", errno);
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ask("family netdev (Linux 6.3)", GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, &name.a, NULL, on_family);
	if (!family)
		die("family netdev", ENOENT);
	if (argc == 3) {
		ask("napi-get (Linux 6.8)", family, NLM_F_DUMP, NAPI_GET, &napi_of.a, NULL, on_napi);
		ask("queue-get (Linux 6.8)", family, NLM_F_DUMP, QUEUE_GET, &queue_of.a, NULL, on_queue);
		return 0;
	}
	ask("dev-get", family, 0, DEV_GET, &iface.a, NULL, on_device);
	ask("queue-get (Linux 6.8)", family, NLM_F_DUMP, QUEUE_GET, &queue_of.a, NULL, on_queue);
	/* Of all interfaces: asking for one was added later than the command. */
	ask("qstats-get (Linux 6.10)", family, NLM_F_DUMP, QSTATS_GET, &scope.a, NULL, on_stats);
	ask("qstats-get (Linux 6.10)", family, NLM_F_DUMP, QSTATS_GET, NULL, NULL, on_stats);
	return 0;
}
