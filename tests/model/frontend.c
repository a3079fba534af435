// SPDX-License-Identifier: GPL-2.0
/*
 * The frontend's guest: its xenbus, and our driver's glue around the unchanged
 * src/handshake.c.
 *
 * The glue is what src/steps.c, connect.c and publish.c promise: one lock around
 * every step and its actions; actions in bit order; the backend's state read
 * under the lock; remove() polls, as no callback can reach it; a write of ours
 * happens only while our folder still names the backend that we were probed
 * for.  GLUE_* macros take single promises away, for the mutants.
 *
 * The bus: 6.1 and 7.x differ in the vanished rule.  Its own write of Closed
 * after remove() is modelled, but not held against the driver.
 */
#include <string.h>

#include "world.h"

unsigned int seen_backend(const struct world *w)
{
	if (!w->bdir || !w->path || (w->bus7 && w->vanished))
		return XNF_XS_UNKNOWN;
	return w->bs;
}

static unsigned int seen_online(const struct world *w)
{
	/* A missing node is taken for online. */
	return !w->bdir || !w->path || w->online;
}

/* Does our folder still belong to the device that we were probed for? */
static unsigned int ours(const struct world *w)
{
	return w->fdir && !(w->fresh && !w->path) &&
	       !(w->bus7 && w->vanished);
}

void write_frontend_state(struct world *w, unsigned int state)
{
	w->fs = state;
	w->mine = 1;
	w->said = 0;
}

/* xenbus_switch_state(); returns whether the node was written. */
static int bus_switch(struct world *w, unsigned int state)
{
	if (w->xds == state || (w->bus7 && w->vanished))
		return 0;
	if (w->bus7 && w->fdir && w->fs == XNF_XS_INITIALISING &&
	    w->xds != w->fs)
		return 0;
	w->xds = state;
	if (!w->fdir)
		return 0;
	write_frontend_state(w, state);
	return 1;
}

static void driver_switch(struct world *w, unsigned int state)
{
#ifndef GLUE_WRITES_BLINDLY
	if (!ours(w)) {
		w->xds = state;
		return;
	}
#endif
	if (!bus_switch(w, state))
		return;
	if (w->fresh && !w->path)
		broken("state %s written to a device that is not ours any more",
		       xs_name(state));
	/* A folder that was re-made meanwhile has lost the keys: no lie of ours. */
	if (state == XNF_XS_CONNECTED &&
	    (w->rings != RINGS_NOW || (w->keys != RINGS_NOW && !w->fresh)))
		broken("Connected claimed without live rings");
}

static const char *const xs_tag[] = {
	" Unknown", " Initialising", " InitWait", " Initialised", " Connected",
	" Closing", " Closed", " Reconfiguring", " Reconfigured",
};

/* ---- decisions ------------------------------------------------------- */

static struct xnf_hs get_hs(const struct world *w)
{
	struct xnf_hs hs = {
		.phase = w->phase,
		.own = w->own,
		.removing = w->removing,
		.announced = w->announced,
		.renewing = w->renewing,
	};

	return hs;
}

static void put_hs(struct world *w, const struct xnf_hs *hs)
{
	w->phase = hs->phase;
	w->own = hs->own;
	w->removing = hs->removing;
	w->announced = hs->announced;
	w->renewing = hs->renewing;
}

static int is_closing(unsigned int phase)
{
	return phase == XNF_HS_CLOSING || phase == XNF_HS_CLOSED;
}

/* Would a look at the backend change anything?  If not, it is no step. */
static int look_matters(const struct world *w)
{
	struct xnf_hs hs = get_hs(w), old = hs;
	unsigned int todo = xnf_hs_step(&hs, XNF_EV_BACKEND, seen_backend(w),
					seen_online(w));

	return todo || memcmp(&hs, &old, sizeof(hs));
}

/* Calm, and there is nothing that either end has not seen. */
static int both_wait(const struct world *w)
{
	if (!w->calm || w->bk != BK_NETBACK || w->hold || !w->bdir ||
	    !w->path || w->fresh || w->xw != XW_IDLE || backend_can_act(w))
		return 0;
	/* remove() polls, everybody else depends on events. */
	return w->ctx == CTX_REMOVE || w->ctx == CTX_REMOVE_X ?
	       !look_matters(w) : !w->wev;
}

