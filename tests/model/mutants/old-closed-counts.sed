# a Closed from before our Closing counts as letting go
/^static unsigned int hs_is_old_closed/,/^}/s/return .*;/return hs->announced > 1;/
