// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of src/wire.h: each rule at its border, each fault once alone.
 */
#include <string.h>

#include "wire.h"
#include "tap.h"

#define MORE	XNF_WIRE_RXF_MORE_DATA
#define EXTRA	XNF_WIRE_RXF_EXTRA

/* One slot of a frame: data if type is 0, else an extra of that type - 1. */
struct slot {
	unsigned int type;
	int id_off;		/* added to the id that is right */
	unsigned int offset;
	unsigned int flags;
	int status;
	unsigned int gso_size, gso_type;
};

#define DATA(off, fl, st)	{ 0, 0, off, fl, st, 0, 0 }
#define DATA_ID(d)		{ 0, d, 0, 0, 60, 0, 0 }
#define GSO(fl, size, ty)	{ XNF_WIRE_EXTRA_GSO + 1, 0, 0, fl, 0, size, ty }
#define OTHER(ty, fl)		{ (ty) + 1, 0, 0, fl, 0, 0, 0 }

struct frame_case {
	const char *what;
	enum xnf_wire_fault fault;
	unsigned int len, data;
	struct slot slot[4];
	unsigned int slots;
};

static const struct frame_case frames[] = {
	{ "smallest frame", XNF_WIRE_OK, 14, 1, { DATA(0, 0, 14) }, 1 },
	{ "one byte less than a header", XNF_WIRE_RX_SHORT, 0, 1,
	  { DATA(0, 0, 13) }, 1 },
	{ "empty first slot", XNF_WIRE_RX_SHORT, 0, 1, { DATA(0, 0, 0) }, 1 },
	{ "short header, continued", XNF_WIRE_RX_SHORT, 100, 2,
	  { DATA(0, MORE, 13), DATA(0, 0, 100) }, 2 },
	{ "whole page", XNF_WIRE_OK, 4096, 1, { DATA(0, 0, 4096) }, 1 },
	{ "up to the end of the page", XNF_WIRE_OK, 60, 1,
	  { DATA(4036, 0, 60) }, 1 },
	{ "one byte over the end", XNF_WIRE_RX_BOUNDS, 0, 1,
	  { DATA(4037, 0, 60) }, 1 },
	{ "longer than a page", XNF_WIRE_RX_BOUNDS, 0, 1,
	  { DATA(0, 0, 4097) }, 1 },
	{ "largest offset", XNF_WIRE_RX_BOUNDS, 0, 1,
	  { DATA(65535, 0, 14) }, 1 },
	{ "largest offset and length", XNF_WIRE_RX_BOUNDS, 0, 1,
	  { DATA(65535, 0, 32767) }, 1 },
	{ "negative status", XNF_WIRE_RX_STATUS, 0, 1, { DATA(0, 0, -1) }, 1 },
	{ "most negative status", XNF_WIRE_RX_STATUS, 0, 1,
	  { DATA(65535, 0, -32768) }, 1 },
	{ "next slot's id", XNF_WIRE_RX_ID, 0, 1, { DATA_ID(1) }, 1 },
	{ "previous slot's id", XNF_WIRE_RX_ID, 0, 1, { DATA_ID(-1) }, 1 },
	{ "id of nobody", XNF_WIRE_RX_ID, 0, 1, { DATA_ID(65000) }, 1 },
	{ "empty second slot is legal", XNF_WIRE_OK, 60, 2,
	  { DATA(0, MORE, 60), DATA(0, 0, 0) }, 2 },
	{ "bad second slot", XNF_WIRE_RX_STATUS, 60, 2,
	  { DATA(0, MORE, 60), DATA(0, 0, -5) }, 2 },
	{ "first fault is kept", XNF_WIRE_RX_STATUS, 0, 2,
	  { DATA(0, MORE, -5), DATA(4096, 0, 1) }, 2 },
	{ "GSO for IPv4", XNF_WIRE_OK, 2060, 2,
	  { DATA(0, MORE | EXTRA, 60), GSO(0, 1448, XNF_WIRE_GSO_TCPV4),
	    DATA(0, 0, 2000) }, 3 },
	{ "GSO for IPv6", XNF_WIRE_OK, 60, 1,
	  { DATA(0, EXTRA, 60), GSO(0, 1, XNF_WIRE_GSO_TCPV6) }, 2 },
	{ "GSO of size 0", XNF_WIRE_GSO_SIZE, 60, 1,
	  { DATA(0, EXTRA, 60), GSO(0, 0, XNF_WIRE_GSO_TCPV4) }, 2 },
	{ "GSO of type 0", XNF_WIRE_GSO_TYPE, 60, 1,
	  { DATA(0, EXTRA, 60), GSO(0, 1448, 0) }, 2 },
	{ "GSO of unknown type", XNF_WIRE_GSO_TYPE, 60, 1,
	  { DATA(0, EXTRA, 60), GSO(0, 1448, 3) }, 2 },
	{ "extra of type 0", XNF_WIRE_EXTRA_TYPE, 60, 1,
	  { DATA(0, EXTRA, 60), OTHER(0, 0) }, 2 },
	{ "extra of unknown type", XNF_WIRE_EXTRA_TYPE, 60, 1,
	  { DATA(0, EXTRA, 60), OTHER(XNF_WIRE_EXTRA_TYPES, 0) }, 2 },
	{ "extra of the largest type", XNF_WIRE_EXTRA_TYPE, 60, 1,
	  { DATA(0, EXTRA, 60), OTHER(255, 0) }, 2 },
	{ "two extras", XNF_WIRE_OK, 60, 1,
	  { DATA(0, EXTRA, 60), OTHER(XNF_WIRE_EXTRA_HASH, 1),
	    OTHER(XNF_WIRE_EXTRA_XDP, 0) }, 3 },
	{ "extra flag on a later slot means nothing", XNF_WIRE_OK, 120, 2,
	  { DATA(0, MORE, 60), DATA(0, EXTRA, 60) }, 2 },
};

