// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of src/handshake.c: the usual ways through it, as tables of
 * event, backend state and expected actions; delays; every input at all.
 * What cannot be seen from one end alone is tests/model's business.
 */
#include <string.h>

#include "handshake.h"
#include "tap.h"

#define HOLD	XNF_DO_HOLD
#define Q	XNF_DO_QUIESCE
#define C5	XNF_DO_CLOSING
#define C6	XNF_DO_CLOSED
#define BAD	XNF_DO_COMPLAIN
#define REL	XNF_DO_RELEASE
#define C1	XNF_DO_INITIALISING
#define CON	XNF_DO_CONNECT
#define ANN	XNF_DO_ANNOUNCE
#define WAIT	XNF_DO_WAIT
#define RETRY	XNF_DO_RETRY
#define LOOK	XNF_DO_LOOK
#define CLOSE	(Q | C5 | WAIT | LOOK)
#define RENEW	(HOLD | C5 | WAIT | LOOK)

struct move {
	enum xnf_hs_event event;
	enum xnf_xs backend;
	unsigned int online, todo;
	enum xnf_hs_phase phase;
};

#define UPWARDS								\
	{ XNF_EV_PROBE, 0, 1, C1, XNF_HS_DOWN },			\
	{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN },	\
	{ XNF_EV_CONNECTED, 0, 1, 0, XNF_HS_UP },			\
	{ XNF_EV_BACKEND, XNF_XS_CONNECTED, 1, ANN | LOOK, XNF_HS_UP }

