# seed: remove takes the rings back without waiting for the backend
/^static unsigned int hs_in_up/,/^}/{/case XNF_EV_REMOVE:/,/return/s/return hs_start_close(hs);/return XNF_DO_QUIESCE | hs_write_closed(hs) | hs_release(hs);/}
