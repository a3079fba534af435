# netdev.c
# Queues run on while the rings go and come back at resume.
s/^\tstop_queues(info, was_held ? NULL : "disconnect");$//
