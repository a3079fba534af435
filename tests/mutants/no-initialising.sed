# steps.c
# Load does not switch to Initialising, at once or with a later look, so the backend stays Closed:
# the second of the two seed faults.
s/^\t\txnf_write_state(info, XenbusStateInitialising);$/\t\t;/
s/^\treturn (enum xnf_xs)info->written_state == info->hs.own;$/\treturn true;/