/* Bounds: nobody but time itself may grant more time. */
static void check_step(const struct world *w, const struct xnf_hs *hs,
		       unsigned int todo)
{
	unsigned int up = XNF_DO_CONNECT | XNF_DO_INITIALISING |
			  XNF_DO_ANNOUNCE | XNF_DO_RETRY;
	unsigned int late = !hs->removing && (w->rb == XNF_XS_CONNECTED ||
					      w->rb == XNF_XS_CLOSING);

	if (hs->removing && (todo & up))
		broken("remove does something else than going down");
	if (is_closing(w->phase) && w->ev == XNF_EV_BACKEND &&
	    (todo & XNF_DO_WAIT))
		broken("the backend can extend the budget");
	if (is_closing(w->phase) && w->ev == XNF_EV_TIMEOUT &&
	    is_closing(hs->phase) && !late)
		broken("still closing after the budget ran out");
	if ((todo & XNF_DO_COMPLAIN) && (todo & XNF_DO_RELEASE) && late)
		broken("rings pulled from a backend that is only late");
	if (is_closing(hs->phase) && w->timer != TM_WAIT &&
	    !(todo & XNF_DO_WAIT) && !w->fired)
		broken("closing without a timer");
	if (hs->phase == XNF_HS_GONE && !hs->removing)
		broken("device given up without remove");
	if ((todo & XNF_DO_COMPLAIN) && both_wait(w))
		broken("a sound backend is blamed: it waits for us");
	if ((todo & XNF_DO_ANNOUNCE) &&
	    (w->rb != XNF_XS_CONNECTED || hs->phase != XNF_HS_UP))
		broken("announced although the backend is not Connected");
	if ((todo & XNF_DO_ANNOUNCE) && w->differs && w->path && !w->fresh)
		broken("announced with features that this backend lacks");
}

static unsigned int step(struct world *w)
{
	static const unsigned int delay[] = {
		0, XNF_HS_RETRY_MIN_MS, XNF_HS_RETRY_MAX_MS
	};
	struct xnf_hs hs, first;
	unsigned int i, todo = 0, again;

	/* Delays are not part of a world: prove that they do not matter. */
	for (i = 0; i < 3; i++) {
		hs = get_hs(w);
		hs.retry_ms = delay[i];
		again = xnf_hs_step(&hs, w->ev, w->rb, w->ro);
		if (i && (again != todo || hs.phase != first.phase ||
			  hs.own != first.own ||
			  hs.announced != first.announced))
			broken("a delay changes the decision");
		if (again & XNF_DO_RETRY &&
		    (hs.retry_ms < XNF_HS_RETRY_MIN_MS ||
		     hs.retry_ms > XNF_HS_RETRY_MAX_MS))
			broken("delay of %u ms", hs.retry_ms);
		first = hs;
		todo = again;
	}
	check_step(w, &hs, todo);
	put_hs(w, &hs);
	return todo;
}

/* ---- actions --------------------------------------------------------- */

static void do_release(struct world *w)
{
	unsigned int excused = w->sorry || w->rings == RINGS_OLD ||
			       w->ev == XNF_EV_RESUME || !w->bdir || !w->path ||
			       w->rb == XNF_XS_UNKNOWN;

	if (w->rings == RINGS_NONE)
		broken("release without rings");
	if (w->run)
		broken("rings released while queues run");
	if (w->map == RINGS_NOW && !excused)
		broken("rings released while the backend maps them");
	w->rings = RINGS_NONE;
	w->differs = 0;
	if (w->map == RINGS_NOW)
		w->map = RINGS_OLD;
	if (w->keys == RINGS_NOW)
		w->keys = RINGS_OLD;
}

static void finish_step(struct world *w)
{
	w->rb = 0;
	w->ro = 0;
	w->stage = ST_READ;
}

