# netdev.c
# That the queues stop is not traced.
/^static void stop_queues/,/^}/{s/^\tif (why)$//;s/^\t\ttrace_queues(info, false, why);$//}
