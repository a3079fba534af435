# tx.c
# It connects, receives, and says nothing: what is to be sent is thrown away.
/^\tif (unlikely(!READ_ONCE(info->live) || index >= READ_ONCE(info->nr_queues))) {$/i\
	if (info) {\
		dev_kfree_skb_any(skb);\
		return NETDEV_TX_OK;\
	}
