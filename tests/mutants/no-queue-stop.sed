# netdev.c
# Queues run on while the rings go and come back at resume.
s/^\tnetdev_stop_queues(info, was_held ? NULL : "disconnect");$//
