/* xenbus_driver.freeze, .thaw and .restore, for sleeps of the guest alone.
 * Amazon's kernels and Ubuntu's for AWS; never upstream. */
#include <xen/xenbus.h>

int xnf_sleeps_xenbus_sleep_int(struct xenbus_device *dev);
struct xenbus_driver xnf_probe_xenbus_sleep_int = {
	.freeze = xnf_sleeps_xenbus_sleep_int,
	.thaw = xnf_sleeps_xenbus_sleep_int,
	.restore = xnf_sleeps_xenbus_sleep_int,
};
