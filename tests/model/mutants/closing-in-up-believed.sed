# a Closing that may be older than our Connected is answered with Closed
/^static unsigned int hs_up_backend/,/^}/{/case XNF_XS_CLOSING:/,/return XNF_DO_QUIESCE/{/if (!hs->announced)/,/return hs_start_close(hs);/d}}
