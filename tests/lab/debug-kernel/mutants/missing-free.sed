# rx.c
# What a queue's receive side allocated stays at unload: kmemleak.
/^void xnf_rx_destroy/,/^}/s/^\tkvfree(q->rx_slots);$//
