/* SPDX-License-Identifier: GPL-2.0 */
/* <xen/events.h>: without late EOI an event is acknowledged before its handler runs. */
#ifndef XNF_SHIM_EVENTS_H
#define XNF_SHIM_EVENTS_H

#include <xen/events.h>

#if !XNF_HAS_bind_evtchn_to_irqhandler_lateeoi
static inline int bind_evtchn_to_irqhandler_lateeoi(evtchn_port_t evtchn, irq_handler_t handler,
						    unsigned long irqflags, const char *devname,
						    void *dev_id)
{
	return bind_evtchn_to_irqhandler(evtchn, handler, irqflags, devname, dev_id);
}
#endif

#if !XNF_HAS_xen_irq_lateeoi
#define XEN_EOI_FLAG_SPURIOUS 0x00000001
static inline void xen_irq_lateeoi(unsigned int irq, unsigned int eoi_flags)
{
}
#endif

#endif
