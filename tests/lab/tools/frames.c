// SPDX-License-Identifier: GPL-2.0
/*
 * frames.c - frames of many kinds from one end to the other; every byte is compared where it
 * arrives. For tests/regress/frames.sh.
 *
 * usage: frames serve                              answers for ever: UDP, TCP, SCTP, and packets of
 *                                                  no connection
 *        frames run PEER SECONDS < TABLE           sends what the table says; PEER: where the other
 *                                                  end's "serve" is asked what arrived, an IPv4
 *                                                  address by a way that is known to work
 *        frames pppoe INTERFACE MAC SESSION        a PPPoE session without discovery and a PPP
 *                                                  interface on it; prints its name, stays
 *
 * TABLE, a line: NAME, a tab, and one of
 *        tcp|sctp ADDRESS                          128 KiB in one connection
 *        tcp-dst|tcp-hop ADDRESS                   the same with destination or hop-by-hop options
 *                                                  (IPv6)
 *        udp|udp-dst|udp-hop ADDRESS [SIZE...]     datagrams of these sizes, one way
 *        segments ADDRESS                          one send that the kernel cuts into datagrams
 *                                                  (UDP_SEGMENT)
 *        packet KIND INTERFACE TO-MAC FROM TO [VID] [FROM2 TO2]
 *                                                  a whole frame with a virtio header that asks for
 *                                                  its checksum, by AF_PACKET
 * packet's KIND: udp4 udp6 options4 other odd (a checksum in no known protocol, at an even and an
 * odd place), segments4 (TCP, to be cut), ipip (FROM2 and TO2 are the inner addresses); vlan- or
 * qinq- before udp4, udp6 or segments4 puts tags into the frame
 *
 * Prints a line for each: "ok NAME"; "unfinished NAME": all there, but for a packet's checksum; or
 * "lost NAME", a tab and what is known. Each is tried again until it arrives or SECONDS are over:
 * what is refused somewhere never arrives, and an address that must be looked up first is no loss.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>			/* before those of the kernel */
#include <netinet/in.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_pppox.h>
#include <linux/ppp-ioctl.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT		7777
#define NO_PORT		7778			/* TCP that nobody listens to: segments without a connection */
#define OTHER		253			/* a protocol for experiments */
#define STREAM		(128 << 10)
#define SEGMENT		1000
#define SEGMENTS	9			/* the last one is shorter */
#define MAGIC		0x4652414du
#define ASK		0x41534b3fu
#define KEPT		1024			/* transfers that the server remembers */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif
#ifndef PACKET_VNET_HDR
#define PACKET_VNET_HDR	15
#endif

struct head { uint32_t magic, id; uint16_t index, len; uint32_t more; };
struct answer { uint32_t magic, id; uint64_t good; uint32_t bad, unfinished, sum_errors, pad; };

static unsigned char pattern[1 << 20];

static void fill_pattern(void)
{
	uint32_t x = 20260101;

	for (size_t i = 0; i < sizeof(pattern); i++) {
		x = x * 1664525u + 1013904223u;
		pattern[i] = (unsigned char)(x >> 24);
	}
}

/* Where the content of transfer @id begins, for its part @index */
static const unsigned char *content(uint32_t id, unsigned int index)
{
	return pattern + (id * 977u + index * 131u) % 131071u;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "frames: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- what arrives ---------------------------------------------------------------------------- */

static struct { uint32_t id; struct answer a; } kept[KEPT];

static struct answer *transfer(uint32_t id)
{
	unsigned int i = id % KEPT;

	if (kept[i].id != id) {
		memset(&kept[i], 0, sizeof(kept[i]));
		kept[i].id = id;
	}
	return &kept[i].a;
}

static void arrived(const unsigned char *p, size_t n, int unfinished)
{
	struct head h;
	struct answer *a;

	if (n < sizeof(h))
		return;
	memcpy(&h, p, sizeof(h));
	a = transfer(h.id);
	if (h.len != n || memcmp(p + sizeof(h), content(h.id, h.index), n - sizeof(h)))
		a->bad++;
	else if (unfinished)
		a->unfinished++;
	else
		a->good |= 1ull << h.index;
}

/* How many TCP segments this end's stack refused for their checksum */
static uint32_t sum_errors(void)
{
	char line[1024];
	FILE *f = fopen("/proc/net/snmp", "r");
	uint32_t n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "Tcp: ", 5) && line[5] >= '0' && line[5] <= '9')
			n = (uint32_t)atoi(strrchr(line, ' '));
	if (f)
		fclose(f);
	return n;
}

