# rx.c
# One slot too many is filled in: KASAN, slab-out-of-bounds.
/^int xnf_rx_create/,/^}/s/i < XNF_RX_RING_SIZE; i++)$/i <= XNF_RX_RING_SIZE; i++)/
