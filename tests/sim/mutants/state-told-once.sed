# steps.c
# A state that cannot be written when it is due, for want of memory, is never written: both ends
# wait for each other.
s/^\t\t\tevent = steps_write_again(info, event);$/\t\t\t;/
