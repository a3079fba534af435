/* xenbus_read_driver_state(dev, path).  Upstream 2026; in 7.x stable, not in 6.12. */
#include <xen/xenbus.h>

enum xenbus_state (*xnf_probe_xenbus_read_driver_state_dev)(const struct xenbus_device *, const char *) = xenbus_read_driver_state;
