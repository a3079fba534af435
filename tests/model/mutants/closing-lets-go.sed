# the backend is Closing: rings are taken back already
/^static unsigned int closing_backend/,/^}/{/hs->phase = XNF_HS_CLOSED;/d;s/return todo | write_closed(hs);/return todo | write_closed(hs) | released(hs);/}
