/* xenbus_driver.remove returns int.  Upstream before v6.2. */
#include <xen/xenbus.h>

int xnf_remove_xenbus_remove_int(struct xenbus_device *dev);
struct xenbus_driver xnf_probe_xenbus_remove_int = { .remove = xnf_remove_xenbus_remove_int };
