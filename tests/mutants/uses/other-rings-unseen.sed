# sleep.c
# After a sleep the driver takes both ends' Connected at its word.
s/^\txnf_renew(info, XNF_EV_RESET, "backend on other rings");$//