static void on_udp(int s)
{
	static unsigned char buf[65536];
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(s, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
	struct head h;
	struct answer a;

	if (n < (ssize_t)sizeof(h))
		return;
	memcpy(&h, buf, sizeof(h));
	if (h.magic == MAGIC)
		arrived(buf, (size_t)n, 0);
	if (h.magic != ASK)
		return;
	a = *transfer(h.id);
	a.magic = ASK;
	a.id = h.id;
	a.sum_errors = sum_errors();
	sendto(s, &a, sizeof(a), 0, (struct sockaddr *)&from, len);
}

static uint32_t sum16(const unsigned char *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* A checksum stands before the head, at an even or an odd place */
static void on_other(int s)
{
	static unsigned char buf[65536];
	ssize_t n = recv(s, buf, sizeof(buf), MSG_DONTWAIT);
	size_t ip = (size_t)(buf[0] & 15) * 4;

	for (size_t odd = 0; odd < 2; odd++) {
		unsigned char *p = buf + ip + odd;
		uint32_t magic;

		if (n < (ssize_t)(ip + odd + 2 + sizeof(struct head)))
			return;
		memcpy(&magic, p + 2, 4);
		if (magic == MAGIC)
			arrived(p + 2, (size_t)n - ip - odd - 2, sum16(p, (size_t)n - ip - odd, 0) != 0xffff);
	}
}

/*
 * Segments of no connection, as they are or put together again; the acknowledged number is the
 * transfer's
 */
static void on_segment(int s)
{
	static unsigned char buf[65536];
	ssize_t n = recv(s, buf, sizeof(buf), MSG_DONTWAIT);
	unsigned char *tcp = buf + (buf[0] & 15) * 4, *data = tcp + 20;
	uint32_t id, seq;
	struct answer *a;

	if (n < 40 || data >= buf + n)
		return;
	memcpy(&seq, tcp + 4, 4);
	memcpy(&id, tcp + 8, 4);
	seq = ntohl(seq);
	a = transfer(ntohl(id));
	for (; data < buf + n; data += SEGMENT, seq += SEGMENT) {
		size_t part = (size_t)(buf + n - data) < SEGMENT ? (size_t)(buf + n - data) : SEGMENT;

		if (seq / SEGMENT >= SEGMENTS || memcmp(data, content(ntohl(id), 0) + seq, part))
			a->bad++;
		else
			a->good |= 1ull << (seq / SEGMENT);
	}
}

/*
 * One connection, in a process of its own: all that comes is compared, then the other end is told
 * how much of it was right.
 */
static _Noreturn void on_stream(int s)
{
	static unsigned char buf[65536];
	struct timeval limit = { .tv_sec = 10 };
	struct head h;
	uint32_t right = 0;
	size_t have = 0;

	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while (have < sizeof(h) + STREAM) {
		ssize_t n = recv(s, buf, have < sizeof(h) ? sizeof(h) - have : sizeof(buf), 0);

		if (n <= 0)
			exit(1);
		if (have < sizeof(h))
			memcpy((char *)&h + have, buf, (size_t)n);
		else if (!memcmp(buf, content(h.id, 0) + have - sizeof(h), (size_t)n))
			right += (uint32_t)n;
		have += (size_t)n;
	}
	h.more = right;
	send(s, &h, sizeof(h), 0);
	/* until the other end closes: SCTP's close would overtake */
	recv(s, buf, 1, 0);
	exit(0);
}

static int listener(int type, int protocol)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	int s = socket(AF_INET6, type | SOCK_CLOEXEC, protocol), on = 1;

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || (type == SOCK_STREAM && listen(s, 64)))
		return -1;
	return s;
}