/* All actions done: what happens next depends on who did them. */
static void done(struct world *w)
{
	finish_step(w);
	switch (w->ctx) {
	case CTX_RESUME:
		w->wreg = 1;
		w->wev = 1;
		break;
	case CTX_PROBE:
		w->wreg = 1;
		w->wev = 1;
		break;
	case CTX_REMOVE:
	case CTX_REMOVE_X:
		if (w->ev == XNF_EV_REMOVE)
			w->stage = ST_KEYS;
		else if (w->phase == XNF_HS_GONE)
			w->stage = ST_BUS;
		w->ev = XNF_EV_BACKEND;
		return;
	default:
		break;
	}
	w->ctx = CTX_NONE;
	w->ev = 0;
}

/* Actions that no other party can see or be seen by. */
static void do_local_actions(struct world *w)
{
	while (w->todo) {
		switch (w->todo & -w->todo) {
		case XNF_DO_HOLD:
			break;	/* what is sent or not is nothing to the backend */
		case XNF_DO_QUIESCE:
			w->run = 0;
			w->carrier = 0;
			break;
		case XNF_DO_COMPLAIN:
			if (w->todo & XNF_DO_RELEASE)
				w->sorry = 1;
			break;
		case XNF_DO_ANNOUNCE:
			w->carrier = 1;
			break;
		case XNF_DO_WAIT:
			w->timer = TM_WAIT;
			break;
		case XNF_DO_RETRY:
			w->timer = TM_RETRY;
			break;
		default:
			return;
		}
		w->todo &= w->todo - 1;
	}
}

static void after_actions(struct world *w)
{
	do_local_actions(w);
	if (!w->todo)
		done(w);
}

/* CONNECT is over, one way or the other; the lock was never given up. */
static void connect_result(struct world *w, enum xnf_hs_event event)
{
	unsigned int was = w->ev;

	w->ev = event;
	w->todo |= step(w);
	w->ev = was;
	w->stage = ST_DO;
	if (event == XNF_EV_CONNECTED)
		w->run = 1;
	after_actions(w);
}

static void decide(struct world *w, enum xnf_hs_event event, const char *who)
{
	unsigned int phase = w->phase, rb = w->rb;

	w->ev = event;
	w->todo = step(w);
	w->stage = ST_DO;
	after_actions(w);
	emit(w, FRONT, "%s: %s%s, %s -> %s", who, xnf_hs_event_name(event),
	     event == XNF_EV_BACKEND || event == XNF_EV_TIMEOUT ? xs_tag[rb] : "",
	     xnf_hs_phase_name(phase), xnf_hs_phase_name(w->phase));
}

/* Reads the backend's state; decides at once if that is all it takes. */
static void read_backend(struct world *w, enum ctx ctx, enum xnf_hs_event event,
			 const char *who)
{
	struct xnf_hs hs;

	w->ctx = ctx;
	w->ev = event;
	w->rb = seen_backend(w);
	hs = get_hs(w);
	if (xnf_hs_needs_online(&hs, w->rb)) {
		w->stage = ST_ONLINE;
		emit(w, FRONT, "%s: reads backend %s", who, xs_name(w->rb));
		return;
	}
	decide(w, event, who);
}

static void do_initialising(struct world *w)
{
#ifdef GLUE_COMMITS_FIRST
	/* What xenbus_switch_state() does: node first, then memory. */
	if (w->xds != XNF_XS_INITIALISING && w->fs != XNF_XS_INITIALISING &&
	    ours(w)) {
		write_frontend_state(w, XNF_XS_INITIALISING);
		w->todo |= XNF_DO_INITIALISING;
		return;
	}
	w->xds = XNF_XS_INITIALISING;
#else
	/*
	 * Memory first, then the node: a folder watch in between must not take
	 * our own write for a new device.
	 */
	if (w->xds != XNF_XS_INITIALISING) {
		w->xds = XNF_XS_INITIALISING;
		w->todo |= XNF_DO_INITIALISING;
		return;
	}
	if (ours(w) && w->fs != XNF_XS_INITIALISING)
		write_frontend_state(w, XNF_XS_INITIALISING);
#endif
}

static void start_connect(struct world *w)
{
	struct world n = *w;

	if (w->rings != RINGS_NONE)
		broken("CONNECT with rings in place");
	n.rings = RINGS_NOW;
	n.stage = ST_PUBLISH;
	emit(&n, FRONT, "connects: makes rings");
	if (w->calm)
		return;
	n = *w;
	connect_result(&n, XNF_EV_CONNECT_FAILED);
	emit(&n, FRONT, "connects: out of memory");
}

