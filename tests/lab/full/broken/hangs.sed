# bus.c
# Probe has no end, and cannot be killed; the device's lock is held for as long as the kernel runs.
1i#include <linux/delay.h>
/^\tif (xnf_unloading())$/i\
	while (xdev)\
		msleep(1000);
