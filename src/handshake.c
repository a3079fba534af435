// SPDX-License-Identifier: GPL-2.0
/*
 * The frontend's half of the xenbus handshake: decisions only.
 *
 * See handshake.h for the contract.  The picture, with the state that we
 * write in brackets (B: the backend's state that leads on):
 *
 *            B:InitWait                  B:Connected
 *   DOWN ----------------> UP [Connected] ----------> UP, announced
 *   [Initialising]         |  |
 *     ^      ^    B:Unknown|  | renew, reset, remove, backend restarted or Closed
 *     |      |             |  v
 *     |      |             |  CLOSING [Closing]
 *     |      +-------------+  | B:Closing            B:Closed and
 *     |       DOWN [Closed]   v                      nothing else: both
 *     +---------------------- CLOSED [Closed]        steps at once
 *              B:Closed
 *
 * Backends differ in how many of these states they show and watches merge
 * events, so each phase accepts every backend state.
 */
#include "handshake.h"

void xnf_hs_init(struct xnf_hs *hs, enum xnf_xs own)
{
	hs->phase = XNF_HS_DOWN;
	hs->own = own;
	hs->removing = 0;
	hs->announced = 0;
	hs->renewing = 0;
	hs->retry_ms = 0;
}

enum xnf_hs_event xnf_hs_woke(const struct xnf_hs *hs, enum xnf_xs node,
			      unsigned int ours)
{
	if (node != hs->own || node == XNF_XS_INITIALISING)
		return XNF_EV_RESUME;
	return ours ? XNF_EV_BACKEND : XNF_EV_RESET;
}

unsigned int xnf_hs_needs_online(const struct xnf_hs *hs, enum xnf_xs backend)
{
	if (hs->removing)
		return 0;
	switch (backend) {
	case XNF_XS_CONNECTED:
		/* First the neighbours, then the closer look: hs_up_backend(). */
		return hs->phase == XNF_HS_UP && hs->announced;
	case XNF_XS_CLOSING:
		return hs->phase == XNF_HS_DOWN;
	case XNF_XS_CLOSED:
		return hs->phase != XNF_HS_UP;
	default:
		return 0;
	}
}

static unsigned int hs_write_initialising(struct xnf_hs *hs)
{
	hs->own = XNF_XS_INITIALISING;
	return XNF_DO_INITIALISING;
}

static unsigned int hs_write_closed(struct xnf_hs *hs)
{
	hs->own = XNF_XS_CLOSED;
	return XNF_DO_CLOSED;
}

static unsigned int hs_retry(struct xnf_hs *hs)
{
	if (!hs->retry_ms)
		hs->retry_ms = XNF_HS_RETRY_MIN_MS;
	else if (hs->retry_ms < XNF_HS_RETRY_MAX_MS / 2)
		hs->retry_ms *= 2;
	else
		hs->retry_ms = XNF_HS_RETRY_MAX_MS;
	return XNF_DO_RETRY;
}

static unsigned int hs_write_closing(struct xnf_hs *hs)
{
	hs->phase = XNF_HS_CLOSING;
	hs->own = XNF_XS_CLOSING;
	return XNF_DO_CLOSING | XNF_DO_WAIT | XNF_DO_LOOK;
}

/* Rings may be shared but nothing uses them any more: start the way out. */
static unsigned int hs_start_close(struct xnf_hs *hs)
{
	return XNF_DO_QUIESCE | hs_write_closing(hs);
}

/*
 * The same with rings that work.  They serve until the backend lets go: what
 * it has put into them by then arrives.
 */
static unsigned int hs_start_renewal(struct xnf_hs *hs)
{
	hs->renewing = 1;
	return XNF_DO_HOLD | hs_write_closing(hs);
}

/* Ends what hs_start_renewal() let run on; asked before the phase changes. */
static unsigned int hs_stop_renewal(const struct xnf_hs *hs)
{
	return hs->phase == XNF_HS_CLOSING && hs->renewing ?
	       XNF_DO_QUIESCE : 0;
}

static unsigned int hs_release(struct xnf_hs *hs)
{
	hs->phase = hs->removing ? XNF_HS_GONE : XNF_HS_DOWN;
	hs->announced = 0;
	hs->renewing = 0;
	return XNF_DO_RELEASE;
}

/*
 * Nothing is shared.  @timeout tells a retry that is due from a watch event:
 * a backend that keeps closing is answered with a growing delay, while one
 * that answers our Initialising with InitWait is taken up at once.
 */
