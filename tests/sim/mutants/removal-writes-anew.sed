# bus.c
# A device that is removed because it is gone writes into the folder of the next one.
s/^\txnf_publish_removal(info);$//
