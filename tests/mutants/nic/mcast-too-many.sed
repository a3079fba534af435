# multicast.c
# The filter stays on when it should go.
s/^\t\tmcast_switch(info, false);$//
