# wire.h
# The id of a transmit response is not checked against the size of the ring.
s/return id < ring_size ? XNF_WIRE_OK : XNF_WIRE_TX_ID;/(void)id; (void)ring_size; return XNF_WIRE_OK;/
