/* Watch callbacks get (watch, path, token).  Upstream v4.11 (5584ea250ae4). */
#include <xen/xenbus.h>

void xnf_fired_xenbus_watch_callback_path(struct xenbus_watch *watch, const char *path, const char *token);
struct xenbus_watch xnf_probe_xenbus_watch_callback_path = { .callback = xnf_fired_xenbus_watch_callback_path };
