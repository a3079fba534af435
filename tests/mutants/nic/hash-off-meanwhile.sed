# rss.c
# The hash counts as off from each connect until the backend was told (K3).
s/^\tWRITE_ONCE(info->rss.on, info->agreed.ctrl \&\& rss_wanted(info));$/\tWRITE_ONCE(info->rss.on, false);/
