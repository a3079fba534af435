# seed: remove takes the rings back without waiting for the backend
/^static unsigned int in_up/,/^}/{/case XNF_EV_REMOVE:/,/return/s/return start_close(hs);/return XNF_DO_QUIESCE | write_closed(hs) | released(hs);/}
