/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/irq.h>, <linux/interrupt.h> */
#ifndef XNF_SHIM_IRQ_H
#define XNF_SHIM_IRQ_H

#include <linux/interrupt.h>
#include <linux/irq.h>

/* Where an interrupt may go, or NULL. */
static inline const struct cpumask *xnf_irq_affinity(unsigned int irq)
{
	struct irq_data *data = irq_get_irq_data(irq);

#if XNF_HAS_irq_data_get_affinity_mask
	return data ? irq_data_get_affinity_mask(data) : NULL;
#else
	return data ? data->affinity : NULL;
#endif
}

/*
 * irq_set_affinity() was for modules from 5.14 on, which no header shows.  This call was always,
 * and from 4.0 on it sets the affinity along with the hint, which has to be gone before the
 * interrupt goes.  Before, an interrupt that is made anew goes where the kernel sends it.
 */
static inline void xnf_irq_set_affinity(unsigned int irq, const struct cpumask *mask)
{
	irq_set_affinity_hint(irq, mask);
	irq_set_affinity_hint(irq, NULL);
}

#endif
