/* __assign_str(field, value).  Upstream before v6.10. */
/* alone: one set of trace points a compilation */
#define CREATE_TRACE_POINTS
#include "trace/assign_str_2.h"