static const char *const action_name[] = {
	[2] = "Closing", [3] = "Closed", [5] = "releases rings",
	[6] = "Initialising",
};

static void do_action(const struct world *w)
{
	struct world n = *w;
	unsigned int bit = __builtin_ctz(w->todo);

	n.todo &= ~(1u << bit);
	switch (1u << bit) {
	case XNF_DO_CLOSING:
		driver_switch(&n, XNF_XS_CLOSING);
		break;
	case XNF_DO_CLOSED:
		driver_switch(&n, XNF_XS_CLOSED);
		break;
	case XNF_DO_RELEASE:
		do_release(&n);
		break;
	case XNF_DO_INITIALISING:
		do_initialising(&n);
		break;
	case XNF_DO_CONNECT:
		start_connect(&n);
		return;
	case XNF_DO_LOOK:
		if (w->ctx != CTX_REMOVE && w->ctx != CTX_REMOVE_X) {
			read_backend(&n, w->ctx, XNF_EV_BACKEND, "looks again");
			return;
		}
		break;		/* remove() polls anyway */
	}
	after_actions(&n);
	emit(&n, FRONT, "%s", action_name[bit]);
	/* As xnf_write_state() does it; above, xenstore refused to. */
	if (bit == __builtin_ctz(XNF_DO_CLOSING) && ours(w) &&
	    w->keys != RINGS_NONE) {
		n.keys = RINGS_NONE;
		emit(&n, FRONT, "Closing, and the keys go");
	}
}

static void do_connect(const struct world *w)
{
	struct world n = *w;

	/* One transaction. */
	if (ours(w)) {
		n.keys = RINGS_NOW;
		driver_switch(&n, XNF_XS_CONNECTED);
		connect_result(&n, XNF_EV_CONNECTED);
		emit(&n, FRONT, "connects: publishes keys and Connected");
		return;
	}
	n.rings = RINGS_NONE;
	n.differs = 0;
	connect_result(&n, XNF_EV_CONNECT_FAILED);
	emit(&n, FRONT, "connects: folder is not ours, gives up");
}

/* ---- one step of whoever holds the lock ------------------------------ */

static void end_remove(const struct world *w)
{
	struct world n = *w;

	if (w->stage == ST_KEYS) {
#ifndef GLUE_KEEPS_KEYS
		if (ours(w))
			n.keys = RINGS_NONE;
#endif
		n.stage = w->phase == XNF_HS_GONE ? ST_BUS : ST_READ;
		emit(&n, FRONT, "remove: deletes keys");
		return;
	}
	if (w->rings != RINGS_NONE)
		broken("remove ends with rings in place");
	if (ours(w) && w->keys != RINGS_NONE)
		broken("keys left behind");
	bus_switch(&n, XNF_XS_CLOSED);
	n.bound = 0;
	n.phase = 0;
	n.own = 0;
	n.removing = 0;
	n.announced = 0;
	n.renewing = 0;
	n.timer = TM_OFF;
	n.fresh = 0;
	n.path = 0;
	n.ev = 0;
	if (w->ctx == CTX_REMOVE)
		n.loaded = 0;
	n.ctx = CTX_NONE;
	finish_step(&n);
	emit(&n, FRONT, "remove: done");
}

/* remove() between polls. */
static void waiting(const struct world *w)
{
	struct world n = *w;

	if (w->timer != TM_WAIT)
		broken("remove waits without a budget");
	n.timer = TM_OFF;
	if (!w->calm || !backend_can_act(w))
		read_backend(&n, w->ctx, XNF_EV_TIMEOUT, "remove");
	if (!look_matters(w))
		return;
	n = *w;
	read_backend(&n, w->ctx, XNF_EV_BACKEND, "remove");
}

static void locked(const struct world *w)
{
	struct world n = *w;

	switch (w->stage) {
	case ST_READ:
		waiting(w);
		return;
	case ST_ONLINE:
		n.ro = seen_online(w);
		decide(&n, w->ev, n.ro ? "online" : "offline");
		return;
	case ST_DO:
		do_action(w);
		return;
	case ST_PUBLISH:
		do_connect(w);
		return;
	case ST_KEYS:
	case ST_BUS:
		end_remove(w);
		return;
	}
}

