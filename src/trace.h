/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what both ends do and when queues stop and start, so that a
 * reload or a migration can be followed without a debug kernel.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_netfront

#if !defined(XNF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define XNF_TRACE_H

#include <linux/tracepoint.h>

#include "handshake.h"

#define xnf_show_state(state)						\
	__print_symbolic(state,						\
			 { XNF_XS_UNKNOWN, "Unknown" },			\
			 { XNF_XS_INITIALISING, "Initialising" },	\
			 { XNF_XS_INITWAIT, "InitWait" },		\
			 { XNF_XS_INITIALISED, "Initialised" },		\
			 { XNF_XS_CONNECTED, "Connected" },		\
			 { XNF_XS_CLOSING, "Closing" },			\
			 { XNF_XS_CLOSED, "Closed" },			\
			 { XNF_XS_RECONFIGURING, "Reconfiguring" },	\
			 { XNF_XS_RECONFIGURED, "Reconfigured" })

/* An end of the connection changed its state, or was seen to have done so. */
TRACE_EVENT(xnf_state,
	TP_PROTO(const char *dev, const char *end, const char *node, int from,
		 int to),
	TP_ARGS(dev, end, node, from, to),
	TP_STRUCT__entry(
		__string(dev, dev)
		__string(end, end)
		__string(node, node)
		__field(int, from)
		__field(int, to)
	),
	TP_fast_assign(
		xnf_assign_str(dev, dev);
		xnf_assign_str(end, end);
		xnf_assign_str(node, node);
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("%s %s %s -> %s node=%s", __get_str(dev), __get_str(end),
		  xnf_show_state(__entry->from), xnf_show_state(__entry->to),
		  __get_str(node))
);

TRACE_EVENT(xnf_handshake,
	TP_PROTO(const char *node, int ev, int backend, int phase,
		 int own, unsigned int todo),
	TP_ARGS(node, ev, backend, phase, own, todo),
	TP_STRUCT__entry(
		__string(node, node)
		__field(int, event)
		__field(int, backend)
		__field(int, phase)
		__field(int, own)
		__field(unsigned int, todo)
	),
	TP_fast_assign(
		xnf_assign_str(node, node);
		__entry->event = ev;
		__entry->backend = backend;
		__entry->phase = phase;
		__entry->own = own;
		__entry->todo = todo;
	),
	TP_printk("%s event=%s backend=%s phase=%s own=%s todo=%s",
		  __get_str(node),
		  __print_symbolic(__entry->event,
				   { XNF_EV_PROBE, "probe" },
				   { XNF_EV_BACKEND, "backend" },
				   { XNF_EV_CONNECTED, "connected" },
				   { XNF_EV_CONNECT_FAILED, "connect-failed" },
				   { XNF_EV_RENEW, "renew" },
				   { XNF_EV_RESET, "reset" },
				   { XNF_EV_RESUME, "resume" },
				   { XNF_EV_REMOVE, "remove" },
				   { XNF_EV_TIMEOUT, "timeout" }),
		  xnf_show_state(__entry->backend),
		  __print_symbolic(__entry->phase,
				   { XNF_HS_DOWN, "down" },
				   { XNF_HS_UP, "up" },
				   { XNF_HS_CLOSING, "closing" },
				   { XNF_HS_CLOSED, "closed" },
				   { XNF_HS_GONE, "gone" }),
		  xnf_show_state(__entry->own),
		  __print_flags(__entry->todo, "|",
				{ XNF_DO_HOLD, "hold" },
				{ XNF_DO_QUIESCE, "quiesce" },
				{ XNF_DO_CLOSING, "closing" },
				{ XNF_DO_CLOSED, "closed" },
				{ XNF_DO_COMPLAIN, "complain" },
				{ XNF_DO_RELEASE, "release" },
				{ XNF_DO_INITIALISING, "initialising" },
				{ XNF_DO_CONNECT, "connect" },
				{ XNF_DO_ANNOUNCE, "announce" },
				{ XNF_DO_WAIT, "wait" },
				{ XNF_DO_RETRY, "retry" },
				{ XNF_DO_LOOK, "look" }))
);

/* One class: something happened to one queue of one interface, and why. */
DECLARE_EVENT_CLASS(xnf_queue_class,
	TP_PROTO(const char *dev, unsigned int queue, const char *why),
	TP_ARGS(dev, queue, why),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(unsigned int, queue)
		__string(why, why)
	),
	TP_fast_assign(
		xnf_assign_str(dev, dev);
		__entry->queue = queue;
		xnf_assign_str(why, why);
	),
	TP_printk("%s queue=%u why=%s", __get_str(dev), __entry->queue,
		  __get_str(why))
);

#define XNF_QUEUE_EVENT(name)						\
DEFINE_EVENT(xnf_queue_class, name,					\
	TP_PROTO(const char *dev, unsigned int queue, const char *why),	\
	TP_ARGS(dev, queue, why))

XNF_QUEUE_EVENT(xnf_tx_stop);
XNF_QUEUE_EVENT(xnf_tx_start);
XNF_QUEUE_EVENT(xnf_rings_up);
XNF_QUEUE_EVENT(xnf_rings_down);
XNF_QUEUE_EVENT(xnf_fault);
XNF_QUEUE_EVENT(xnf_doorbell);

/* One class: something happened to an interface; the word says what. */
DECLARE_EVENT_CLASS(xnf_device_class,
	TP_PROTO(const char *dev, const char *what),
	TP_ARGS(dev, what),
	TP_STRUCT__entry(
		__string(dev, dev)
		__string(what, what)
	),
	TP_fast_assign(
		xnf_assign_str(dev, dev);
		xnf_assign_str(what, what);
	),
	TP_printk("%s %s", __get_str(dev), __get_str(what))
);

#define XNF_DEVICE_EVENT(name)						\
DEFINE_EVENT(xnf_device_class, name,					\
	TP_PROTO(const char *dev, const char *what),			\
	TP_ARGS(dev, what))

XNF_DEVICE_EVENT(xnf_probe);
XNF_DEVICE_EVENT(xnf_remove);
XNF_DEVICE_EVENT(xnf_resume);
XNF_DEVICE_EVENT(xnf_reset);
XNF_DEVICE_EVENT(xnf_connect);
XNF_DEVICE_EVENT(xnf_carrier);
XNF_DEVICE_EVENT(xnf_announce);

#endif /* XNF_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
