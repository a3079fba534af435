/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frontend's half of the xenbus handshake, as data.
 *
 * Owns: the phase of one device and the rule that maps (phase, event,
 * backend state) to actions.  Nothing here calls the kernel, sleeps, reads a
 * clock or takes a lock, so the same file runs in the module and in the
 * checker below tests/model.
 *
 * Locking: callers serialise all steps of one device.
 *
 * Invariants:
 *  - rings are shared with the backend in every phase but DOWN and GONE;
 *  - queues run only in UP, and on from there in CLOSING while renewing;
 *  - RELEASE is asked for only when the backend said that it let go (Closed),
 *    is gone (Unknown), was replaced (resume), or when the budget ran out: in
 *    a removal, or with a backend that does not say that it may map anything.
 */
#ifndef XNF_HANDSHAKE_H
#define XNF_HANDSHAKE_H

/* xenbus states as they stand in xenstore (io/xenbus.h of the Xen ABI). */
enum xnf_xs {
	XNF_XS_UNKNOWN,
	XNF_XS_INITIALISING,
	XNF_XS_INITWAIT,
	XNF_XS_INITIALISED,
	XNF_XS_CONNECTED,
	XNF_XS_CLOSING,
	XNF_XS_CLOSED,
	XNF_XS_RECONFIGURING,
	XNF_XS_RECONFIGURED,
};

enum xnf_hs_phase {
	XNF_HS_DOWN,	/* nothing shared; own state Initialising or Closed */
	XNF_HS_UP,	/* rings live, own state Connected */
	XNF_HS_CLOSING,	/* rings shared, quiet unless renewing, own state Closing */
	XNF_HS_CLOSED,	/* rings quiet but shared, own state Closed */
	XNF_HS_GONE,	/* the driver let go of the device */
};

enum xnf_hs_event {
	XNF_EV_PROBE,		/* the driver was bound */
	XNF_EV_BACKEND,		/* the backend's state was read (again) */
	XNF_EV_CONNECTED,	/* CONNECT succeeded, own state is Connected */
	XNF_EV_CONNECT_FAILED,	/* CONNECT failed and left nothing behind */
	XNF_EV_RENEW,		/* the driver wants other rings, these are sound */
	XNF_EV_RESET,		/* the driver wants new rings, these are not */
	XNF_EV_RESUME,		/* woke up with a new backend: old rings are dead */
	XNF_EV_REMOVE,		/* the driver is being unbound */
	XNF_EV_TIMEOUT,		/* the delay asked for by WAIT or RETRY is over */
	XNF_EV_GIVE_UP,		/* no more waiting: nothing may stay shared */
};

/* Actions, in the order in which the caller carries them out. */
#define XNF_DO_HOLD		0x001u	/* stop sending, keep what is queued */
#define XNF_DO_QUIESCE		0x002u	/* carrier off unless held, queues and NAPI stopped */
#define XNF_DO_CLOSING		0x004u	/* write state Closing */
#define XNF_DO_CLOSED		0x008u	/* write state Closed */
#define XNF_DO_COMPLAIN		0x010u	/* say that the budget is over; gives up with RELEASE */
#define XNF_DO_RELEASE		0x020u	/* take back grants, pages and ports */
#define XNF_DO_INITIALISING	0x040u	/* write state Initialising */
#define XNF_DO_CONNECT		0x080u	/* make rings, publish, write Connected */
#define XNF_DO_ANNOUNCE		0x100u	/* carrier on, gratuitous ARP and NA */
#define XNF_DO_WAIT		0x200u	/* feed TIMEOUT when the budget is over */
#define XNF_DO_RETRY		0x400u	/* feed TIMEOUT after retry_ms */
#define XNF_DO_LOOK		0x800u	/* read the backend again, feed BACKEND */

#define XNF_HS_RETRY_MIN_MS	100u
#define XNF_HS_RETRY_MAX_MS	10000u

/**
 * struct xnf_hs - handshake state of one device
 * @phase: see enum xnf_hs_phase
 * @own: what our own state node says
 * @removing: REMOVE was seen; the device only goes down from here
 * @announced: the backend was Connected since the last CONNECT
 * @renewing: RENEW was seen, and the rings are not released yet
 * @retry_ms: delay of the last RETRY, doubled while the backend keeps failing
 */
struct xnf_hs {
	enum xnf_hs_phase phase;
	enum xnf_xs own;
	unsigned int removing;
	unsigned int announced;
	unsigned int renewing;
	unsigned int retry_ms;
};

/**
 * xnf_hs_init() - start value of a device that was just bound
 * @hs: handshake to set up
 * @own: what the own state node says at that time
 */
void xnf_hs_init(struct xnf_hs *hs, enum xnf_xs own);

/**
 * xnf_hs_step() - decide what to do about one event
 * @hs: handshake, updated
 * @event: what happened
 * @backend: the backend's state as read now; ignored by events that do not
 *	     depend on it
 * @online: the backend's "online" node; zero once the toolstack detaches
 *
 * After XNF_DO_CONNECT the caller feeds XNF_EV_CONNECTED or
 * XNF_EV_CONNECT_FAILED before anything else.
 *
 * Return: a set of XNF_DO_* bits, possibly empty.
 * Context: any; callers serialise.
 */
unsigned int xnf_hs_step(struct xnf_hs *hs, enum xnf_hs_event event,
			 enum xnf_xs backend, unsigned int online);

/**
 * xnf_hs_woke() - what happened while the guest slept?
 * @hs: handshake
 * @node: what the own state node says now
 * @ours: the keys of the connection, if there is one, are those that we wrote
 *
 * A toolstack that made the device anew wrote Initialising.  A node that says
 * what we wrote last is the old one: it was a sleep of the guest alone, and
 * backend and rings are as they were; or another kernel drove the device
 * meanwhile, the one that loaded our image, and left its rings to the backend.
 *
 * Return: the event to feed: XNF_EV_BACKEND if nothing happened, XNF_EV_RESET
 * if the backend is on other rings, XNF_EV_RESUME if the old rings are nobody's
 * any more; then Initialising has to be written unless @node says it.
 */
enum xnf_hs_event xnf_hs_woke(const struct xnf_hs *hs, enum xnf_xs node,
			      unsigned int ours);

/**
 * xnf_hs_needs_online() - does a step look at "online"?
 * @hs: handshake
 * @backend: the backend's state
 *
 * Saves a xenstore round trip where it does not.
 */
unsigned int xnf_hs_needs_online(const struct xnf_hs *hs, enum xnf_xs backend);

const char *xnf_hs_phase_name(enum xnf_hs_phase phase);
const char *xnf_hs_event_name(enum xnf_hs_event event);

#endif /* XNF_HANDSHAKE_H */
