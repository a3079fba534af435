# a migration does not end the old connection
/^static unsigned int hs_in_up/,/^}/{/case XNF_EV_RESUME:/,/return/s/return .*;/return 0;/}
