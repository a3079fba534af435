/* Must not compile: a wrong pointer type has to be an error, or signature probes mean nothing. */
#include <linux/types.h>

static int xnf_taken(const u8 *data);
int (*xnf_control_type)(u64 *data, int *len) = xnf_taken;
