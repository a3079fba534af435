// SPDX-License-Identifier: GPL-2.0
/*
 * firstpacket DOMID VIF SECONDS: lets a paused domain run and waits for the first packet that it
 * sends on VIF (a backend's interface of dom0).  Prints the microseconds between both and the
 * packet's Ethernet type; status 1 when none comes.
 *
 * Both times are from one clock of one machine: the first is read just before the hypercall that
 * lets the domain run, the second is the kernel's own stamp of the packet when it leaves the
 * backend.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <xenctrl.h>

static int open_vif(const char *vif)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(vif),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), on = 1;

	if (fd < 0 || !addr.sll_ifindex || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on))) {
		perror(vif);
		exit(1);
	}
	return fd;
}

/* The next packet from the guest: when it came and its type; 0 when the time is over. */
static int packet(int fd, int ms, struct timespec *when, unsigned int *type)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char data[64], control[256];

	while (poll(&p, 1, ms) == 1) {
		struct iovec part = { .iov_base = data, .iov_len = sizeof(data) };
		struct sockaddr_ll from;
		struct msghdr m = {
			.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};
		struct cmsghdr *c;

		if (recvmsg(fd, &m, 0) < 14 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
				*when = *(struct timespec *)CMSG_DATA(c);
		*type = (unsigned int)data[12] << 8 | data[13];
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec start, came = { 0 };
	xc_interface *xch;
	unsigned int type;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: firstpacket DOMID VIF SECONDS (in dom0, the domain is paused)\n");
		return 2;
	}
	xch = xc_interface_open(NULL, NULL, 0);
	fd = open_vif(argv[2]);
	clock_gettime(CLOCK_REALTIME, &start);
	if (!xch || xc_domain_unpause(xch, (uint32_t)atoi(argv[1]))) {
		fprintf(stderr, "firstpacket: domain %s cannot be let run\n", argv[1]);
		return 1;
	}
	if (!packet(fd, atoi(argv[3]) * 1000, &came, &type)) {
		fprintf(stderr, "firstpacket: no packet on %s in %s s\n", argv[2], argv[3]);
		return 1;
	}
	printf("%.0f %04x\n", (came.tv_sec - start.tv_sec) * 1e6 + (came.tv_nsec - start.tv_nsec) / 1e3, type);
	return 0;
}