static _Noreturn void serve(void)
{
	struct sock_filter only[] = {		/* port NO_PORT */
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NO_PORT, 0, 1), BPF_STMT(BPF_RET | BPF_K, 65535), BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog filter = { sizeof(only) / sizeof(only[0]), only };
	struct pollfd p[5] = {
		{ .fd = listener(SOCK_DGRAM, 0) }, { .fd = listener(SOCK_STREAM, 0) }, { .fd = listener(SOCK_STREAM, IPPROTO_SCTP) },
		{ .fd = socket(AF_INET, SOCK_RAW, OTHER) }, { .fd = socket(AF_INET, SOCK_RAW, IPPROTO_TCP) } };
	int big = 4 << 20;

	if (p[0].fd < 0 || p[1].fd < 0 || p[3].fd < 0 || p[4].fd < 0 ||
	    setsockopt(p[4].fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		die("serve");
	setsockopt(p[0].fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 5; i++)
		p[i].events = POLLIN;
	for (;;) {
		poll(p, 5, -1);
		if (p[0].revents & POLLIN)
			on_udp(p[0].fd);
		for (int i = 1; i < 3; i++) {
			int c = p[i].revents & POLLIN ? accept(p[i].fd, NULL, NULL) : -1;

			if (c >= 0 && fork() == 0)
				on_stream(c);
			if (c >= 0)
				close(c);
		}
		if (p[3].revents & POLLIN)
			on_other(p[3].fd);
		if (p[4].revents & POLLIN)
			on_segment(p[4].fd);
	}
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static char why[256];				/* of the kind that is sent */
static struct sockaddr_in peer = { .sin_family = AF_INET };
static double limit_at;

static socklen_t address(const char *text, struct sockaddr_storage *a)
{
	struct sockaddr_in *v4 = (void *)a;
	struct sockaddr_in6 *v6 = (void *)a;

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(PORT);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(PORT);
		return sizeof(*v6);
	}
	fprintf(stderr, "frames: '%s' is no address\n", text);
	exit(2);
}

/* Padding alone, eight bytes: what a receiver must skip */
static int options(int s, const char *what)
{
	/* next header and length are the kernel's to fill in */
	unsigned char opt[8] = { 0, 0, 1, 4 };

	if (strstr(what, "-dst"))
		return setsockopt(s, IPPROTO_IPV6, IPV6_DSTOPTS, opt, sizeof(opt));
	if (strstr(what, "-hop"))
		return setsockopt(s, IPPROTO_IPV6, IPV6_HOPOPTS, opt, sizeof(opt));
	return 0;
}

/* ready EVENT: waits for it as long as the kind has time */
static int ready(int s, short event)
{
	int ms = (int)((limit_at - now()) * 1000);

	return ms > 0 && poll(&(struct pollfd){ .fd = s, .events = event }, 1, ms) == 1;
}

static int stream(uint32_t id, const char *what, const char *to)
{
	struct sockaddr_storage a;
	socklen_t len = address(to, &a);
	int s = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, what[0] == 's' ? IPPROTO_SCTP : 0), err = 0, ok = 0;
	socklen_t elen = sizeof(err);
	struct head h = { .magic = MAGIC, .id = id };
	size_t sent = 0, got = 0;

	if (s < 0 || options(s, what)) {
		snprintf(why, sizeof(why), "socket: %s", strerror(errno));
		return 0;
	}
	if (connect(s, (struct sockaddr *)&a, len) && errno != EINPROGRESS) {
		snprintf(why, sizeof(why), "connect: %s", strerror(errno));
	} else if (!ready(s, POLLOUT) || getsockopt(s, SOL_SOCKET, SO_ERROR, &err, &elen) || err) {
		snprintf(why, sizeof(why), "no connection: %s", err ? strerror(err) : "no answer");
	} else {
		while (sent < sizeof(h) + STREAM && ready(s, POLLOUT)) {
			ssize_t n = sent < sizeof(h) ? send(s, (char *)&h + sent, sizeof(h) - sent, MSG_NOSIGNAL) :
				send(s, content(id, 0) + sent - sizeof(h), sizeof(h) + STREAM - sent > 65536 ? 65536 : sizeof(h) + STREAM - sent,
				     MSG_NOSIGNAL);

			if (n < 0 && errno != EAGAIN)
				break;
			if (n > 0)
				sent += (size_t)n;
		}
		while (got < sizeof(h) && ready(s, POLLIN)) {
			ssize_t n = recv(s, (char *)&h + got, sizeof(h) - got, 0);

			if (n <= 0)
				break;
			got += (size_t)n;
		}
		ok = got == sizeof(h) && h.id == id && h.more == STREAM;
		if (!ok)
			snprintf(why, sizeof(why), "connected; of %u bytes %zu went into it; %s %u arrived right", STREAM, sent,
				 got == sizeof(h) ? "the other end says" : "no word of", got == sizeof(h) ? h.more : STREAM);
	}
	close(s);
	return ok;
}

/* ask ID: what the other end has of it; waits some 0.3 s */
static struct answer ask(uint32_t id)
{
	static int s = -1;
	struct head h = { .magic = ASK, .id = id };
	struct answer a = { 0 };

	if (s < 0 && ((s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0 || connect(s, (struct sockaddr *)&peer, sizeof(peer))))
		die("the other end");
	send(s, &h, sizeof(h), 0);
	while (poll(&(struct pollfd){ .fd = s, .events = POLLIN }, 1, 300) == 1)
		if (recv(s, &a, sizeof(a), 0) == sizeof(a) && a.id == id)
			return a;
	a.magic = 0;
	return a;
}

/* Whether all of @want parts are there; otherwise @why says what is */
static int all_there(uint32_t id, unsigned int want, uint32_t errors_before)
{
	struct answer a;

	usleep(10000);
	a = ask(id);
	if (a.magic != ASK)
		snprintf(why, sizeof(why), "the other end does not say what arrived");
	else if (a.sum_errors != errors_before || a.bad || a.unfinished)
		snprintf(why, sizeof(why), "changed %u, with a checksum that is not right %u", a.bad, a.unfinished + a.sum_errors - errors_before);
	else
		snprintf(why, sizeof(why), "of %u datagrams %d arrived", want, __builtin_popcountll(a.good));
	if (a.magic != ASK || a.bad || a.sum_errors != errors_before)
		return 0;
	return a.good == (1ull << want) - 1 ? 1 : want == 1 && a.unfinished ? 2 : 0;
}

static size_t datagram(unsigned char *p, uint32_t id, unsigned int index, size_t len)
{
	struct head h = { .magic = MAGIC, .id = id, .index = (uint16_t)index, .len = (uint16_t)len };

	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), content(id, index), len - sizeof(h));
	return len;
}

