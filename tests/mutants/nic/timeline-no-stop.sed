# netdev.c
# That the queues stop is not traced.
/^static void netdev_stop_queues/,/^}/{s/^\tif (why)$//;s/^\t\tnetdev_trace_queues(info, false, why);$//}
