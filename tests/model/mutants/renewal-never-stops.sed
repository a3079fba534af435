# a renewal that the backend ends leaves the queues running
/^static unsigned int still_running/,/^}/s/XNF_DO_QUIESCE/0/
