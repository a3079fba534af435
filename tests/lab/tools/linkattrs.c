// SPDX-License-Identifier: GPL-2.0
/*
 * linkattrs.c - every attribute that rtnetlink tells of an interface, by number, so that two
 * drivers can be compared also in what this iproute2 does not know. Counters and the interface's
 * number and times are left out.
 *
 * usage: linkattrs IFACE
 * prints: "header TYPE FLAGS", then a line "NUMBER[.NUMBER...] HEX" for each attribute
 */
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Nests without NLA_F_NESTED on older kernels */
static int nested(const char *path, const struct rtattr *a)
{
	int type = a->rta_type & NLA_TYPE_MASK;

	if (a->rta_type & NLA_F_NESTED)
		return 1;
	if (!*path)
		return type == IFLA_AF_SPEC || type == IFLA_LINKINFO || type == IFLA_XDP || type == IFLA_PROP_LIST;
	return !strcmp(path, "26.");			/* of the address families, each */
}

static int skipped(const char *path, int type)
{
	if (!*path)
		return type == IFLA_STATS || type == IFLA_STATS64;
	/* inet6: counters, and the age of what it cached */
	return !strcmp(path, "26.10.") && (type == IFLA_INET6_STATS || type == IFLA_INET6_ICMP6STATS || type == IFLA_INET6_CACHEINFO);
}

static void show(const char *path, struct rtattr *a, int len)
{
	char deeper[64];

	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		int type = a->rta_type & NLA_TYPE_MASK;
		const unsigned char *p = RTA_DATA(a);

		if (skipped(path, type))
			continue;
		if (nested(path, a)) {
			snprintf(deeper, sizeof(deeper), "%s%d.", path, type);
			show(deeper, RTA_DATA(a), (int)RTA_PAYLOAD(a));
			continue;
		}
		printf("%s%d ", path, type);
		for (size_t i = 0; i < RTA_PAYLOAD(a); i++)
			printf("%02x", p[i]);
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	static char buf[65536];
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
		struct rtattr a;
		unsigned int mask;
	} ask = {
		.h = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST },
		.a = { .rta_len = RTA_LENGTH(4), .rta_type = IFLA_EXT_MASK },
		.mask = RTEXT_FILTER_VF,
	};
	struct nlmsghdr *h = (struct nlmsghdr *)buf;
	struct ifinfomsg *i = NLMSG_DATA(h);
	ssize_t n;
	int fd;

	if (argc != 2 || !(ask.i.ifi_index = (int)if_nametoindex(argv[1]))) {
		fprintf(stderr, "usage: linkattrs IFACE (one that there is)\n");
		return 2;
	}
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0 || (n = recv(fd, buf, sizeof(buf), 0)) < 0) {
		perror("linkattrs");
		return 1;
	}
	if (!NLMSG_OK(h, n) || h->nlmsg_type != RTM_NEWLINK) {
		fprintf(stderr, "linkattrs: no answer about %s\n", argv[1]);
		return 1;
	}
	printf("header %u %#x\n", i->ifi_type, i->ifi_flags);
	show("", IFLA_RTA(i), (int)IFLA_PAYLOAD(h));
	close(fd);
	return 0;
}
