/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Forced in front of every source file of the driver: makes the target kernel look like
 * mainline 7.3 as far as the driver is concerned.
 *
 * autoconf.h holds what compat/configure found in the target's headers.  Each shim is named
 * after the upstream function it stands in for and lives in the file named after the header
 * that declares it upstream.  Where one of several forms has to exist and none was found, an
 * #error names it.  docs/compat.md maps upstream names to shims.
 */
#ifndef XNF_COMPAT_H
#define XNF_COMPAT_H

/* The headers below pull in printk.h, so this comes before any file's own definition. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "autoconf.h"

#include "shims/lib.h"
#include "shims/timer.h"
#include "shims/workqueue.h"
#include "shims/syscore.h"
#include "shims/xenbus.h"
#include "shims/grant_table.h"
#include "shims/events.h"
#include "shims/irq.h"
#include "shims/ring.h"
#include "shims/netif.h"
#include "shims/skbuff.h"
#include "shims/netdevice.h"
#include "shims/ethtool.h"
#include "shims/tracepoint.h"
#ifdef XNF_COMPAT_XDP
#include "shims/xdp.h"
#endif

/* The driver shares one page per ring and per buffer. */
#if PAGE_SIZE != XEN_PAGE_SIZE
#error "xen-netfront: this kernel's pages are larger than Xen's 4 KiB pages: not supported"
#endif

#endif
