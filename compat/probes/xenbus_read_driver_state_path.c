/* xenbus_read_driver_state(path).  Upstream until 2026. */
#include <xen/xenbus.h>

enum xenbus_state (*xnf_probe_xenbus_read_driver_state_path)(const char *) = xenbus_read_driver_state;
