# seed: after a reload nobody writes Initialising, both ends stay Closed
/case XNF_EV_PROBE:/,/return/s/return hs_write_initialising(hs);/return 0;/
