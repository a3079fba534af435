/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every file of a kernel takes for granted: types, macros, lists, bits,
 * strings, messages.
 *
 * Follows include/linux/{types,kernel,list,bitops,minmax,err,compiler}.h in
 * names and meanings.  Leaves out whatever src/ and the simulator do not call.
 *
 * Accesses by READ_ONCE() and its like are places where the schedule may
 * change; plain ones are too where the compiler marks them (kernel/tsan.c).
 */
#ifndef SIM_BASE_H
#define SIM_BASE_H

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include </usr/include/linux/types.h>
#include </usr/include/asm-generic/int-ll64.h>
#include </usr/include/asm-generic/errno.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;
typedef unsigned int gfp_t;
typedef long ssize_t;
typedef s64 ktime_t;
typedef u16 __sum16_t;
typedef u64 netdev_features_t;

#define CONFIG_XEN		1
#define CONFIG_NET		1
#define CONFIG_MODULES		1
#define CONFIG_SMP		1
#define CONFIG_EVENT_TRACING	1
#define CONFIG_DEBUG_FS		1
#define CONFIG_XEN_NETDEV_FRONTEND_MODULE	1

#define ENOTSUPP		524

#define __init
#define __exit
#define __read_mostly
#define __user
#define __force
#define __iomem
#define __ro_after_init
#define __copy(symbol)		__copy__(symbol)
#undef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#define __maybe_unused		__attribute__((__unused__))
#define __must_check
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#define __packed		__attribute__((__packed__))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define ____cacheline_aligned_in_smp	__aligned(64)
#define fallthrough		__attribute__((__fallthrough__))
#define noinline		__attribute__((__noinline__))

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		__asm__ __volatile__("" ::: "memory")
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define struct_size(p, member, n) \
	(sizeof(*(p)) + sizeof((p)->member[0]) * (size_t)(n))
#define BIT(n)			(1ul << (n))
#define BITS_PER_LONG		64
#define U32_MAX			UINT32_MAX
#define S32_MAX			INT32_MAX
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)
#define IS_ENABLED(option)	0

#define __sim_min(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define __sim_max(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define min(a, b)		__sim_min(a, b)
#define max(a, b)		__sim_max(a, b)
#define min_t(t, a, b)		({ t _x = (a), _y = (b); _x < _y ? _x : _y; })
#define max_t(t, a, b)		({ t _x = (a), _y = (b); _x > _y ? _x : _y; })
#define min3(a, b, c)		({ typeof(a) _m = min(a, b); typeof(c) _c = (c); _m < _c ? _m : _c; })
#define clamp(v, lo, hi)	({ typeof(v) _v = (v); _v < (lo) ? (lo) : _v > (hi) ? (hi) : _v; })
#define swap(a, b)		do { typeof(a) _t = (a); (a) = (b); (b) = _t; } while (0)

#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)

/* A place where another fiber may run; see sched.h. */
void sim_point(void);
void sim_bug(const char *what, const char *file, int line);

#define BUG_ON(cond) do { if (unlikely(cond)) sim_bug("BUG_ON(" #cond ")", __FILE__, __LINE__); } while (0)
#define BUG()			sim_bug("BUG()", __FILE__, __LINE__)
#define WARN_ON(cond) ({ int _w = !!(cond); if (unlikely(_w)) sim_bug("WARN_ON(" #cond ")", __FILE__, __LINE__); _w; })
#define WARN_ON_ONCE(cond)	WARN_ON(cond)
#define WARN_ONCE(cond, fmt...)	WARN_ON(cond)

#define READ_ONCE(x)		({ sim_point(); *(const volatile typeof(x) *)&(x); })
#define WRITE_ONCE(x, v)	do { sim_point(); *(volatile typeof(x) *)&(x) = (v); } while (0)
#define smp_mb()		sim_point()
#define smp_rmb()		sim_point()
#define smp_wmb()		sim_point()
#define mb()			sim_point()
#define rmb()			sim_point()
#define wmb()			sim_point()
#define virt_mb()		sim_point()
#define virt_rmb()		sim_point()
#define virt_wmb()		sim_point()
#define virt_store_mb(x, v)	WRITE_ONCE(x, v)
#define smp_mb__after_atomic()	sim_point()
#define smp_mb__before_atomic()	sim_point()
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)	WRITE_ONCE(*(p), v)
#define xchg(p, v)		({ sim_point(); typeof(*(p)) _o = *(volatile typeof(*(p)) *)(p); \
				   *(volatile typeof(*(p)) *)(p) = (v); _o; })

