# handshake.c
# A change of the number of queues goes the way of a fault: carrier off, queues stopped at once.
s/^\t\treturn start_renewal(hs);$/\t\treturn start_close(hs);/
