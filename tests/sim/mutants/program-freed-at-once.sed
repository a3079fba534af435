# xdp.c
# Memory of a program's queue goes without a grace period.
s/^\tsynchronize_net();$//