static const struct {
	const char *what;
	struct move move[16];
} tables[] = {
	{ "connect; repeated watches change nothing", {
		UPWARDS,
		{ XNF_EV_BACKEND, XNF_XS_CONNECTED, 1, 0, XNF_HS_UP },
		{ XNF_EV_TIMEOUT, XNF_XS_CONNECTED, 1, 0, XNF_HS_UP } } },
	{ "unload", {
		UPWARDS,
		{ XNF_EV_REMOVE, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CONNECTED, 1, 0, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, C6, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, 0, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL, XNF_HS_GONE },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, 0, XNF_HS_GONE } } },
	{ "unload with a silent backend", {
		UPWARDS,
		{ XNF_EV_REMOVE, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_TIMEOUT, XNF_XS_CONNECTED, 1, C6 | BAD | REL,
		  XNF_HS_GONE } } },
	{ "unload with a backend that is silent after Closing", {
		UPWARDS,
		{ XNF_EV_REMOVE, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, C6, XNF_HS_CLOSED },
		{ XNF_EV_TIMEOUT, XNF_XS_CLOSING, 1, BAD | REL,
		  XNF_HS_GONE } } },
	{ "unload with a backend that is Closed when the budget ends", {
		UPWARDS,
		{ XNF_EV_REMOVE, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, C6, XNF_HS_CLOSED },
		{ XNF_EV_TIMEOUT, XNF_XS_CLOSED, 1, REL, XNF_HS_GONE } } },
	{ "unload before anything was connected", {
		{ XNF_EV_PROBE, 0, 1, C1, XNF_HS_DOWN },
		{ XNF_EV_REMOVE, 0, 1, C6, XNF_HS_GONE } } },
	{ "detach", {
		UPWARDS,
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 0, Q | C6 | WAIT,
		  XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 0, REL, XNF_HS_DOWN } } },
	{ "detach that a late Connected hides", {
		UPWARDS,
		{ XNF_EV_BACKEND, XNF_XS_CONNECTED, 0, CLOSE,
		  XNF_HS_CLOSING } } },
	{ "backend gone", {
		UPWARDS,
		{ XNF_EV_BACKEND, XNF_XS_UNKNOWN, 1, Q | C6 | REL,
		  XNF_HS_DOWN } } },
	{ "backend restarts", {
		UPWARDS,
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, C6, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL | RETRY, XNF_HS_DOWN },
		{ XNF_EV_TIMEOUT, XNF_XS_CLOSED, 1, C1, XNF_HS_DOWN },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN } } },
	{ "reset, and the backend is late in letting go", {
		UPWARDS,
		{ XNF_EV_RESET, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_TIMEOUT, XNF_XS_CONNECTED, 1, C6 | BAD | WAIT,
		  XNF_HS_CLOSED },
		{ XNF_EV_TIMEOUT, XNF_XS_CLOSING, 1, BAD | WAIT,
		  XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL | RETRY,
		  XNF_HS_DOWN } } },
	{ "reset, and the backend comes back without a Closed", {
		UPWARDS,
		{ XNF_EV_RESET, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_TIMEOUT, XNF_XS_INITWAIT, 1, C6 | BAD | REL | RETRY,
		  XNF_HS_DOWN } } },
	{ "unload while the backend is late", {
		UPWARDS,
		{ XNF_EV_RESET, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_TIMEOUT, XNF_XS_CONNECTED, 1, C6 | BAD | WAIT,
		  XNF_HS_CLOSED },
		{ XNF_EV_REMOVE, 0, 1, WAIT, XNF_HS_CLOSED },
		{ XNF_EV_TIMEOUT, XNF_XS_CONNECTED, 1, BAD | REL,
		  XNF_HS_GONE } } },
	{ "renewal: queues run until the backend lets go, then up at once", {
		UPWARDS,
		{ XNF_EV_RENEW, 0, 1, RENEW, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CONNECTED, 1, 0, XNF_HS_CLOSING },
		{ XNF_EV_RENEW, 0, 1, 0, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, Q | C6, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL | C1, XNF_HS_DOWN },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN } } },
	{ "renewal with a backend that is Closed in one step", {
		UPWARDS,
		{ XNF_EV_RENEW, 0, 1, RENEW, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, Q | C6 | REL | C1,
		  XNF_HS_DOWN } } },
	{ "renewal, and the backend is late in letting go", {
		UPWARDS,
		{ XNF_EV_RENEW, 0, 1, RENEW, XNF_HS_CLOSING },
		{ XNF_EV_TIMEOUT, XNF_XS_CONNECTED, 1, Q | C6 | BAD | WAIT,
		  XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL | C1, XNF_HS_DOWN } } },
	{ "renewal, and the toolstack detaches", {
		UPWARDS,
		{ XNF_EV_RENEW, 0, 1, RENEW, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 0, Q | C6, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 0, REL, XNF_HS_DOWN } } },
	{ "renewal, and a fault shows: the queues stop, nothing is quicker", {
		UPWARDS,
		{ XNF_EV_RENEW, 0, 1, RENEW, XNF_HS_CLOSING },
		{ XNF_EV_RESET, 0, 1, Q, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, C6, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL | RETRY,
		  XNF_HS_DOWN } } },
	{ "renewal, and unload", {
		UPWARDS,
		{ XNF_EV_RENEW, 0, 1, RENEW, XNF_HS_CLOSING },
		{ XNF_EV_REMOVE, 0, 1, Q | WAIT, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, C6, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL, XNF_HS_GONE } } },
	{ "migration in the midst of a renewal", {
		UPWARDS,
		{ XNF_EV_RENEW, 0, 1, RENEW, XNF_HS_CLOSING },
		{ XNF_EV_RESUME, 0, 1, Q | REL, XNF_HS_DOWN },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN } } },
	{ "migration", {
		UPWARDS,
		{ XNF_EV_RESUME, 0, 1, Q | REL, XNF_HS_DOWN },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN } } },
	{ "an image, and the backend does not let go", {
		UPWARDS,
		{ XNF_EV_RESET, 0, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_GIVE_UP, 0, 1, C6 | BAD | REL | RETRY, XNF_HS_DOWN },
		{ XNF_EV_GIVE_UP, 0, 1, 0, XNF_HS_DOWN },
		{ XNF_EV_RESUME, 0, 1, 0, XNF_HS_DOWN },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN } } },
	{ "no memory for rings", {
		{ XNF_EV_PROBE, 0, 1, C1, XNF_HS_DOWN },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN },
		{ XNF_EV_CONNECT_FAILED, 0, 1, RETRY, XNF_HS_DOWN },
		{ XNF_EV_TIMEOUT, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN } } },
	{ "old Closed right after CONNECT", {
		{ XNF_EV_PROBE, 0, 1, C1, XNF_HS_DOWN },
		{ XNF_EV_BACKEND, XNF_XS_INITWAIT, 1, CON, XNF_HS_DOWN },
		{ XNF_EV_CONNECTED, 0, 1, 0, XNF_HS_UP },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, CLOSE, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, 0, XNF_HS_CLOSING },
		{ XNF_EV_BACKEND, XNF_XS_CLOSING, 1, C6, XNF_HS_CLOSED },
		{ XNF_EV_BACKEND, XNF_XS_CLOSED, 1, REL | RETRY,
		  XNF_HS_DOWN } } },
};

static void test_tables(void)
{
	unsigned int i, j, todo;
	struct xnf_hs hs;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		xnf_hs_init(&hs, XNF_XS_CLOSED);
		for (j = 0; j < 16; j++) {
			const struct move *m = &tables[i].move[j];

			/* An empty row ends a table: it asks for nothing. */
			if (j && m->event == XNF_EV_PROBE)
				break;
			todo = xnf_hs_step(&hs, m->event, m->backend,
					   m->online);
			CHECK(todo == m->todo);
			CHECK(hs.phase == m->phase);
			if (todo != m->todo || hs.phase != m->phase)
				printf("# step %u: event %s, got 0x%03x, %s\n",
				       j, xnf_hs_event_name(m->event), todo,
				       xnf_hs_phase_name(hs.phase));
		}
		TEST_END("%s", tables[i].what);
	}
}

