# ethtool.c
# A change of the number of queues waits for the next connect by chance.
s/^\terr = xnf_renew_now(info, "number of queues", XNF_RENEW_LIMIT);$/\terr = 0;/
