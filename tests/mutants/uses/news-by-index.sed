# wire.h
# An event on the control ring is news whenever the backend's index is another one than last time.
s/^\treturn prod == awaited && heard != awaited;$/\t(void)awaited;\n\treturn prod != heard;/
