/* __assign_str(field, value).  Upstream before v6.10. */
/* needs: CONFIG_EVENT_TRACING */
#define CREATE_TRACE_POINTS
#include "trace/assign_str_2.h"
#undef CREATE_TRACE_POINTS
