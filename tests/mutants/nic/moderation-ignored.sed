# queue.c
# Interrupt moderation is kept and not obeyed.
s/^\t\*recheck_us = done ? READ_ONCE(q->info->rx_usecs) : 0;$/\t*recheck_us = 0;/
