# rx.c
# A page that went to the stack is reused while the stack still has it.
s/^\tif (page_count(page) != 1)$/\tif (0)/
