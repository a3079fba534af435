# Without the look after the announcement, a late Connected that hides a detach keeps it waiting
/^static unsigned int hs_up_backend/,/^}/s/return XNF_DO_ANNOUNCE | XNF_DO_LOOK;/return XNF_DO_ANNOUNCE;/
