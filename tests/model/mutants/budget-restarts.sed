# each step of the backend buys it more time
/^static unsigned int closing_backend/,/^}/s/return todo | write_closed(hs);/return todo | write_closed(hs) | XNF_DO_WAIT;/
