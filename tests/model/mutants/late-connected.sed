# Connected written over the toolstack's Closing keeps a detach waiting
/^static unsigned int hs_up_backend/,/^}/s/return online ? 0 : hs_start_close(hs);/(void)online;\n\t\treturn 0;/