static int udp(uint32_t id, const char *what, char **word)
{
	static unsigned char buf[65536];
	static const size_t usual[] = { 17, 500, 1201 };
	struct sockaddr_storage a;
	socklen_t len = address(word[0], &a);
	int s = socket(a.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), cut = SEGMENT;
	int segments = !strcmp(what, "segments");
	uint32_t errors = ask(id).sum_errors;
	unsigned int n = 0;
	int ok = 0;

	if (s < 0 || options(s, what) || connect(s, (struct sockaddr *)&a, len) ||
	    (segments && setsockopt(s, IPPROTO_UDP, UDP_SEGMENT, &cut, sizeof(cut)))) {
		snprintf(why, sizeof(why), "socket: %s", strerror(errno));
		if (s >= 0)
			close(s);
		return 0;
	}
	do {
		if (segments) {
			for (n = 0; n < SEGMENTS; n++)
				datagram(buf + n * SEGMENT, id, n, n < SEGMENTS - 1 ? SEGMENT : SEGMENT / 3);
			send(s, buf, SEGMENT * (SEGMENTS - 1) + SEGMENT / 3, 0);
		} else {
			for (n = 0; word[1] ? word[1 + n] != NULL : n < 3; n++)
				send(s, buf, datagram(buf, id, n, word[1] ? (size_t)atoi(word[1 + n]) : usual[n]), 0);
		}
		ok = all_there(id, n, errors);
	} while (!ok && now() < limit_at && (usleep(200000), 1));
	close(s);
	return ok;
}

