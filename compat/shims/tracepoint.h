/* SPDX-License-Identifier: GPL-2.0 */
/*
 * <linux/tracepoint.h>.  The kernel defines __assign_str() anew inside define_trace.h, so it
 * cannot be shimmed under its own name: trace headers say xnf_assign_str(field, value).
 */
#ifndef XNF_SHIM_TRACEPOINT_H
#define XNF_SHIM_TRACEPOINT_H

#include <linux/tracepoint.h>
#if XNF_HAS_header_linux_trace_events_h
#include <linux/trace_events.h>
#elif XNF_HAS_header_linux_ftrace_event_h
#include <linux/ftrace_event.h>
#endif

/* Declared everywhere, there only where events are traced. */
#if !XNF_HAS_CONFIG_EVENT_TRACING
#define trace_set_clr_event(system, event, set) ((void)0)
#endif

#if XNF_HAS_assign_str_1
#define xnf_assign_str(field, value) __assign_str(field)
#elif XNF_HAS_assign_str_2
#define xnf_assign_str(field, value) __assign_str(field, value)
#else
#error "xen-netfront: no known form of __assign_str() in this kernel"
#endif

#endif
