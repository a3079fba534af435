# txref.c
# A page for the transmit path may sleep, under a spin lock.
s/alloc_page(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO)/alloc_page(GFP_KERNEL | __GFP_ZERO)/
