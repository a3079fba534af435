# queue.c
# The transmit ring's page and grant are not taken back: a page and a grant are lost with each
# connection.
/^\t\tq->info->pages_still_mapped +=$/{N;s/^.*&q->tx_ring_ref);$/\t\t;/}
