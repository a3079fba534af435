// SPDX-License-Identifier: GPL-2.0
/*
 * Backends: a model of Linux netback, and one that does what it likes.
 *
 * Netback's rules that matter here: one watch handler runs at a time and
 * reads the frontend's state first; it walks to the wanted state one step at
 * a time; leaving Connected unmaps; state changes are held back from xenstore
 * between mapping and the end of the hotplug script; if mapping fails it
 * reports Closing and then Connected all the same; Closed with online=0 ends
 * the device.  Its bus does not write a state that it believes to be there.
 *
 * Silence needs no model of its own: netback may stop before any of its
 * steps while the frontend's timers go on.  The chaotic backend covers
 * flapping, skipped and reversed states.  It never says Closed while it maps
 * rings, nor maps the rings of a connection that it said Closed to: against
 * those lies only the grant table can help, not a handshake.
 */
#include "world.h"

void write_backend_state(struct world *w, unsigned int state)
{
	w->bs = state;
	if (w->wreg && w->path)
		w->wev = 1;
}

/* The backend's xenbus: skips what it wrote last. */
static void bus_write(struct world *w, unsigned int state)
{
	if (w->bds == state || !w->bdir)
		return;
	w->bds = state;
	write_backend_state(w, state);
}

static void switch_to(struct world *w, unsigned int state)
{
	w->bst = state;
	if (!w->hold)
		bus_write(w, state);
}

static void forget(struct world *w)
{
	w->bk = BK_NONE;
	w->bpc = BP_IDLE;
	w->bst = 0;
	w->bseen = 0;
	w->hold = 0;
	w->said = 0;
	w->map = RINGS_NONE;
}

static unsigned int target(unsigned int frontend)
{
	switch (frontend) {
	case XNF_XS_INITIALISING:
		return XNF_XS_INITWAIT;
	case XNF_XS_CONNECTED:
		return XNF_XS_CONNECTED;
	case XNF_XS_CLOSING:
		return XNF_XS_CLOSING;
	case XNF_XS_CLOSED:
	case XNF_XS_UNKNOWN:
		return XNF_XS_CLOSED;
	default:
		return 0;
	}
}

/* The handler returns, unless it has yet to look at "online". */
static void arrived(struct world *w)
{
	unsigned int to = target(w->bseen);

	if (w->bst != to || to == XNF_XS_CLOSED)
		return;
	w->bpc = BP_IDLE;
	w->bseen = 0;
}

static void at_closed(const struct world *w)
{
	struct world n = *w;

	if (w->bseen == XNF_XS_UNKNOWN || !w->online) {
		forget(&n);
		emit(&n, BACK, "netback lets go of the device");
		return;
	}
	n.bpc = BP_IDLE;
	n.bseen = 0;
	emit(&n, BACK, "online, netback stays");
}

static void walk(const struct world *w)
{
	struct world n = *w;
	unsigned int to = target(w->bseen), step = 0;

	if (w->bst == to) {
		at_closed(w);
		return;
	}
	switch (w->bst) {
	case XNF_XS_INITIALISING:
		step = to == XNF_XS_CLOSED ? XNF_XS_CLOSED : XNF_XS_INITWAIT;
		break;
	case XNF_XS_CLOSED:
		step = to == XNF_XS_CLOSING ? XNF_XS_CLOSING : XNF_XS_INITWAIT;
		break;
	case XNF_XS_INITWAIT:
		if (to == XNF_XS_CONNECTED) {
			n.hold = w->keys == RINGS_NOW;
			if (!n.hold) {
				n.bpc = BP_FATAL;
				bus_write(&n, XNF_XS_CLOSING);
				emit(&n, BACK, "finds no rings to map: Closing");
				return;
			}
			n.map = RINGS_NOW;
			n.bst = XNF_XS_CONNECTED;
			arrived(&n);
			emit(&n, BACK, "maps the rings");
			return;
		}
		step = XNF_XS_CLOSING;
		break;
	case XNF_XS_CONNECTED:
		n.map = RINGS_NONE;
		step = XNF_XS_CLOSING;
		break;
	case XNF_XS_CLOSING:
		step = XNF_XS_CLOSED;
		break;
	}
	switch_to(&n, step);
	arrived(&n);
	emit(&n, BACK, "%s%s%s",
	     w->map != n.map ? "unmaps, " : "", xs_name(step),
	     n.hold ? " (held back)" : "");
}

