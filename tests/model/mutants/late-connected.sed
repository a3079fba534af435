# Connected written over the toolstack's Closing keeps a detach waiting
/^static unsigned int up_backend/,/^}/{/if (!online)/,/return start_close(hs);/d;s/switch (backend) {/(void)online;\n\t&/}
