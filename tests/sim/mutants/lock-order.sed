# steps.c
# A step takes its own lock first and rtnl then; ethtool comes with rtnl.
/^void xnf_lock(struct xnf_info \*info)$/,/^}/{
s/^\trtnl_lock();$/\tmutex_lock(\&info->lock);/
t
s/^\tmutex_lock(&info->lock);$/\trtnl_lock();/
}
