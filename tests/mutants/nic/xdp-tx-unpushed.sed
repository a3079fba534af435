# xdp.c
# Frames that a program sends back are built and not published.
/^void xnf_xdp_flush/,/^}/s/^\t\txnf_tx_push(q);$/\t\t;/