/* ---- who may take the lock ------------------------------------------- */

static void start_probe(struct world *w, const char *who)
{
	w->bound = 1;
	w->path = 1;
	w->fresh = 0;
	w->phase = XNF_HS_DOWN;
	w->own = w->xds;
	w->removing = 0;
	w->announced = 0;
	w->renewing = 0;
	w->ctx = CTX_PROBE;
	decide(w, XNF_EV_PROBE, who);
}

static void start_remove(struct world *w, enum ctx ctx)
{
	/* The bus ends our watch, the driver its timer and its work. */
	w->wreg = 0;
	w->wev = 0;
	w->timer = TM_OFF;
	w->fired = 0;
	w->ctx = ctx;
	decide(w, XNF_EV_REMOVE, ctx == CTX_REMOVE ? "modprobe -r" :
	       "bus: remove");
}

static void folder_changed(const struct world *w)
{
	struct world n = *w;

	if (!w->fdir) {
		if (!w->xdev)
			return;
		n.xw = XW_UNREGISTER;
		n.vanished = w->bus7;
		emit(&n, FRONT, "bus: folder is gone");
		return;
	}
	if (!w->xdev) {
		if (w->fs != XNF_XS_INITIALISING)
			return;
		n.xw = XW_PROBE_NODE;
		emit(&n, FRONT, "bus: folder without device");
		return;
	}
	if (w->bus7 && w->fs == XNF_XS_INITIALISING &&
	    (w->xds != w->fs || (w->bound && !w->path))) {
		if (w->bound && w->mine)
			broken("our own write of Initialising was taken for a new device");
		n.vanished = 1;
	}
	if (!w->bus7 || !n.vanished)
		return;
	n.xw = XW_UNREGISTER;
	emit(&n, FRONT, "bus: device vanished, unregister");
}

static void xenwatch(const struct world *w)
{
	struct world n = *w;

	switch (w->xw) {
	case XW_IDLE:
		/* The check does not take our lock; others do. */
		if (w->ctx != CTX_WATCH && w->ctx != CTX_RESUME &&
		    w->ctx != CTX_REMOVE_X)
			folder_changed(w);
		if (w->wreg && w->ctx == CTX_NONE &&
		    (w->wev || (!w->calm && look_matters(w)))) {
			n.wev = 0;
			read_backend(&n, CTX_WATCH, XNF_EV_BACKEND,
				     w->wev ? "watch" : "repeated watch");
		}
		return;
	case XW_UNREGISTER:
		if (w->ctx != CTX_NONE)
			return;
		if (w->bound) {
			start_remove(&n, CTX_REMOVE_X);
			return;
		}
		n.xdev = 0;
		n.xds = 0;
		n.vanished = 0;
		n.xw = w->fdir ? XW_PROBE_NODE : XW_IDLE;
		emit(&n, FRONT, "bus: device unregistered");
		return;
	case XW_PROBE_NODE:
		if (w->ctx != CTX_NONE)
			return;
		n.xw = XW_IDLE;
		if (!w->fdir || w->fs != XNF_XS_INITIALISING) {
			emit(&n, FRONT, "bus: state is not 1, no device");
			return;
		}
		n.xdev = 1;
		n.xds = XNF_XS_INITIALISING;
		if (w->loaded && w->bdir)
			start_probe(&n, "bus: new device");
		else
			emit(&n, FRONT, "bus: new device");
		return;
	case XW_RESUME:
		if (w->ctx != CTX_NONE)
			return;
		n.xw = XW_IDLE;
		n.ctx = CTX_RESUME;
		decide(&n, XNF_EV_RESUME, "bus: resume");
		return;
	}
}

static void admin(const struct world *w)
{
	struct world n = *w;

	if (w->calm || w->ctx != CTX_NONE || w->xw != XW_IDLE)
		return;
	if (!w->loaded) {
		n.loaded = 1;
		if (w->xdev && w->bdir)
			start_probe(&n, "modprobe");
		else
			emit(&n, FRONT, "modprobe");
		return;
	}
	if (w->bound) {
		start_remove(&n, CTX_REMOVE);
		return;
	}
	n.loaded = 0;
	emit(&n, FRONT, "modprobe -r");
}

