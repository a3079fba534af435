# the way out has no timer
/^static unsigned int hs_write_closing/,/^}/s/ | XNF_DO_WAIT//
