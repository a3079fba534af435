/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/syscore_ops.h> */
#ifndef XNF_SHIM_SYSCORE_H
#define XNF_SHIM_SYSCORE_H

#include <linux/syscore_ops.h>

/*
 * Up to 6.18, but for late stable kernels, the callbacks get nothing, and what is registered are
 * the operations.
 */
#if XNF_HAS_register_syscore
#define XNF_SYSCORE(name, on_suspend, on_resume)			\
static const struct syscore_ops name##_ops = {				\
	.suspend = on_suspend,						\
	.resume = on_resume,						\
};									\
static struct syscore name = { .ops = &name##_ops }
#else
#define XNF_SYSCORE(name, on_suspend, on_resume)			\
static int name##_suspend_void(void)					\
{									\
	return on_suspend(NULL);					\
}									\
									\
static void name##_resume_void(void)					\
{									\
	on_resume(NULL);						\
}									\
									\
static struct syscore_ops name = {					\
	.suspend = name##_suspend_void,					\
	.resume = name##_resume_void,					\
}

static inline void register_syscore(struct syscore_ops *ops)
{
	register_syscore_ops(ops);
}

static inline void unregister_syscore(struct syscore_ops *ops)
{
	unregister_syscore_ops(ops);
}
#endif

#endif
