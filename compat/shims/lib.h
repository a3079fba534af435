/* SPDX-License-Identifier: GPL-2.0 */
/* Library functions and barriers. */
#ifndef XNF_SHIM_LIB_H
#define XNF_SHIM_LIB_H

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#if XNF_HAS_header_linux_hex_h
#include <linux/hex.h>
#endif
#if XNF_HAS_header_linux_overflow_h
#include <linux/overflow.h>
#endif
#include <asm/barrier.h>

/*
 * Tools newer than the kernel: binutils 2.36 drop the symbol of a section that nothing refers to,
 * which objtool of kernels before 5.11 then misses.  So refer to it, from a section that does not
 * get into the module.
 */
#if defined(CONFIG_STACK_VALIDATION) && \
	(defined(CONFIG_UNWINDER_ORC) || defined(CONFIG_ORC_UNWINDER))
asm(".pushsection .discard.xnf, \"a\"\n\t.quad .text\n\t.popsection");
#ifdef XNF_COMPAT_MODULE
asm(".pushsection .discard.xnf, \"a\"\n\t.quad .exit.text\n\t.popsection");
#endif
#endif

/* modinfo -F features tells what this kernel's headers allowed. */
#ifdef XNF_COMPAT_MODULE
MODULE_INFO(features, XNF_FEATURES);
#endif

/* Compilers newer than the kernel see that the alias has other attributes than its target. */
#if !XNF_HAS___copy && defined(MODULE) && __GNUC__ >= 9
#undef module_init
#define module_init(initfn) \
	int init_module(void) __attribute__((__copy__(initfn), alias(#initfn)))
#undef module_exit
#define module_exit(exitfn) \
	void cleanup_module(void) __attribute__((__copy__(exitfn), alias(#exitfn)))
#endif

#ifndef __ro_after_init
#define __ro_after_init
#endif

/*
 * Kernels that have no name for it may have the warning all the same; which mark silences it, the
 * compiler knows.
 */
#if !XNF_HAS_fallthrough
#ifdef __has_attribute
#if __has_attribute(__fallthrough__)
#define fallthrough __attribute__((__fallthrough__))
#endif
#endif
#ifndef fallthrough
#define fallthrough do {} while (0)
#endif
#endif

#if !XNF_HAS_READ_ONCE
#define READ_ONCE(x) ACCESS_ONCE(x)
#endif
#if !XNF_HAS_WRITE_ONCE
#define WRITE_ONCE(x, val) (ACCESS_ONCE(x) = (val))
#endif

#if !XNF_HAS_smp_load_acquire
#define smp_load_acquire(p)			\
({						\
	typeof(*(p)) __val = READ_ONCE(*(p));	\
	smp_mb();				\
	__val;					\
})
#endif
#if !XNF_HAS_smp_store_release
#define smp_store_release(p, v)			\
do {						\
	smp_mb();				\
	WRITE_ONCE(*(p), v);			\
} while (0)
#endif

#if !XNF_HAS_smp_mb__after_atomic
#define smp_mb__after_atomic() smp_mb()
#endif

/*
 * A guest kernel built for one processor still shares memory with a backend on another one, so
 * the barriers of the kernel proper, which may then be empty, will not do.
 */
#if !XNF_HAS_virt_mb
#define virt_mb() mb()
#endif
#if !XNF_HAS_virt_rmb
#define virt_rmb() rmb()
#endif
#if !XNF_HAS_virt_wmb
#define virt_wmb() wmb()
#endif
#if !XNF_HAS_virt_store_mb
#define virt_store_mb(var, value) do { WRITE_ONCE(var, value); mb(); } while (0)
#endif

#if !XNF_HAS_struct_size
#define struct_size(p, member, count) \
	(sizeof(*(p)) + sizeof((p)->member[0]) * (size_t)(count))
#endif

#if !XNF_HAS_kvfree
static inline void kvfree(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else
		kfree(addr);
}
#endif

#if !XNF_HAS_kvzalloc
static inline void *kvzalloc(size_t size, gfp_t flags)
{
	void *mem = kzalloc(size, flags | __GFP_NOWARN | __GFP_NORETRY);

	return mem ? mem : vzalloc(size);
}
#endif

#if !XNF_HAS_kvmalloc_array
static inline void *kvmalloc_array(size_t n, size_t size, gfp_t flags)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return kvzalloc(n * size, flags);
}
#endif

#if !XNF_HAS_kvcalloc
static inline void *kvcalloc(size_t n, size_t size, gfp_t flags)
{
	return kvmalloc_array(n, size, flags | __GFP_ZERO);
}
#endif

#if !XNF_HAS_strscpy
static inline ssize_t strscpy(char *dest, const char *src, size_t count)
{
	size_t len = strnlen(src, count);

	if (!count)
		return -E2BIG;
	if (len == count) {
		memcpy(dest, src, count - 1);
		dest[count - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dest, src, len + 1);
	return len;
}
#else
/* Up to 4.16 the compiler complains of callers that do not use the result. */
static inline ssize_t xnf_strscpy(char *dest, const char *src, size_t count)
{
	return strscpy(dest, src, count);
}
#undef strscpy
#define strscpy xnf_strscpy
#endif

#if !XNF_HAS_sysfs_emit
#define sysfs_emit(buf, fmt...) scnprintf(buf, PAGE_SIZE, fmt)
#endif

#endif
