# a backend that restarts loses the rings while it may map them
s/return hs->announced ? hs_start_close(hs) : 0;/return hs->announced ? XNF_DO_QUIESCE | hs_write_closed(hs) | hs_release(hs) : 0;/
