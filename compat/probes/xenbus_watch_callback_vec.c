/* Watch callbacks get (watch, vec, len).  Upstream before v4.11; RHEL 7. */
#include <xen/xenbus.h>

void xnf_fired_xenbus_watch_callback_vec(struct xenbus_watch *watch, const char **vec, unsigned int len);
struct xenbus_watch xnf_probe_xenbus_watch_callback_vec = { .callback = xnf_fired_xenbus_watch_callback_vec };
