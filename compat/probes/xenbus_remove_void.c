/* xenbus_driver.remove returns void.
 * Upstream v6.2 (7cffcade57a4); in 6.1-stable and RHEL 9 too. */
#include <xen/xenbus.h>

void xnf_remove_xenbus_remove_void(struct xenbus_device *dev);
struct xenbus_driver xnf_probe_xenbus_remove_void = { .remove = xnf_remove_xenbus_remove_void };
