/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/workqueue.h>: newer kernels complain at run time of the old name. */
#ifndef XNF_SHIM_WORKQUEUE_H
#define XNF_SHIM_WORKQUEUE_H

#include <linux/workqueue.h>

#if !XNF_HAS_system_percpu_wq
#define system_percpu_wq system_wq
#endif

#endif
