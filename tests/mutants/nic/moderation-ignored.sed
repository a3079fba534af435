# queue.c
# Interrupt moderation is kept and not obeyed.
s/^\t\*wait = done ? READ_ONCE(q->info->rx_usecs) : 0;$/\t*wait = 0;/
