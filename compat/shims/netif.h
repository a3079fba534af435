/* SPDX-License-Identifier: GPL-2.0 */
/*
 * <xen/interface/io/netif.h>: parts of the network ABI that are newer than the kernel's header.
 * Numbers and layouts are facts of the protocol (Xen's public/io/netif.h).
 */
#ifndef XNF_SHIM_NETIF_H
#define XNF_SHIM_NETIF_H

#include <xen/interface/io/netif.h>

#if !XNF_HAS_XEN_NETIF_NR_SLOTS_MIN
#define XEN_NETIF_NR_SLOTS_MIN 18
#endif

#if !XNF_HAS_XEN_NETIF_MAX_TX_SIZE
#define XEN_NETIF_MAX_TX_SIZE 0xFFFF
#endif

#if !XNF_HAS_XEN_NETIF_GSO_TYPE_TCPV6
#define XEN_NETIF_GSO_TYPE_TCPV6 2
#endif

#endif
