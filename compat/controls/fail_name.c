/* Must not compile: a call of something undeclared has to be an error. */
#include <linux/types.h>

int xnf_control_name(u64 *data);
int xnf_control_name(u64 *data)
{
	return xnf_no_kernel_has_this(data);
}
