# link.c
# The backend's carrier key is read and has no say.
s/^\tlink->backend_carrier_off = link->backend_watch &&$/\tlink->backend_carrier_off = false \&\&/
