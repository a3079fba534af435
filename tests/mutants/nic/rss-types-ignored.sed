# rss.c
# What the admin said is to be hashed is not told to the backend.
s/^\t\t\t   types & rss->set.types, NULL);$/\t\t\t   types, NULL);/
