# bus.c
# Unload takes grants and pages back without waiting for the backend's Closing and Closed: the first
# of the two seed faults.
s/^\txnf_run_step(info, XNF_EV_REMOVE);$/\txnf_lock(info);\n\txnf_quiesce(info, false);\n\txnf_release(info);\n\txnf_unlock(info);\n&/
