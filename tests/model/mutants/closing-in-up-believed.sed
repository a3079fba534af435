# a Closing that may be older than our Connected is answered with Closed
/^static unsigned int up_backend/,/^}/{/if (!hs->announced)/,/return start_close(hs);/d}
