# the way out has no timer
/^static unsigned int write_closing/,/^}/s/ | XNF_DO_WAIT//
