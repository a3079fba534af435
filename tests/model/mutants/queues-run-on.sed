# queues are not stopped on the way out
/^static unsigned int hs_start_close/,/^}/s/XNF_DO_QUIESCE | //
