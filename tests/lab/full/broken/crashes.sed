# bus.c
# Probe ends the process that asked for it; the device's lock is held for as long as the kernel
# runs.
/^\tif (xnf_unloading())$/i\
	BUG_ON(xdev);
