# rx.c
# The slots are freed before they are looked through: KASAN, use-after-free.
/^void xnf_rx_free_old/,/^}/s/^\tfor (i = 0; .*$/\tkvfree(q->old_slots);\n&/
