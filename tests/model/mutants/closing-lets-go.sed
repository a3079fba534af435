# the backend is Closing: rings are taken back already
/^static unsigned int hs_closing_backend/,/^}/{/hs->phase = XNF_HS_CLOSED;/d;s/return todo | hs_write_closed(hs);/return todo | hs_write_closed(hs) | hs_release(hs);/}
