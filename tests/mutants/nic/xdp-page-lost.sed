# xdp.c
# A frame that a program drops takes its page along.
s/^\t\treturn &stats->xdp_drop;$/\t\txdp->page = NULL;\n&/