static void feed(struct xnf_wire_frame *f, const struct slot *s,
		 unsigned int want_id)
{
	if (!s->type) {
		CHECK(f->next == XNF_WIRE_DATA);
		xnf_wire_frame_data(f, want_id,
				    (unsigned short)(want_id + s->id_off),
				    s->offset, s->flags, s->status);
		return;
	}
	CHECK(f->next == XNF_WIRE_EXTRA);
	if (xnf_wire_frame_extra(f, s->type - 1, s->flags) ==
	    XNF_WIRE_EXTRA_GSO)
		xnf_wire_frame_gso(f, s->gso_size, s->gso_type);
}

static void test_frames(void)
{
	struct xnf_wire_frame f;
	unsigned int i, j;

	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		const struct frame_case *c = &frames[i];

		xnf_wire_frame_init(&f);
		for (j = 0; j < c->slots; j++)
			feed(&f, &c->slot[j], 7 + j);
		CHECK(f.next == XNF_WIRE_DONE);
		CHECK(f.fault == c->fault);
		CHECK(f.len == c->len);
		CHECK(f.data == c->data);
		if (f.fault != c->fault)
			printf("# got %s\n", xnf_wire_fault_name(f.fault));
		TEST_END("frame: %s: %s", c->what,
			 xnf_wire_fault_name(c->fault));
	}
}

/* A hash belongs to the frame that carried it and to no other. */
static void test_hash(void)
{
	struct xnf_wire_frame f;

	xnf_wire_frame_init(&f);
	xnf_wire_frame_data(&f, 1, 1, 0, EXTRA, 60);
	CHECK(!f.hash);
	CHECK(xnf_wire_frame_extra(&f, XNF_WIRE_EXTRA_HASH, 0) ==
	      XNF_WIRE_EXTRA_HASH);
	xnf_wire_frame_hash(&f, 1, 2, 0x51ccc178);
	CHECK(f.next == XNF_WIRE_DONE && f.fault == XNF_WIRE_OK);
	CHECK(f.hash && f.hash_type == 1 && f.hash_alg == 2);
	CHECK(f.hash_value == 0x51ccc178);
	xnf_wire_frame_init(&f);
	CHECK(!f.hash && !f.hash_value);
	TEST_END("hash extra");
}

static void test_slots(void)
{
	struct xnf_wire_frame f;
	unsigned int i;

	xnf_wire_frame_init(&f);
	for (i = 0; i < XNF_WIRE_DATA_MAX; i++)
		CHECK(xnf_wire_frame_data(&f, i, i, 0,
					  i + 1 < XNF_WIRE_DATA_MAX ? MORE : 0,
					  60));
	CHECK(f.fault == XNF_WIRE_OK && f.next == XNF_WIRE_DONE);
	CHECK(f.data == XNF_WIRE_DATA_MAX);
	TEST_END("frame of as many slots as there may be");

	xnf_wire_frame_init(&f);
	for (i = 0; i < 1000; i++) {
		int use = xnf_wire_frame_data(&f, i, i, 0, MORE, 60);

		CHECK(use == (i < XNF_WIRE_DATA_MAX));
		CHECK(f.data <= XNF_WIRE_DATA_MAX);
	}
	CHECK(f.fault == XNF_WIRE_RX_SLOTS && f.next == XNF_WIRE_DATA);
	TEST_END("frame without end: no slot beyond the last is used");

	xnf_wire_frame_init(&f);
	for (i = 0; i < 16; i++)
		xnf_wire_frame_data(&f, i, i, 0, i < 15 ? MORE : 0, 4096);
	CHECK(f.fault == XNF_WIRE_OK && f.len == 65536);
	TEST_END("64 KiB and a header: longest frame");

	xnf_wire_frame_init(&f);
	for (i = 0; i < 17; i++)
		xnf_wire_frame_data(&f, i, i, 0, i < 16 ? MORE : 0, 4096);
	CHECK(f.fault == XNF_WIRE_RX_LEN && f.len == 65536);
	TEST_END("a page more than the longest frame");

	xnf_wire_frame_init(&f);
	xnf_wire_frame_data(&f, 0, 0, 0, EXTRA, 60);
	for (i = 0; i < 1000; i++) {
		unsigned int type;

		CHECK(f.next == XNF_WIRE_EXTRA);
		type = xnf_wire_frame_extra(&f, XNF_WIRE_EXTRA_XDP,
					    XNF_WIRE_EXTRA_F_MORE);
		CHECK(!!type == (i < XNF_WIRE_EXTRA_MAX));
	}
	CHECK(f.fault == XNF_WIRE_EXTRA_CHAIN);
	TEST_END("extras without end");

	xnf_wire_frame_init(&f);
	xnf_wire_frame_data(&f, 0, 0, 0, MORE, 60);
	xnf_wire_frame_cut(&f);
	CHECK(f.fault == XNF_WIRE_RX_CUT && f.next == XNF_WIRE_DONE);
	TEST_END("frame that the ring cuts");
}

