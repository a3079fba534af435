# rx.c
# The slots are freed before they are looked through: KASAN, use-after-free.
/^void xnf_rx_destroy/,/^}/s/^\ttimer_delete_sync(&q->refill_timer);$/&\n\tkvfree(q->rx_slots);/
