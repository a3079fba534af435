/* __assign_str(field).  Upstream v6.10 (2c92ca849fcc); before, the value had to be repeated. */
#define CREATE_TRACE_POINTS
#include "trace/assign_str_1.h"
#undef CREATE_TRACE_POINTS
