# txdone.c
# The page of a fragment goes back to its owner while its grant stands.
s/ended = xnf_grant_end(&q->tx_refs\[slot->ref\], slot->page);/ended = true;/
