# a migration does not end the old connection
/^static unsigned int in_up/,/^}/{/case XNF_EV_RESUME:/,/return/s/return .*;/return 0;/}