static void work(const struct world *w)
{
	/* A sound backend needs less time than any delay of ours. */
	unsigned int due = !w->calm || !backend_can_act(w);
	struct world n = *w;

#ifndef GLUE_WORK_RUNS_ON
	if (w->xw == XW_RESUME)
		return;		/* freezable: thawed after the bus resumed */
#endif
	/* Somebody holds the lock: the work is under way, but has to wait. */
	if (due && w->timer != TM_OFF && w->ctx != CTX_NONE && w->ctx != CTX_REMOVE &&
	    w->ctx != CTX_REMOVE_X && w->ctx != CTX_WORK) {
		n.timer = TM_OFF;
		n.fired = 1;
		emit(&n, FRONT, "timer fires, its work waits for the lock");
	}
	if (w->ctx != CTX_NONE)
		return;
	if (due && w->timer != TM_OFF) {
		n = *w;
		n.timer = TM_OFF;
		read_backend(&n, CTX_WORK, XNF_EV_TIMEOUT, "timer");
	}
	if (w->fired) {
		n = *w;
		n.fired = 0;
		read_backend(&n, CTX_WORK, XNF_EV_TIMEOUT, "late timer");
	}
	if (!w->bound)
		return;
	/* Faults at any time while queues run; the watchdog only if tx hangs. */
	if ((!w->calm && (w->phase == XNF_HS_UP || w->renewing)) ||
	    (w->phase == XNF_HS_UP && due && w->carrier &&
	     w->map != RINGS_NOW)) {
		n = *w;
		n.ctx = CTX_WORK;
		decide(&n, XNF_EV_RESET, "work");
	}
	/* ethtool -L and the like. */
	if (!w->calm && w->phase == XNF_HS_UP) {
		n = *w;
		n.ctx = CTX_WORK;
		decide(&n, XNF_EV_RENEW, "work");
	}
}

void frontend_next(const struct world *w)
{
	if (w->ctx != CTX_NONE)
		locked(w);
	xenwatch(w);
	work(w);
	admin(w);
}

/* ---- properties of one world ----------------------------------------- */

const char *frontend_invariant(const struct world *w)
{
	if (w->run && w->rings == RINGS_NONE)
		return "queues run without rings";
	if (w->run && w->bound && w->stage != ST_DO && w->phase != XNF_HS_UP &&
	    !(w->phase == XNF_HS_CLOSING && w->renewing))
		return "queues run on while the device closes";
	if (w->carrier && !w->run)
		return "carrier is on while queues are stopped";
	if (w->phase == XNF_HS_UP && w->rings == RINGS_NONE)
		return "up without rings";
	if (w->phase == XNF_HS_DOWN && w->bound && w->stage != ST_DO &&
	    w->stage != ST_PUBLISH &&
	    w->rings != RINGS_NONE)
		return "rings leak: down with rings";
	if (!w->bound && w->rings != RINGS_NONE)
		return "rings leak: no driver bound";
	return NULL;
}

const char *frontend_at_rest(const struct world *w)
{
	if (w->ctx != CTX_NONE)
		return "the driver never finishes its step";
	/* A kernel without the vanished rule does not see a new folder. */
	if (!w->bus7 && w->fresh)
		return NULL;
	if (w->ts != TS_IDLE)
		return "a detach never ends";
	if (!w->fdir)
		return w->xdev && (w->bound || w->bus7) ?
		       "the device outlives its folder" : NULL;
	/* Whether there is a device to bind to is the bus's business alone. */
	if (!w->bound)
		return NULL;
	if (w->phase != XNF_HS_UP || !w->announced || !w->carrier || !w->run)
		return "the interface stays down with a sound backend";
	if (w->map != RINGS_NOW || w->keys != RINGS_NOW ||
	    w->bs != XNF_XS_CONNECTED || w->fs != XNF_XS_CONNECTED)
		return "the interface says up, but the backend has no rings";
	return NULL;
}
