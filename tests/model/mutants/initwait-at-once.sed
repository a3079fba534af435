# an InitWait that we did not ask for is taken up at once
/^static unsigned int hs_down_backend/,/^}/{/case XNF_XS_INITWAIT:/,/case XNF_XS_CLOSING:/{/if (!timeout)/,/return hs_retry(hs);/d}}
