// SPDX-License-Identifier: GPL-2.0
/*
 * The toolstack and the admin of the host: attach, detach, forced detach,
 * a driver domain that dies, hotplug script, save/restore and migration.
 *
 * In a calm world it only finishes what it began.
 */
#include "world.h"

static void delete_folders(struct world *w)
{
	w->fdir = 0;
	w->fs = XNF_XS_UNKNOWN;
	w->mine = 0;
	w->keys = RINGS_NONE;
	w->bdir = 0;
	w->bs = XNF_XS_UNKNOWN;
	w->online = 0;
	w->script = 0;
	w->bds = 0;
	w->ts = TS_IDLE;
	if (w->wreg && w->path)
		w->wev = 1;
}

/* A new pair of folders and a new netback instance that is about to probe. */
static void create_folders(struct world *w, unsigned int differs)
{
	if (w->rings)
		w->differs |= differs;
	w->fdir = 1;
	w->fs = XNF_XS_INITIALISING;
	w->mine = 0;
	w->keys = RINGS_NONE;
	w->bdir = 1;
	w->bs = XNF_XS_INITIALISING;
	w->online = 1;
	w->script = 0;
	w->bk = BK_NETBACK;
	w->bpc = BP_PROBE;
	w->bst = XNF_XS_INITIALISING;
	w->bds = XNF_XS_INITIALISING;
	w->bseen = 0;
	w->hold = 0;
	w->said = 0;
	w->map = RINGS_NONE;
}

static void attach(const struct world *w)
{
	struct world n = *w;
	unsigned int other, differs;

	for (differs = 0; differs <= !!w->rings; differs++) {
		for (other = 0; other <= w->bound; other++) {
			n = *w;
			create_folders(&n, differs);
			n.fresh = w->bound;
			n.path = w->bound ? w->path && !other : 0;
			if (n.wreg && n.path)
				n.wev = 1;
			emit(&n, TOOL, "attach: folders with state 1%s",
			     other ? ", other backend-id" : "");
		}
	}
}

static void backend_domain_dies(const struct world *w)
{
	struct world n = *w;

	delete_folders(&n);
	create_folders(&n, !!w->rings);
	n.fresh = w->bound;
	n.path = 0;
	emit(&n, TOOL, "backend domain died: new folders, other backend-id");
}

/* Xenwatch does the suspend itself; tasks are waited for; work should be. */
static int frozen(const struct world *w)
{
#ifdef GLUE_WORK_RUNS_ON
	if (w->ctx == CTX_WORK && w->xw == XW_IDLE)
		return 1;
#endif
	return w->ctx == CTX_NONE && w->xw == XW_IDLE;
}

/*
 * The guest runs on with a new xenstore, a new backend and dead grants.  Tasks
 * and freezable work are frozen, and xenwatch itself does the suspend, so no
 * step of ours is under way; work that waits for the lock comes after.  A
 * suspend that is cancelled changes nothing that a handshake can see.
 */
static void migrate(const struct world *w)
{
	struct world n = *w;
	unsigned int differs;

	for (differs = 0; differs <= !!w->rings; differs++) {
		n = *w;
		create_folders(&n, differs);
		n.fresh = 0;
		n.wev = 0;
		n.wreg = 0;
		if (n.rings == RINGS_NOW)
			n.rings = RINGS_OLD;
		if (w->bound) {
			n.path = 1;
			n.xds = XNF_XS_INITIALISING;
			n.vanished = 0;
			n.xw = XW_RESUME;
		}
		emit(&n, TOOL, "guest resumes elsewhere%s",
		     differs ? ", with other features" : "");
	}
}

void toolstack_next(const struct world *w)
{
	struct world n = *w;

	if (w->bdir && !w->script && w->ts == TS_IDLE &&
	    w->bs != XNF_XS_INITIALISING) {
		n.script = 1;
		emit(&n, TOOL, "hotplug script done");
	}
	if (w->ts == TS_DETACH &&
	    (w->bs == XNF_XS_CLOSED || w->bs == XNF_XS_UNKNOWN)) {
		n = *w;
		n.ts = TS_DELETE;
		emit(&n, TOOL, "detach: backend is Closed");
	}
	/* Its 10 s are over: excused without either end, or without script. */
	if (w->ts == TS_DETACH &&
	    (w->bk == BK_NONE || (w->hold && !w->script) || !w->bound ||
	     !w->path)) {
		n = *w;
		n.ts = TS_DELETE;
		emit(&n, TOOL, "detach: gives up on the backend");
	}
	if (w->ts == TS_DELETE) {
		n = *w;
		delete_folders(&n);
		emit(&n, TOOL, "detach: folders deleted");
	}
	if (w->calm)
		return;

	if (w->ts == TS_IDLE && w->bdir && w->fdir) {
		n = *w;
		n.online = 0;
		n.ts = TS_DETACH;
		write_backend_state(&n, XNF_XS_CLOSING);
		emit(&n, TOOL, "detach: online=0, backend state 5");
	}
	if (w->bdir || w->fdir) {
		n = *w;
		delete_folders(&n);
		emit(&n, TOOL, "forced detach: folders deleted");
	}
	if (!w->bdir && !w->fdir && w->bk == BK_NONE)
		attach(w);
	if (w->bdir && w->fdir && w->ts == TS_IDLE)
		backend_domain_dies(w);
	if (w->bdir && w->fdir && w->ts == TS_IDLE && frozen(w))
		migrate(w);
}
