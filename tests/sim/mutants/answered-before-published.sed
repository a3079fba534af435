# txring.h
# D3: an id counts as out from when it is taken, so a backend that answers ahead ends a packet that
# is half built.
s/^\tq->tx_slots\[id\]\.ref = ref;/&\n\tq->tx_slots[id].out = true;/
