# netdev.c
# Tagged frames are said to be finished by the backend, which drops them.
s/^\tdev->vlan_features = NETIF_F_SG;$/\tdev->vlan_features = dev->features \& ~NETIF_F_RXHASH;/
