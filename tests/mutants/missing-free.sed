# queue.c
# The transmit ring's page and grant are not taken back: a page and a grant are lost with each
# connection.
s/^\t\tq->info->kept += !xnf_grant_page_end(&page, &q->tx_ring_ref);$/\t\t;/
