// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of src/frame.h: which frames a backend finishes, each rule at its
 * border.  What is expected here is what skb_checksum_setup() of a backend
 * does with the frame.
 */
#include <string.h>

#include "frame.h"
#include "tap.h"

#define TCP	6
#define UDP	17
#define TCP_SUM	16
#define UDP_SUM	6

static unsigned char frame[512];

static void ethertype(unsigned int at, unsigned int type)
{
	frame[at] = type >> 8;
	frame[at + 1] = type;
}

/* Returns where the transport header begins. */
static unsigned int ipv4(unsigned int words, unsigned int protocol)
{
	memset(frame, 0, sizeof(frame));
	ethertype(12, 0x0800);
	frame[14] = 0x40 | words;
	frame[14 + 9] = protocol;
	return 14 + 4 * words;
}

static unsigned int ipv6(unsigned int next)
{
	memset(frame, 0, sizeof(frame));
	ethertype(12, 0x86dd);
	frame[14] = 0x60;
	frame[14 + 6] = next;
	return 14 + 40;
}

/* Puts a header of @units units behind @at that says what follows. */
static unsigned int extension(unsigned int at, unsigned int bytes,
			      unsigned int length, unsigned int next)
{
	frame[at] = next;
	frame[at + 1] = length;
	return at + bytes;
}

static enum xnf_frame_kind kind(unsigned int start, unsigned int offset)
{
	return xnf_frame_kind(frame, sizeof(frame), start, offset);
}

static void test_ipv4(void)
{
	unsigned int start = ipv4(5, TCP);

	CHECK(kind(start, TCP_SUM) == XNF_FRAME_IPV4);
	CHECK(kind(start, UDP_SUM) == XNF_FRAME_OTHER);
	CHECK(kind(start + 2, TCP_SUM) == XNF_FRAME_OTHER);
	CHECK(kind(ipv4(5, UDP), UDP_SUM) == XNF_FRAME_IPV4);
	CHECK(kind(ipv4(5, UDP), TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("TCP and UDP over IPv4, the sum in its place");

	CHECK(kind(ipv4(15, TCP), TCP_SUM) == XNF_FRAME_IPV4);
	CHECK(kind(ipv4(4, TCP), TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("IPv4 with options; a header that is too short");

	CHECK(kind(ipv4(5, 132), 8) == XNF_FRAME_OTHER);
	CHECK(kind(ipv4(5, 4), 20 + TCP_SUM) == XNF_FRAME_OTHER);
	start = ipv4(5, 4);
	CHECK(kind(start + 20, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("SCTP, and IPv4 within IPv4, are for us");

	start = ipv4(5, UDP);
	frame[14 + 6] = 0x20;
	CHECK(kind(start, UDP_SUM) == XNF_FRAME_OTHER);
	frame[14 + 6] = 0x40;
	CHECK(kind(start, UDP_SUM) == XNF_FRAME_IPV4);
	frame[14 + 6] = 0;
	frame[14 + 7] = 1;
	CHECK(kind(start, UDP_SUM) == XNF_FRAME_OTHER);
	TEST_END("fragments of IPv4 are for us, \"do not fragment\" is none");

	start = ipv4(5, TCP);
	CHECK(xnf_frame_kind(frame, 34, start, TCP_SUM) == XNF_FRAME_IPV4);
	CHECK(xnf_frame_kind(frame, 33, start, TCP_SUM) == XNF_FRAME_OTHER);
	CHECK(xnf_frame_kind(frame, 13, start, TCP_SUM) == XNF_FRAME_OTHER);
	CHECK(kind(13, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("nothing is read behind the end, nor before the packet");
}

static void test_ipv6(void)
{
	unsigned int start;

	CHECK(kind(ipv6(TCP), TCP_SUM) == XNF_FRAME_IPV6);
	CHECK(kind(ipv6(UDP), UDP_SUM) == XNF_FRAME_IPV6);
	CHECK(kind(ipv6(TCP) + 8, TCP_SUM) == XNF_FRAME_OTHER);
	CHECK(kind(ipv6(59), TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("TCP and UDP over IPv6");

	start = extension(ipv6(0), 8, 0, 60);
	start = extension(start, 16, 1, 43);
	start = extension(start, 24, 2, 51);
	start = extension(start, 12, 1, UDP);
	CHECK(kind(start, UDP_SUM) == XNF_FRAME_IPV6);
	CHECK(kind(start - 12, UDP_SUM) == XNF_FRAME_OTHER);
	CHECK(kind(start - 4, UDP_SUM) == XNF_FRAME_OTHER);
	start = extension(ipv6(135), 8, 0, TCP);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("IPv6 with the extension headers that are known, and another");

	start = extension(ipv6(44), 8, 0, TCP);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_IPV6);
	frame[14 + 40 + 3] = 1;
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_OTHER);
	frame[14 + 40 + 3] = 8;
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("fragments of IPv6 are for us, an atomic one is none");

	start = extension(ipv6(60), 208, 25, TCP);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_IPV6);
	start = extension(ipv6(60), 208, 25, 60);
	start = extension(start, 8, 0, TCP);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_IPV6);
	start = extension(ipv6(60), 216, 26, 60);
	start = extension(start, 8, 0, TCP);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("headers end where a backend stops to look");

	start = extension(ipv6(60), 8, 0, TCP);
	CHECK(xnf_frame_kind(frame, 14 + 48, start, TCP_SUM) == XNF_FRAME_IPV6);
	CHECK(xnf_frame_kind(frame, 14 + 47, start, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("nothing is read behind the end of IPv6");
}

static void test_others(void)
{
	unsigned int start = ipv4(5, TCP);

	memmove(frame + 16, frame + 12, 64);
	ethertype(12, 0x8100);
	/* A tag that reads like the beginning of a packet of IPv4. */
	frame[14] = 0x46;
	frame[14 + 9] = TCP;
	CHECK(kind(start + 4, TCP_SUM) == XNF_FRAME_OTHER);
	ethertype(12, 0x88a8);
	CHECK(kind(start + 4, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("a tagged frame is for us");

	ipv4(5, TCP);
	ethertype(12, 0x8847);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_OTHER);
	ethertype(12, 0x8864);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_OTHER);
	ethertype(12, 0x0806);
	CHECK(kind(start, TCP_SUM) == XNF_FRAME_OTHER);
	TEST_END("MPLS, PPPoE, ARP are for us");
}

int main(void)
{
	test_ipv4();
	test_ipv6();
	test_others();
	return tap_done();
}
