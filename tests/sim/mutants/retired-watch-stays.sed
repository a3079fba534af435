# link.c
# A watch that is retired is never removed, and fires into text that is gone.
/^void xnf_link_exit(void)$/,/^}/s/^\txnf_link_remove_retired();$//
/^static void xnf_watch_fired/,/^}/s/^\txnf_link_remove_retired();$//
