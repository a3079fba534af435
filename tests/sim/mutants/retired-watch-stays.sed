# link.c
# A watch that is retired is never removed, and fires into text that is gone.
/^void xnf_link_remove_retired(void)$/,/^}/s/^\tlink = retired;$/\tlink = NULL;/
