# netdev.c
# NAPI contexts come anew with each connection (K2): ids, threads and settings change.
s/^\tnetdev_list_contexts(info, info->nr_queues);$/\tnetdev_list_contexts(info, 0);\n&/
