# tx.c
# A frame that asks for a sum which the backend does not know is sent as it is.
/^static int tx_finish_checksum/,/^}/s/^\t    likely(tx_backend_finishes(q->info, skb)))$/\t    true)/
