# xdp.c
# The backend is not told when the last program goes.
s/^\tif (!prog != !old)$/\tif (prog \&\& !old)/
