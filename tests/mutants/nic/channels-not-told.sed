# ethtool.c
# A change of the number of queues waits for the next connect by chance.
s/^\txnf_schedule_renewal(info, "number of queues");$//
