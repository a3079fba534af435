# sleep.c
# The kernel that loaded the image has watched the same, at the same address: the bus cannot.
s/^\tif (xnf_hibernating())$/\tif (!xdev)/
