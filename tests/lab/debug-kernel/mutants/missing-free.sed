# rx.c
# What a queue's receive side allocated stays at unload: kmemleak.
/^void xnf_rx_free_old/,/^}/s/^\tkvfree(q->old_slots);$//
