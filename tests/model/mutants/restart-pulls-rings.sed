# a backend that restarts loses the rings while it may map them
s/return hs->announced ? start_close(hs) : 0;/return hs->announced ? XNF_DO_QUIESCE | write_closed(hs) | released(hs) : 0;/
