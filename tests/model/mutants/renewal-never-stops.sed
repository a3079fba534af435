# a renewal that the backend ends leaves the queues running
/^static unsigned int hs_stop_renewal/,/^}/s/XNF_DO_QUIESCE/0/