static unsigned int hs_down_backend(struct xnf_hs *hs, enum xnf_xs backend,
				    unsigned int online, unsigned int timeout)
{
	switch (backend) {
	case XNF_XS_INITWAIT:
		if (hs->own == XNF_XS_INITIALISING)
			return XNF_DO_CONNECT;
		/*
		 * This does not answer us: we did not ask.  It may be left
		 * from an earlier connection, and two ends that each act on
		 * the other's past may do so for ever.  Let it come to rest.
		 */
		if (!timeout)
			return hs_retry(hs);
		return hs_write_initialising(hs) | XNF_DO_CONNECT;
	case XNF_XS_CLOSING:
		/*
		 * Detach: the toolstack waits for our Closed.  With online set
		 * the backend is on its way to InitWait because of our
		 * Initialising, or it failed and waits for Closed.
		 */
		if (hs->own == XNF_XS_CLOSED)
			return 0;
		if (!online || timeout)
			return hs_write_closed(hs);
		return hs_retry(hs);
	case XNF_XS_CLOSED:
		if (!online)
			return hs->own == XNF_XS_CLOSED ? 0 :
			       hs_write_closed(hs);
		if (hs->own == XNF_XS_INITIALISING)
			return 0;
		return timeout ? hs_write_initialising(hs) : hs_retry(hs);
	default:
		return 0;
	}
}

static unsigned int hs_in_down(struct xnf_hs *hs, enum xnf_hs_event event,
			       enum xnf_xs backend, unsigned int online)
{
	switch (event) {
	case XNF_EV_PROBE:
		return hs_write_initialising(hs);
	case XNF_EV_BACKEND:
		return hs_down_backend(hs, backend, online, 0);
	case XNF_EV_TIMEOUT:
		return hs_down_backend(hs, backend, online, 1);
	case XNF_EV_CONNECTED:
		hs->phase = XNF_HS_UP;
		hs->own = XNF_XS_CONNECTED;
		hs->announced = 0;
		return 0;
	case XNF_EV_CONNECT_FAILED:
		return hs_retry(hs);
	case XNF_EV_RESUME:
		hs->own = XNF_XS_INITIALISING;
		return 0;
	case XNF_EV_REMOVE:
		hs->removing = 1;
		hs->phase = XNF_HS_GONE;
		return hs_write_closed(hs);
	case XNF_EV_RENEW:
	case XNF_EV_RESET:
	case XNF_EV_GIVE_UP:
		return 0;
	}
	return 0;
}

static unsigned int hs_up_backend(struct xnf_hs *hs, enum xnf_xs backend,
				  unsigned int online)
{
	switch (backend) {
	case XNF_XS_CONNECTED:
		if (!hs->announced) {
			hs->announced = 1;
			hs->retry_ms = 0;
			return XNF_DO_ANNOUNCE | XNF_DO_LOOK;
		}
		/*
		 * A backend that connects late writes over the Closing of the
		 * toolstack, which then waits in vain unless we close.
		 */
		return online ? 0 : hs_start_close(hs);
	case XNF_XS_INITIALISING:
	case XNF_XS_INITWAIT:
		/*
		 * Before the first Connected this is the state we connected
		 * in.  After it, the backend was restarted: it may map the
		 * rings again at any time, as our state is still Connected,
		 * so leave in order instead of pulling the grants.
		 */
		return hs->announced ? hs_start_close(hs) : 0;
	case XNF_XS_CLOSING:
		/*
		 * Once the backend was Connected, this is a toolstack that
		 * detaches: it writes on the backend's behalf, before the
		 * backend unmaps anything.  The rings stay shared until
		 * Closed.
		 */
		if (!hs->announced)
			return hs_start_close(hs);
		hs->phase = XNF_HS_CLOSED;
		return XNF_DO_QUIESCE | hs_write_closed(hs) | XNF_DO_WAIT;
	case XNF_XS_CLOSED:
		/*
		 * The backend may yet see our Connected and map the rings:
		 * take the word back first, then look again.
		 */
		return hs_start_close(hs);
	case XNF_XS_UNKNOWN:
		return XNF_DO_QUIESCE | hs_write_closed(hs) | hs_release(hs);
	default:
		return 0;
	}
}

static unsigned int hs_in_up(struct xnf_hs *hs, enum xnf_hs_event event,
			     enum xnf_xs backend, unsigned int online)
{
	switch (event) {
	case XNF_EV_BACKEND:
		return hs_up_backend(hs, backend, online);
	case XNF_EV_RENEW:
		return hs_start_renewal(hs);
	case XNF_EV_RESET:
		return hs_start_close(hs);
	case XNF_EV_REMOVE:
		hs->removing = 1;
		return hs_start_close(hs);
	case XNF_EV_RESUME:
		hs->own = XNF_XS_INITIALISING;
		return XNF_DO_QUIESCE | hs_release(hs);
	default:
		return 0;
	}
}

/*
 * Netback goes to Closed for a Closed of ours only.  Before ours, and without
 * a Connected since CONNECT, its Closed belongs to an earlier connection and
 * it may be about to map the rings of the present one.  Our Closing makes it
 * move.
 */
static unsigned int hs_is_old_closed(const struct xnf_hs *hs)
{
	return hs->phase == XNF_HS_CLOSING && !hs->announced;
}

