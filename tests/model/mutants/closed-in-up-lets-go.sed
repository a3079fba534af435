# a Closed that may be older than our Connected ends the connection at once
/^static unsigned int up_backend/,/^}/{/case XNF_XS_CLOSED:/,/return start_close(hs);/s/return start_close(hs);/return XNF_DO_QUIESCE | write_closed(hs) | released(hs) | retry(hs);/}
