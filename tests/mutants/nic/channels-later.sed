# ethtool.c
# ethtool -L returns before the number is in force (K4).
s/^\terr = xnf_renew_now(info, "number of queues", XNF_RENEW_LIMIT);$/\terr = 0;\n\txnf_schedule_renewal(info, "number of queues");/
