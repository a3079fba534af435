# multicast.c
# A new connection is thought to know the groups of the one before.
s/^\tmcast->count = 0;$//
