# sleep.c
# An image is made with rings that are shared: it wakes with ports that its domain does not have.
s/^\tif (!xnf_hibernating())$/\tif (xdev)/
