# Connected written over the toolstack's Closing keeps a detach waiting
/^static unsigned int up_backend/,/^}/s/return online ? 0 : start_close(hs);/(void)online;\n\t\treturn 0;/
