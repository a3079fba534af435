// SPDX-License-Identifier: GPL-2.0
/*
 * Event channels: a port for the backend and the interrupt behind it.
 *
 * Owns: how a port is had and given back.  Ports are short in a guest with
 * many disks and interfaces, and that is no reason to close the device, so
 * Xen is asked itself: xenbus_alloc_evtchn() writes Closing and an error node
 * when there is none.
 *
 * Locking: none; callers own their ports.
 */
#include <asm/xen/hypercall.h>
#include <xen/interface/event_channel.h>

#include "xnf.h"

static void port_close(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

/**
 * xnf_port_bind() - a port that the backend may bind to, and its interrupt
 * @xdev: device whose otherend gets it
 * @port: filled in, 0 on error
 * @handler: has to end each event with xen_irq_lateeoi()
 * @name: of the interrupt; must outlive it
 * @data: for @handler
 *
 * Return: the interrupt, or a negative error: -ENOSPC if ports are short.
 * Then nothing is left behind.  Who unbinds the interrupt closes the port.
 * Context: process.
 */
int xnf_port_bind(struct xenbus_device *xdev, evtchn_port_t *port,
		  irq_handler_t handler, const char *name, void *data)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = xdev->otherend_id,
	};
	int ret;

	*port = 0;
	ret = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	if (ret)
		return ret;
	ret = bind_evtchn_to_irqhandler_lateeoi(alloc.port, handler, 0, name,
						data);
	if (ret < 0)
		port_close(alloc.port);
	else
		*port = alloc.port;
	return ret;
}
