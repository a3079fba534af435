# netdev.c
# NAPI contexts come anew with each connection (K2): ids, threads and settings change.
s/^\tlist_contexts(info, info->nr_queues);$/\tlist_contexts(info, 0);\n&/
