# each step of the backend buys it more time
/^static unsigned int hs_closing_backend/,/^}/s/return todo | hs_write_closed(hs);/return todo | hs_write_closed(hs) | XNF_DO_WAIT;/
