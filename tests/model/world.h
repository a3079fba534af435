/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One state of the modelled world: xenstore, backend, toolstack, the
 * frontend's bus and our driver's glue around src/handshake.c.
 *
 * Owns: the state's layout and the contract between the explorer (explore.c)
 * and the parts that produce successors (frontend.c, backend.c,
 * toolstack.c).
 *
 * Everything is relative ("the rings that are live now", "older rings"), so
 * that any number of reloads, migrations and resets folds into a finite
 * number of states: the exploration has no depth limit and no limit on the
 * number of operations.  Time is not counted: a timer that is armed may fire
 * at any moment, so every slowness of every party is covered.
 *
 * A step of the model is what one party does between two looks at what it
 * shares with another: purely local work is part of the step before it.
 * Watches of which no change can get lost have no flag of their own: they may
 * fire at any moment at which they would find something to do.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdint.h>

#include "handshake.h"

/* Ring keys in our xenstore folder; also what the backend has mapped. */
enum { RINGS_NONE, RINGS_NOW, RINGS_OLD };

/* Who executes a step, that is who holds info->lock. */
enum ctx {
	CTX_NONE,
	CTX_WATCH,	/* otherend watch, in xenwatch */
	CTX_WORK,	/* timer or reset work */
	CTX_PROBE,	/* modprobe, or the bus found a new device */
	CTX_REMOVE,	/* rmmod, unbind: the admin's own thread */
	CTX_REMOVE_X,	/* device is gone: remove inside xenwatch */
	CTX_RESUME,	/* after restore, inside xenwatch */
};

/* How far that one is. */
enum stage {
	ST_READ,	/* about to read the backend's state and decide */
	ST_ONLINE,	/* the same, but "online" is to be read first */
	ST_DO,		/* carrying out actions, lowest bit first */
	ST_PUBLISH,	/* inside CONNECT: rings exist, keys do not */
	ST_KEYS,	/* remove: handshake over, about to delete keys */
	ST_BUS,		/* remove: about to return to the bus */
};

enum timer { TM_OFF, TM_WAIT, TM_RETRY };

/* xenwatch's work on events of our own folder. */
enum xw { XW_IDLE, XW_UNREGISTER, XW_PROBE_NODE, XW_RESUME };

enum bkind { BK_NONE, BK_NETBACK, BK_CHAOS };

/* Where netback's handler is. */
enum bpc { BP_IDLE, BP_PROBE, BP_HANDLE, BP_FATAL };

enum toolstack { TS_IDLE, TS_DETACH, TS_DELETE };

struct world {
	union {
		struct {
			/* xenstore */
			uint64_t fdir:1;	/* frontend folder exists */
			uint64_t fs:4;		/* frontend state node */
			uint64_t keys:2;	/* RINGS_* that the keys name */
			uint64_t bdir:1;	/* backend folder exists */
			uint64_t bs:4;		/* backend state node */
			uint64_t online:1;
			uint64_t script:1;	/* hotplug-status is connected */
			/* backend */
			uint64_t bk:2;		/* enum bkind */
			uint64_t bpc:2;		/* enum bpc */
			uint64_t bst:4;		/* state netback wants */
			uint64_t bds:4;		/* state its bus wrote last */
			uint64_t bseen:4;	/* frontend state it handles */
			uint64_t hold:1;	/* waits for hotplug-status */
			uint64_t map:2;		/* RINGS_* it has mapped */
			uint64_t said:1;	/* chaos said Closed to this state */
			/* toolstack */
			uint64_t ts:2;		/* enum toolstack */
			/* frontend's bus */
			uint64_t loaded:1;
			uint64_t xdev:1;	/* xenbus_device exists */
			uint64_t bound:1;
			uint64_t xds:4;		/* xenbus_device.state */
			uint64_t vanished:1;
			uint64_t fresh:1;	/* folder re-made since probe */
			uint64_t path:1;	/* otherend is today's backend */
			uint64_t wreg:1;	/* otherend watch registered */
			uint64_t wev:1;		/* ... and an event pending */
			uint64_t xw:2;		/* enum xw */
			uint64_t calm:1;	/* no more disturbances */

			/* driver */
			uint64_t phase:3;
			uint64_t own:4;
			uint64_t removing:1;
			uint64_t announced:1;
			uint64_t renewing:1;
			uint64_t ctx:3;
			uint64_t stage:3;
			uint64_t ev:4;
			uint64_t rb:4;		/* backend state as read */
			uint64_t ro:1;		/* online as read */
			uint64_t todo:12;
			uint64_t sorry:1;	/* backend complained about, or odd,
						   and not caught up since */
			uint64_t timer:2;	/* enum timer */
			uint64_t fired:1;	/* TIMEOUT waits for the lock */
			uint64_t rings:2;	/* NONE, NOW, OLD: dead domain */
			uint64_t run:1;		/* queues run */
			uint64_t carrier:1;
			uint64_t differs:1;	/* backend has other features */
			uint64_t mine:1;	/* fs was written by this guest */
			uint64_t bus7:1;	/* kernel with the vanished rule */
		};
		uint64_t q[2];
	};
};

enum side { FRONT, BACK, TOOL };

/* explore.c: a successor, and a property that a transition broke. */
void emit(const struct world *next, enum side side, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void broken(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Successors by party. */
void frontend_next(const struct world *w);
void backend_next(const struct world *w);
void toolstack_next(const struct world *w);

/* frontend.c: properties of a single state; NULL or what is wrong. */
const char *frontend_invariant(const struct world *w);
/* frontend.c: is a world that came to rest as it should be? */
const char *frontend_at_rest(const struct world *w);

/* Writes with their watches. */
void write_backend_state(struct world *w, unsigned int state);
void write_frontend_state(struct world *w, unsigned int state);
/* Has the backend acted on all that the frontend wrote? */
int backend_caught_up(const struct world *w);
/* Has a sound backend something to do? */
int backend_can_act(const struct world *w);
/* What the backend's state node reads as, for our driver. */
unsigned int seen_backend(const struct world *w);

const char *xs_name(unsigned int state);

#endif
