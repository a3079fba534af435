# queues are not stopped on the way out
/^static unsigned int start_close/,/^}/s/XNF_DO_QUIESCE | //