static inline bool test_bit(unsigned int nr, const volatile unsigned long *p)
{
	return p[nr / BITS_PER_LONG] >> (nr % BITS_PER_LONG) & 1;
}

static inline bool __test_and_set_bit(unsigned int nr, volatile unsigned long *p)
{
	bool was = test_bit(nr, p);

	p[nr / BITS_PER_LONG] |= BIT(nr % BITS_PER_LONG);
	return was;
}

static inline bool __test_and_clear_bit(unsigned int nr, volatile unsigned long *p)
{
	bool was = test_bit(nr, p);

	p[nr / BITS_PER_LONG] &= ~BIT(nr % BITS_PER_LONG);
	return was;
}

/* The atomic ones: the schedule may change before them, not within. */
bool test_and_set_bit(unsigned int nr, volatile unsigned long *p);
bool test_and_clear_bit(unsigned int nr, volatile unsigned long *p);
#define set_bit(nr, p)		((void)test_and_set_bit(nr, p))
#define clear_bit(nr, p)	((void)test_and_clear_bit(nr, p))

#define MAX_ERRNO		4095
#define IS_ERR_VALUE(x)		((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
#define ERR_PTR(e)		((void *)(long)(e))
#define PTR_ERR(p)		((long)(p))
#define IS_ERR(p)		IS_ERR_VALUE(p)
#define IS_ERR_OR_NULL(p)	(!(p) || IS_ERR(p))

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l;
	l->prev = l;
}

static inline void __list_add(struct list_head *n, struct list_head *prev,
			      struct list_head *next)
{
	next->prev = n;
	n->next = next;
	n->prev = prev;
	prev->next = n;
}

static inline void list_add(struct list_head *n, struct list_head *head)
{
	__list_add(n, head, head->next);
}

static inline void list_add_tail(struct list_head *n, struct list_head *head)
{
	__list_add(n, head->prev, head);
}

static inline void list_del_init(struct list_head *n)
{
	n->next->prev = n->prev;
	n->prev->next = n->next;
	INIT_LIST_HEAD(n);
}

#define LIST_POISON		((void *)0xdead000000000100ul)

static inline void list_del(struct list_head *n)
{
	n->next->prev = n->prev;
	n->prev->next = n->next;
	n->next = LIST_POISON;
	n->prev = LIST_POISON;
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

#define list_entry(p, type, member)	container_of(p, type, member)
#define list_first_entry(l, type, member) list_entry((l)->next, type, member)
#define list_first_entry_or_null(l, type, member) \
	(list_empty(l) ? NULL : list_first_entry(l, type, member))
#define list_for_each_entry(pos, head, member) \
	for (pos = list_entry((head)->next, typeof(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry(pos->member.next, typeof(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_entry((head)->next, typeof(*pos), member), \
	     n = list_entry(pos->member.next, typeof(*pos), member); \
	     &pos->member != (head); \
	     pos = n, n = list_entry(n->member.next, typeof(*n), member))

ssize_t strscpy(char *dest, const char *src, size_t count);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);
int kstrtouint(const char *s, unsigned int base, unsigned int *res);
bool mac_pton(const char *s, u8 *mac);
void *memchr_inv(const void *start, int c, size_t bytes);

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1ul << (63 - __builtin_clzl(n));
}

u32 get_random_u32(void);
void get_random_bytes(void *buf, size_t len);

void sim_printk(const char *level, const char *fmt, ...) __printf(2, 3);
#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif
#define pr_err(fmt, a...)	sim_printk("err", pr_fmt(fmt), ##a)
#define pr_warn(fmt, a...)	sim_printk("warn", pr_fmt(fmt), ##a)
#define pr_warn_once		pr_warn
#define pr_info(fmt, a...)	sim_printk("info", pr_fmt(fmt), ##a)
#define net_ratelimit()		1

/* cpumask.h, as far as one word goes. */
#define NR_CPUS 64
typedef struct cpumask { unsigned long bits; } cpumask_t;
#define cpumask_copy(to, from)	((to)->bits = (from)->bits)
#define cpumask_equal(a, b)	((a)->bits == (b)->bits)
unsigned int num_online_cpus(void);
unsigned int smp_processor_id(void);

#endif
