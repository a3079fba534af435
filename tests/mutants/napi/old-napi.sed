# xnf.h
# NAPI as kernels before 4.11 have it: a schedule that comes while NAPI runs is lost (no
# NAPI_STATE_MISSED).
/^#include "wire.h"$/a\
\
static inline void old_napi_schedule(struct napi_struct *n)\
{\
	if (!napi_disable_pending(n) \&\& !test_and_set_bit(NAPI_STATE_SCHED, \&n->state))\
		__napi_schedule(n);\
}\
#define napi_schedule old_napi_schedule