static unsigned int hs_closing_backend(struct xnf_hs *hs, enum xnf_xs backend,
				       unsigned int online)
{
	unsigned int renewing = hs->renewing;
	unsigned int todo = hs_stop_renewal(hs);

	switch (backend) {
	case XNF_XS_CLOSING:
		if (hs->phase == XNF_HS_CLOSED)
			return 0;
		hs->phase = XNF_HS_CLOSED;
		return todo | hs_write_closed(hs);
	case XNF_XS_CLOSED:
	case XNF_XS_UNKNOWN:
		if (backend == XNF_XS_CLOSED && hs_is_old_closed(hs))
			return 0;
		if (hs->phase == XNF_HS_CLOSING)
			todo |= hs_write_closed(hs);
		todo |= hs_release(hs);
		if (hs->removing || backend == XNF_XS_UNKNOWN || !online)
			return todo;
		/* The backend did nothing wrong, and packets wait: no delay. */
		return todo | (renewing ? hs_write_initialising(hs) :
					  hs_retry(hs));
	default:
		/* Not there yet: the budget is running. */
		return 0;
	}
}

/*
 * Rings are not pulled from under a backend that is late: until it lets go it
 * takes up no others, so there is nothing to gain.  Netback waits for packets
 * of ours that its domain still holds, and those are fragments of IP for half
 * a minute (seen in dom0 7.3).
 */
static unsigned int hs_is_overdue(const struct xnf_hs *hs, enum xnf_xs backend)
{
	return !hs->removing && (backend == XNF_XS_CONNECTED ||
				 backend == XNF_XS_CLOSING);
}

static unsigned int hs_in_closing(struct xnf_hs *hs, enum xnf_hs_event event,
				  enum xnf_xs backend, unsigned int online)
{
	unsigned int todo = hs_stop_renewal(hs);

	switch (event) {
	case XNF_EV_BACKEND:
		return hs_closing_backend(hs, backend, online);
	case XNF_EV_TIMEOUT:
		/* The last look may show what the wait was for. */
		todo |= hs_closing_backend(hs, backend, online);
		if (todo & XNF_DO_RELEASE)
			return todo;
		if (hs->phase == XNF_HS_CLOSING)
			todo |= hs_write_closed(hs);
		todo |= XNF_DO_COMPLAIN;
		if (hs_is_overdue(hs, backend)) {
			hs->phase = XNF_HS_CLOSED;
			return todo | XNF_DO_WAIT;
		}
		todo |= hs_release(hs);
		/* It may be Closed by now, and no event will tell. */
		return hs->removing ? todo : todo | hs_retry(hs);
	case XNF_EV_REMOVE:
		hs->removing = 1;
		hs->renewing = 0;
		return todo | XNF_DO_WAIT;
	case XNF_EV_RESET:
		/* The rings turned out not to be sound after all. */
		hs->renewing = 0;
		return todo;
	case XNF_EV_RESUME:
		hs->own = XNF_XS_INITIALISING;
		return todo | hs_release(hs);
	case XNF_EV_GIVE_UP:
		if (hs->phase == XNF_HS_CLOSING)
			todo |= hs_write_closed(hs);
		todo |= XNF_DO_COMPLAIN | hs_release(hs);
		return hs->removing ? todo : todo | hs_retry(hs);
	default:
		return 0;
	}
}

unsigned int xnf_hs_step(struct xnf_hs *hs, enum xnf_hs_event event,
			 enum xnf_xs backend, unsigned int online)
{
	switch (hs->phase) {
	case XNF_HS_DOWN:
		return hs_in_down(hs, event, backend, online);
	case XNF_HS_UP:
		return hs_in_up(hs, event, backend, online);
	case XNF_HS_CLOSING:
	case XNF_HS_CLOSED:
		return hs_in_closing(hs, event, backend, online);
	case XNF_HS_GONE:
		return 0;
	}
	return 0;
}

const char *xnf_hs_phase_name(enum xnf_hs_phase phase)
{
	static const char * const name[] = {
		[XNF_HS_DOWN] = "down",
		[XNF_HS_UP] = "up",
		[XNF_HS_CLOSING] = "closing",
		[XNF_HS_CLOSED] = "closed",
		[XNF_HS_GONE] = "gone",
	};

	return name[phase];
}

const char *xnf_hs_event_name(enum xnf_hs_event event)
{
	static const char * const name[] = {
		[XNF_EV_PROBE] = "probe",
		[XNF_EV_BACKEND] = "backend",
		[XNF_EV_CONNECTED] = "connected",
		[XNF_EV_CONNECT_FAILED] = "connect-failed",
		[XNF_EV_RENEW] = "renew",
		[XNF_EV_RESET] = "reset",
		[XNF_EV_RESUME] = "resume",
		[XNF_EV_REMOVE] = "remove",
		[XNF_EV_TIMEOUT] = "timeout",
		[XNF_EV_GIVE_UP] = "give-up",
	};

	return name[event];
}
