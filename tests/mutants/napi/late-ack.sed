# queue.c
# A fifth of a millisecond more before events are acknowledged, as a hypervisor may take from a
# guest at any moment.
/^static void queue_eoi(/,/^}/s/^	if (!.*q->\(eoi\|seen\|eoi_due\))*$/	udelay(200);\n&/
s/^#include <linux\/interrupt.h>$/#include <linux\/delay.h>\n&/