static void test_indices(void)
{
	static const unsigned int start[] = {
		0, 1, 255, 0x7fffff00, 0x7fffffff, 0x80000000, 0xffffff00,
		0xfffffffe, 0xffffffff,
	};
	unsigned int i, j, bad = 0;

	for (i = 0; i < sizeof(start) / sizeof(start[0]); i++) {
		unsigned int cons = start[i];

		for (j = 0; j <= 256; j++) {
			CHECK(xnf_wire_prod_ok(cons + j, cons, cons + 256));
			bad |= xnf_wire_prod_ok(cons + 257 + j, cons,
						cons + 256);
			bad |= xnf_wire_prod_ok(cons - 1 - j, cons, cons + 256);
		}
		CHECK(xnf_wire_prod_ok(cons, cons, cons));
		CHECK(!xnf_wire_prod_ok(cons + 1, cons, cons));
		CHECK(!xnf_wire_prod_ok(cons + 0x80000000u, cons, cons + 256));
		CHECK(!bad);
		TEST_END("producer index around 0x%08x", cons);
	}
	CHECK(xnf_wire_tx(0, 256) == XNF_WIRE_OK);
	CHECK(xnf_wire_tx(255, 256) == XNF_WIRE_OK);
	CHECK(xnf_wire_tx(256, 256) == XNF_WIRE_TX_ID);
	CHECK(xnf_wire_tx(65535, 256) == XNF_WIRE_TX_ID);
	TEST_END("transmit ids");
}

static void test_head(void)
{
	CHECK(xnf_wire_head(1, 60, 128, 17) == 60);
	CHECK(xnf_wire_head(1, 128, 128, 17) == 128);
	CHECK(xnf_wire_head(17, 4096, 128, 17) == 128);
	CHECK(xnf_wire_head(18, 4096, 128, 17) == 4096);
	CHECK(xnf_wire_head(18, 4096, 128, 45) == 128);
	TEST_END("a slot more than fragments: the first one is copied whole");
}

/* One request at a time; the backend's index and an event each time. */
static void test_news(void)
{
	unsigned int flip, news = 0, heard = 0;

	CHECK(!xnf_wire_is_news(0, 0, 0));
	CHECK(!xnf_wire_is_news(1, 0, 0));
	TEST_END("nothing is news before the first request");
	for (flip = 0; flip < 100; flip++) {
		if (!xnf_wire_is_news(flip & 1, 1, heard))
			continue;
		heard = 1;
		news++;
	}
	CHECK(news == 1);
	TEST_END("an index that flips is news once for each request");
	CHECK(!xnf_wire_is_news(1, 2, heard));
	CHECK(!xnf_wire_is_news(3, 2, heard));
	CHECK(xnf_wire_is_news(2, 2, heard));
	CHECK(xnf_wire_is_news(0, 0, 0xffffffff));
	TEST_END("the next answer is news again");
}

static void test_names(void)
{
	unsigned int i, j;

	for (i = 0; i < XNF_WIRE_FAULTS; i++) {
		CHECK(xnf_wire_fault_name(i) && *xnf_wire_fault_name(i));
		for (j = 0; j < i; j++)
			CHECK(strcmp(xnf_wire_fault_name(i),
				     xnf_wire_fault_name(j)));
	}
	TEST_END("each fault has a name of its own");
}

int main(void)
{
	test_frames();
	test_hash();
	test_slots();
	test_indices();
	test_head();
	test_news();
	test_names();
	return tap_done();
}
