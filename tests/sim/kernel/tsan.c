// SPDX-License-Identifier: GPL-2.0
/*
 * Each access to shared memory in src/, where the compiler marked it.
 *
 * The build's flavour "access" compiles the driver with -fsanitize=thread and
 * links it without that sanitizer's library: the calls come here.  An access
 * to memory that others see is a place where the schedule may change; one to
 * memory that is freed ends the life.  Stacks are nobody else's and pass.
 *
 * Follows the interface of compiler-rt's tsan_interface.h.
 */
#include <sim/mm.h>

static inline void touched(const void *p)
{
	if (!sim_is_shared(p))
		return;
	if (unlikely(sim_is_freed(p)))
		sim_fail("memory", "%s touches memory that is freed", sim_current->name);
	sim_point();
}

#define ACCESS(name)	void __tsan_##name(void *p); void __tsan_##name(void *p) { touched(p); }
#define SIZES(kind)	ACCESS(kind##1) ACCESS(kind##2) ACCESS(kind##4) ACCESS(kind##8) ACCESS(kind##16)

SIZES(read)
SIZES(write)
SIZES(volatile_read)
SIZES(volatile_write)
ACCESS(unaligned_read2) ACCESS(unaligned_read4) ACCESS(unaligned_read8) ACCESS(unaligned_read16)
ACCESS(unaligned_write2) ACCESS(unaligned_write4) ACCESS(unaligned_write8) ACCESS(unaligned_write16)

void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void *nothing);
void __tsan_read_range(void *p, long size);
void __tsan_write_range(void *p, long size);

void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc)
{
	(void)pc;
}

void __tsan_func_exit(void *nothing)
{
	(void)nothing;
}

void __tsan_read_range(void *p, long size)
{
	touched(p);
	touched((char *)p + size - 1);
}

void __tsan_write_range(void *p, long size)
{
	touched(p);
	touched((char *)p + size - 1);
}