static void test_delays(void)
{
	struct xnf_hs hs;
	unsigned int i, last = 0;

	xnf_hs_init(&hs, XNF_XS_INITIALISING);
	for (i = 0; i < 20; i++) {
		CHECK(xnf_hs_step(&hs, XNF_EV_CONNECT_FAILED, 0, 1) == RETRY);
		CHECK(hs.retry_ms >= XNF_HS_RETRY_MIN_MS);
		CHECK(hs.retry_ms <= XNF_HS_RETRY_MAX_MS);
		CHECK(hs.retry_ms >= last);
		last = hs.retry_ms;
	}
	CHECK(last == XNF_HS_RETRY_MAX_MS);
	TEST_END("delays grow up to their limit");
	xnf_hs_step(&hs, XNF_EV_CONNECTED, 0, 1);
	xnf_hs_step(&hs, XNF_EV_BACKEND, XNF_XS_CONNECTED, 1);
	CHECK(hs.retry_ms == 0);
	TEST_END("a good connection forgets them");
}

/* Not even nonsense may lead out of the table, or up again after remove. */
static void test_everything(void)
{
	unsigned int phase, event, backend, own, bits, todo;

	for (phase = 0; phase <= XNF_HS_GONE; phase++)
		for (event = 0; event <= XNF_EV_GIVE_UP; event++)
			for (backend = 0; backend < 12; backend++)
				for (own = 0; own < 9; own++)
					for (bits = 0; bits < 16; bits++) {
		struct xnf_hs hs = {
			.phase = phase, .own = own,
			.removing = bits & 1, .announced = bits >> 1 & 1,
			.renewing = bits >> 2 & 1,
		}, unread = hs;

		if (hs.removing && phase == XNF_HS_UP)
			continue;
		todo = xnf_hs_step(&hs, event, backend, bits >> 3);
		CHECK(todo < 0x1000);
		if (!(unread.removing && phase == XNF_HS_DOWN) &&
		    !xnf_hs_needs_online(&unread, backend))
			CHECK(xnf_hs_step(&unread, event, backend,
					  !(bits >> 3)) == todo);
		CHECK(hs.phase <= XNF_HS_GONE);
		CHECK(hs.own <= XNF_XS_RECONFIGURED);
		if (phase == XNF_HS_GONE)
			CHECK(!todo && hs.phase == XNF_HS_GONE);
		if (event == XNF_EV_REMOVE)
			CHECK(hs.phase != XNF_HS_UP &&
			      hs.phase != XNF_HS_DOWN);
		if (todo & REL)
			CHECK(hs.phase == XNF_HS_DOWN ||
			      hs.phase == XNF_HS_GONE);
		if (todo & ANN)
			CHECK(backend == XNF_XS_CONNECTED);
	}
	TEST_END("every phase with every event and every backend state");
	for (phase = 0; phase <= XNF_HS_GONE; phase++)
		CHECK(*xnf_hs_phase_name(phase));
	for (event = 0; event <= XNF_EV_GIVE_UP; event++)
		CHECK(*xnf_hs_event_name(event));
	TEST_END("all of them have names");
}

/*
 * A guest that slept alone, one that was moved, one that wakes on the rings of whoever loaded its
 * image.
 */
static void test_woke(void)
{
	struct xnf_hs hs;

	xnf_hs_init(&hs, XNF_XS_INITIALISING);
	hs.phase = XNF_HS_UP;
	hs.own = XNF_XS_CONNECTED;
	CHECK(xnf_hs_woke(&hs, XNF_XS_CONNECTED, 1) == XNF_EV_BACKEND);
	TEST_END("woke: nothing happened");
	CHECK(xnf_hs_woke(&hs, XNF_XS_CONNECTED, 0) == XNF_EV_RESET);
	TEST_END("woke: the backend is on other rings");
	CHECK(xnf_hs_woke(&hs, XNF_XS_INITIALISING, 0) == XNF_EV_RESUME);
	CHECK(xnf_hs_woke(&hs, XNF_XS_INITIALISING, 1) == XNF_EV_RESUME);
	CHECK(xnf_hs_woke(&hs, XNF_XS_CLOSED, 0) == XNF_EV_RESUME);
	CHECK(xnf_hs_woke(&hs, XNF_XS_UNKNOWN, 0) == XNF_EV_RESUME);
	hs.phase = XNF_HS_DOWN;
	hs.own = XNF_XS_INITIALISING;
	CHECK(xnf_hs_woke(&hs, XNF_XS_INITIALISING, 1) == XNF_EV_RESUME);
	TEST_END("woke: the device was made anew");
	hs.own = XNF_XS_CLOSED;
	CHECK(xnf_hs_woke(&hs, XNF_XS_CLOSED, 1) == XNF_EV_BACKEND);
	CHECK(xnf_hs_woke(&hs, XNF_XS_CONNECTED, 1) == XNF_EV_RESUME);
	TEST_END("woke: closed before, closed after");
}

int main(void)
{
	test_tables();
	test_delays();
	test_everything();
	test_woke();
	return tap_done();
}
