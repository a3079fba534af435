# port.c
# The bus is asked for a port: where there is none it writes Closing and an error node.
s/^\tret = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);$/\tret = xenbus_alloc_evtchn(xdev, \&alloc.port);/
