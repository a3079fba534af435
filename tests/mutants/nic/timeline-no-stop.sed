# netdev.c
# That the queues stop is not traced.
s/^\ttrace_queues(info, false, why);$//
