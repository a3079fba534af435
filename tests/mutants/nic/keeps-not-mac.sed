# netdev.c
# A move puts the toolstack's address over the one that the admin chose.
s/^\tfollow = !ether_addr_equal(mac, info->xenstore_mac) &&$/\tfollow = !ether_addr_equal(mac, dev->dev_addr);/
/^\t\t ether_addr_equal(dev->dev_addr, info->xenstore_mac);$/d
