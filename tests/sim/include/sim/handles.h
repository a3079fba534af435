/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest handles, which the headers of Xen's interface want of each
 * architecture (arch/x86/include/asm/xen/interface.h).  No hypercall here takes
 * one, so they are plain pointers.
 */
#ifndef SIM_HANDLES_H
#define SIM_HANDLES_H

#include <sim/base.h>

#define __DEFINE_GUEST_HANDLE(name, type) typedef type *__guest_handle_##name
#define DEFINE_GUEST_HANDLE_STRUCT(name) __DEFINE_GUEST_HANDLE(name, struct name)
#define DEFINE_GUEST_HANDLE(name) __DEFINE_GUEST_HANDLE(name, name)
#define GUEST_HANDLE(name)	__guest_handle_##name

typedef unsigned long xen_pfn_t;
typedef unsigned long xen_ulong_t;
typedef long xen_long_t;
__DEFINE_GUEST_HANDLE(uchar, unsigned char);
__DEFINE_GUEST_HANDLE(uint, unsigned int);
DEFINE_GUEST_HANDLE(char);
DEFINE_GUEST_HANDLE(int);
DEFINE_GUEST_HANDLE(void);
DEFINE_GUEST_HANDLE(uint64_t);
DEFINE_GUEST_HANDLE(uint32_t);
DEFINE_GUEST_HANDLE(xen_pfn_t);
DEFINE_GUEST_HANDLE(xen_ulong_t);

#define MAX_VIRT_CPUS 32
struct arch_vcpu_info { unsigned long cr2, pad; };
struct arch_shared_info { unsigned long max_pfn; };
struct pvclock_vcpu_time_info { u32 version; };
struct pvclock_wall_clock { u32 version; };
typedef u8 xen_domain_handle_t_byte;

#endif
