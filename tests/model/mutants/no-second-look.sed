# Closing is written, but the backend's present state is not looked at
s/ | XNF_DO_LOOK//