int backend_caught_up(const struct world *w)
{
	unsigned int seen = w->fdir ? w->fs : XNF_XS_UNKNOWN;
	unsigned int to = target(seen);

	if (w->bk != BK_NETBACK || w->bpc != BP_IDLE)
		return 0;
	return !to || (to == w->bst && (to != XNF_XS_CLOSED || w->online) &&
		       seen != XNF_XS_UNKNOWN);
}

static void look(const struct world *w)
{
	struct world n = *w;
	unsigned int seen = w->fdir ? w->fs : XNF_XS_UNKNOWN;

	if (backend_caught_up(w))
		return;
	n.bpc = BP_HANDLE;
	n.bseen = seen;
	emit(&n, BACK, "sees frontend %s", xs_name(seen));
}

static void netback(const struct world *w)
{
	struct world n = *w;

	if (!w->bdir) {
		forget(&n);
		emit(&n, BACK, "folder gone: netback unmaps and leaves");
		return;
	}
	switch (w->bpc) {
	case BP_PROBE:
		n.bpc = BP_IDLE;
		switch_to(&n, XNF_XS_INITWAIT);
		emit(&n, BACK, "netback probes: InitWait");
		return;
	case BP_HANDLE:
		walk(w);
		return;
	case BP_FATAL:
		n.bpc = BP_HANDLE;
		switch_to(&n, XNF_XS_CONNECTED);
		arrived(&n);
		emit(&n, BACK, "... and Connected all the same");
		return;
	}
	look(w);
	if (w->hold && w->script) {
		n.hold = 0;
		bus_write(&n, w->bst);
		emit(&n, BACK, "hotplug script is done: %s", xs_name(w->bst));
	}
	if (w->calm)
		return;
	n = *w;
	forget(&n);
	n.script = 0;
	emit(&n, BACK, "netback is unbound, removes hotplug-status");
#ifndef NO_CHAOS
	n = *w;
	forget(&n);
	n.bk = BK_CHAOS;
	n.bds = 0;
	n.map = w->map;
	n.said = w->bs == XNF_XS_CLOSED;
	emit(&n, BACK, "a backend that does what it likes takes over");
#endif
}

static void chaos(const struct world *w)
{
	struct world n = *w;
	unsigned int s;

	if (!w->calm && w->bdir) {
		for (s = XNF_XS_INITIALISING; s <= XNF_XS_RECONFIGURED; s++) {
			n = *w;
			if (s == w->bs || (s == XNF_XS_CLOSED && w->map))
				continue;
			write_backend_state(&n, s);
			n.said = w->said || s == XNF_XS_CLOSED;
			emit(&n, BACK, "%s, just so", xs_name(s));
		}
		n = *w;
		if (w->map == RINGS_NONE && w->keys == RINGS_NOW &&
		    w->fs == XNF_XS_CONNECTED && !w->said) {
			n.map = RINGS_NOW;
			emit(&n, BACK, "maps the rings, just so");
		}
		if (w->map) {
			n.map = RINGS_NONE;
			emit(&n, BACK, "unmaps, just so");
		}
	}
	/* What it claimed misleads us about the netback that comes after it. */
	n = *w;
	forget(&n);
	n.sorry = 1;
	emit(&n, BACK, "dies: its mappings end");
}

int backend_can_act(const struct world *w)
{
	switch (w->bk) {
	case BK_NETBACK:
		return !w->bdir || !backend_caught_up(w) ||
		       (w->hold && w->script);
	case BK_CHAOS:
		return 1;
	default:
		return w->bdir && w->online;
	}
}

void backend_next(const struct world *w)
{
	struct world n = *w;

	switch (w->bk) {
	case BK_NETBACK:
		netback(w);
		break;
	case BK_CHAOS:
		chaos(w);
		break;
	case BK_NONE:
		if (!w->bdir || !w->online)
			break;
		n.bk = BK_NETBACK;
		n.bpc = BP_PROBE;
		n.bst = XNF_XS_INITIALISING;
		emit(&n, BACK, "netback is bound");
		break;
	}
}
