# handshake.c
# A change of the number of queues goes the way of a fault: carrier off, queues stopped at once.
s/^\t\treturn hs_start_renewal(hs);$/\t\treturn hs_start_close(hs);/
