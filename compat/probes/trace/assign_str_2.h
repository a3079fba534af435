/* Trace event of probes/assign_str_2.c. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xnf_probe_2

#if !defined(XNF_PROBE_ASSIGN_STR_2_H) || defined(TRACE_HEADER_MULTI_READ)
#define XNF_PROBE_ASSIGN_STR_2_H
#include <linux/tracepoint.h>

TRACE_EVENT(xnf_probe_assign_str_2,
	TP_PROTO(const char *s),
	TP_ARGS(s),
	TP_STRUCT__entry(__string(s, s)),
	TP_fast_assign(__assign_str(s, s);),
	TP_printk("%s", __get_str(s))
);
#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH trace
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE assign_str_2
#include <trace/define_trace.h>
