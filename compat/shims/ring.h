/* SPDX-License-Identifier: GPL-2.0 */
/* <xen/interface/io/ring.h> */
#ifndef XNF_SHIM_RING_H
#define XNF_SHIM_RING_H

#include <xen/interface/io/ring.h>

/* Read a slot once; the compiler may not go back to shared memory for a second look. */
#if !XNF_HAS_RING_COPY_RESPONSE
#define RING_COPY_RESPONSE(_r, _idx, _rsp) do {			\
	*(_rsp) = *RING_GET_RESPONSE(_r, _idx);			\
	barrier();						\
} while (0)
#endif

#if !XNF_HAS_XEN_RING_NR_UNCONSUMED_RESPONSES
#define XEN_RING_NR_UNCONSUMED_RESPONSES(_r) \
	(READ_ONCE((_r)->sring->rsp_prod) - (_r)->rsp_cons)
#endif

#if !XNF_HAS_RING_RESPONSE_PROD_OVERFLOW
#define RING_RESPONSE_PROD_OVERFLOW(_r, _prod) \
	((_prod) - (_r)->rsp_cons > RING_SIZE(_r))
#endif

#endif
