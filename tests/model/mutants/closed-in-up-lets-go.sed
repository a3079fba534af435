# a Closed that may be older than our Connected ends the connection at once
/^static unsigned int hs_up_backend/,/^}/{/case XNF_XS_CLOSED:/,/return hs_start_close(hs);/s/return hs_start_close(hs);/return XNF_DO_QUIESCE | hs_write_closed(hs) | hs_release(hs) | hs_retry(hs);/}
