# xdp.c
# A frame that a program drops takes its page along.
s/^\t\tstats->xdp_drop++;$/&\n\t\txdp->page = NULL;/