static void put16(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

/* An IPv4 head without or with options; returns its length */
static size_t ip4(unsigned char *p, size_t options, int protocol, size_t payload, const char *from, const char *to)
{
	size_t n = 20 + options;

	memset(p, 0, n);
	memset(p + 20, 1, options);		/* no operation */
	p[0] = (unsigned char)(0x40 | n / 4);
	put16(p + 2, (uint32_t)(n + payload));
	p[8] = 64;
	p[9] = (unsigned char)protocol;
	if (inet_pton(AF_INET, from, p + 12) != 1 || inet_pton(AF_INET, to, p + 16) != 1)
		die("packet: an address");
	put16(p + 10, ~sum16(p, n, 0) & 0xffff);
	return n;
}

static size_t ip6(unsigned char *p, int protocol, size_t payload, const char *from, const char *to)
{
	memset(p, 0, 40);
	p[0] = 0x60;
	put16(p + 4, (uint32_t)payload);
	p[6] = (unsigned char)protocol;
	p[7] = 64;
	if (inet_pton(AF_INET6, from, p + 8) != 1 || inet_pton(AF_INET6, to, p + 24) != 1)
		die("packet: an address");
	return 40;
}

/* What stands in the place of a checksum that is asked for */
static uint32_t pseudo(const unsigned char *addresses, size_t n, int protocol, size_t len)
{
	return sum16(addresses, n, (uint32_t)protocol + (uint32_t)len);
}

static int packet(uint32_t id, char **word, int words)
{
	static struct { struct virtio_net_hdr v; unsigned char p[16384]; } __attribute__((packed)) f;
	const char *kind = word[0], *from = word[3], *to = word[4];
	unsigned char *p = f.p, *l4;
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	struct ifreq ifr = { 0 };
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1, tags = 0, ok = 0;
	unsigned int parts = 1, vid = words > 5 ? (unsigned int)atoi(word[5]) : 0;
	size_t payload = 700;
	uint32_t errors = ask(id).sum_errors;

	if (s < 0 || setsockopt(s, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		die("packet");
	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", word[1]);
	if (ioctl(s, SIOCGIFHWADDR, &ifr))
		die(word[1]);
	memset(&f, 0, sizeof(f));
	if (sscanf(word[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", p, p + 1, p + 2, p + 3, p + 4, p + 5) != 6)
		die(word[2]);
	memcpy(p + 6, ifr.ifr_hwaddr.sa_data, 6);
	p += 12;
	if (!strncmp(kind, "vlan-", 5) || !strncmp(kind, "qinq-", 5))
		tags = kind[0] == 'v' ? 1 : 2, kind += 5;
	for (int i = 0; i < tags; i++, p += 4) {
		put16(p, tags == 2 && i == 0 ? ETH_P_8021AD : ETH_P_8021Q);
		put16(p + 2, i == 0 ? vid : vid * 10);	/* as the rig has it */
	}
	put16(p, !strcmp(kind, "udp6") ? ETH_P_IPV6 : ETH_P_IP);
	p += 2;
	f.v.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	f.v.csum_offset = 6;
	if (!strcmp(kind, "udp4") || !strcmp(kind, "options4") || !strcmp(kind, "ipip")) {
		if (!strcmp(kind, "ipip")) {
			if (words < 8)
				die("packet ipip: addresses");
			p += ip4(p, 0, IPPROTO_IPIP, 20 + 8 + payload, from, to);
			from = word[6], to = word[7];
		}
		l4 = p + ip4(p, kind[0] == 'o' ? 4 : 0, IPPROTO_UDP, 8 + payload, from, to);
		put16(l4 + 6, pseudo(p + 12, 8, IPPROTO_UDP, 8 + payload));
	} else if (!strcmp(kind, "udp6")) {
		l4 = p + ip6(p, IPPROTO_UDP, 8 + payload, from, to);
		put16(l4 + 6, pseudo(p + 8, 32, IPPROTO_UDP, 8 + payload));
	} else if (!strcmp(kind, "other") || !strcmp(kind, "odd")) {
		int odd = kind[1] == 'd';

		l4 = p + ip4(p, 0, OTHER, (size_t)odd + 2 + payload, from, to) + odd;
		f.v.csum_offset = 0;
		p = l4 + 2;
	} else if (!strcmp(kind, "segments4")) {
		uint32_t ack = htonl(id);

		parts = SEGMENTS;
		payload = SEGMENT * (SEGMENTS - 1) + SEGMENT / 3;
		l4 = p + ip4(p, 0, IPPROTO_TCP, 20 + payload, from, to);
		put16(l4, PORT);
		put16(l4 + 2, NO_PORT);
		memcpy(l4 + 8, &ack, 4);
		l4[12] = 5 << 4;
		l4[13] = 0x10;			/* ACK */
		put16(l4 + 14, 1000);
		put16(l4 + 16, pseudo(p + 12, 8, IPPROTO_TCP, 20 + payload));
		f.v.csum_offset = 16;
		f.v.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		f.v.gso_size = SEGMENT;
		p = l4 + 20;
		f.v.hdr_len = (uint16_t)(p - f.p);
		memcpy(p, content(id, 0), payload);
		p += payload;
	} else {
		fprintf(stderr, "frames: no packet of kind '%s'\n", kind);
		exit(2);
	}
	f.v.csum_start = (uint16_t)(l4 - f.p);
	if (f.v.csum_offset == 6) {		/* UDP */
		put16(l4, PORT);
		put16(l4 + 2, PORT);
		put16(l4 + 4, (uint32_t)(8 + payload));
		p = l4 + 8;
	}
	if (parts == 1)
		p += datagram(p, id, 0, payload);
	ll.sll_ifindex = (int)if_nametoindex(word[1]);
	ll.sll_halen = 6;
	memcpy(ll.sll_addr, f.p, 6);
	do {
		if (sendto(s, &f, sizeof(f.v) + (size_t)(p - f.p), 0, (struct sockaddr *)&ll, sizeof(ll)) < 0) {
			snprintf(why, sizeof(why), "send: %s", strerror(errno));
			break;
		}
		ok = all_there(id, parts, errors);
	} while (!ok && now() < limit_at && (usleep(200000), 1));
	close(s);
	return ok;
}

static int run(const char *to, double seconds)
{
	static char line[1024];
	char *word[40], *name, *rest;
	uint32_t id = (uint32_t)time(NULL) * 64 + (uint32_t)getpid() * 4096;
	int ok, n;

	peer.sin_port = htons(PORT);
	if (inet_pton(AF_INET, to, &peer.sin_addr) != 1)
		die(to);
	while (fgets(line, sizeof(line), stdin)) {
		name = line;
		rest = strchr(line, '\t');
		if (!rest)
			continue;
		*rest++ = '\0';
		n = 0;
		for (char *w = strtok(rest, " \n"); w && n < 39; w = strtok(NULL, " \n"))
			word[n++] = w;
		word[n] = NULL;
		if (n < 2)
			continue;
		id++;
		limit_at = now() + seconds;
		snprintf(why, sizeof(why), "nothing");
		if (!strncmp(word[0], "tcp", 3) || !strcmp(word[0], "sctp"))
			ok = stream(id, word[0], word[1]);
		else if (!strncmp(word[0], "udp", 3) || !strcmp(word[0], "segments"))
			ok = udp(id, word[0], word + 1);
		else if (!strcmp(word[0], "packet") && n >= 6)
			ok = packet(id, word + 1, n - 1);
		else
			continue;
		if (ok)
			printf("%s %s\n", ok == 2 ? "unfinished" : "ok", name);
		else
			printf("lost %s\t%s\n", name, why);
		fflush(stdout);
	}
	return 0;
}

/* ---- PPPoE ----------------------------------------------------------------------------------- */

static _Noreturn void pppoe(const char *dev, const char *mac, int session)
{
	struct sockaddr_pppox a = { .sa_family = AF_PPPOX, .sa_protocol = PX_PROTO_OE };
	unsigned char *m = a.sa_addr.pppoe.remote;
	int s = socket(AF_PPPOX, SOCK_STREAM, PX_PROTO_OE), channel, unit = -1, c, u;

	a.sa_addr.pppoe.sid = htons((uint16_t)session);
	snprintf(a.sa_addr.pppoe.dev, IFNAMSIZ, "%s", dev);
	if (s < 0 || sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6 ||
	    connect(s, (struct sockaddr *)&a, sizeof(a)) || ioctl(s, PPPIOCGCHAN, &channel))
		die("pppoe session");
	c = open("/dev/ppp", O_RDWR);
	u = open("/dev/ppp", O_RDWR);
	if (c < 0 || u < 0 || ioctl(c, PPPIOCATTCHAN, &channel) || ioctl(u, PPPIOCNEWUNIT, &unit) || ioctl(c, PPPIOCCONNECT, &unit))
		die("ppp unit");
	printf("ppp%d\n", unit);
	fflush(stdout);
	if (daemon(0, 0))
		die("daemon");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	fill_pattern();
	if (!strcmp(what, "serve") && argc == 2)
		serve();
	if (!strcmp(what, "run") && argc == 4)
		return run(argv[2], atof(argv[3]));
	if (!strcmp(what, "pppoe") && argc == 5)
		pppoe(argv[2], argv[3], atoi(argv[4]));
	fprintf(stderr, "usage: frames serve | run PEER SECONDS < TABLE | pppoe INTERFACE MAC SESSION\n");
	return 2;
}
