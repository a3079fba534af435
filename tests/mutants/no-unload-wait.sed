# main.c
# Unload lets go without waiting for the backend's Closing and Closed: the first of the two seed faults.
s/^\txnf_run_step(info, XNF_EV_REMOVE);$/&\n\txnf_run_step(info, XNF_EV_TIMEOUT);/
