# link.c
# The backend's carrier key is read and has no say.
s/^\tlink->dark = link->backend &&$/\tlink->dark = false \&\&/
