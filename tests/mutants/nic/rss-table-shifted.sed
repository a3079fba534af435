# rss.c
# The backend gets another table than the one that is shown.
/^static int rss_set_table/,/^}/s/^\t\ttable\[i\] = rss_queue(info, i);$/\t\ttable[i] = rss_queue(info, i + 1);/
