# the way out has no timer
/^static unsigned int start_close/,/^}/s/ | XNF_DO_WAIT//
