# main.c
# After a sleep the driver takes both ends' Connected at its word.
s/^\trenew(info, XNF_EV_RESET, "backend on other rings");$//
