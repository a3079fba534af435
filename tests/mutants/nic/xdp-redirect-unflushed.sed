# xdp.c
# Frames that a program redirects are not handed over at the end of a poll.
s/^\t\txdp_do_flush();$/\t\t;/
