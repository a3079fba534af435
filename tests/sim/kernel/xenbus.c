// SPDX-License-Identifier: GPL-2.0
/*
 * The bus of frontends: devices come and go with their folders, drivers probe
 * and remove, the domain suspends.
 *
 * Follows drivers/xen/xenbus/xenbus_{probe,probe_frontend,client}.c of 7.3,
 * its vanished rule for half of the seeds, and do_suspend() of drivers/xen/manage.c.  Leaves
 * out the wait for devices at boot, backends, attributes, the reclaim
 * semaphore, and shutdown.
 */
#include <sim/peer.h>

static struct xenbus_watch fe_watch, shutdown_watch;

#define to_xenbus(d)	container_of(d, struct xenbus_device, dev)
#define to_driver(d)	container_of(d, struct xenbus_driver, driver)

static void otherend_changed(struct xenbus_watch *w, const char *path, const char *token);

/* From 7.0 on: a device that vanished, or was replaced, is known for it. */
static bool is_new(void)
{
	return sim_config.seed % 4 >= 2;
}

enum xenbus_state xenbus_read_driver_state(const struct xenbus_device *dev,
					   const char *path)
{
	if (dev && dev->vanished)
		return XenbusStateUnknown;
	return xenbus_read_unsigned(path, "state", XenbusStateUnknown);
}

int xenbus_switch_state(struct xenbus_device *dev, enum xenbus_state new_state)
{
	struct xenbus_transaction xbt;
	bool abort;
	int err;

	if (dev->vanished || dev->state == new_state)
		return 0;
	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			return err;
		abort = !xenbus_exists(xbt, dev->nodename, "state");
		if (!abort)
			xenbus_printf(xbt, dev->nodename, "state", "%d", new_state);
		if (!abort)
			dev->state = new_state;
		err = xenbus_transaction_end(xbt, abort);
	} while (err == -EAGAIN && !abort);
	return 0;
}

/* --- the other end */
static void free_otherend_details(struct xenbus_device *dev)
{
	kfree(dev->otherend);
	dev->otherend = NULL;
}

static void free_otherend_watch(struct xenbus_device *dev)
{
	if (!dev->otherend_watch.node)
		return;
	unregister_xenbus_watch(&dev->otherend_watch);
	kfree(dev->otherend_watch.node);
	dev->otherend_watch.node = NULL;
}

static int talk_to_otherend(struct xenbus_device *dev)
{
	unsigned int id;
	char *path;

	free_otherend_watch(dev);
	free_otherend_details(dev);
	id = xenbus_read_unsigned(dev->nodename, "backend-id", ~0u);
	path = xenbus_read(XBT_NIL, dev->nodename, "backend", NULL);
	if (IS_ERR(path))
		return PTR_ERR(path);
	if (id == ~0u || !*path || !xenbus_exists(XBT_NIL, path, "")) {
		kfree(path);
		return -ENOENT;
	}
	dev->otherend = path;
	dev->otherend_id = id;
	return 0;
}

static int watch_otherend(struct xenbus_device *dev)
{
	int err;

	memset(&dev->otherend_watch, 0, sizeof(dev->otherend_watch));
	dev->otherend_watch.node = kasprintf(GFP_KERNEL | __GFP_NOFAIL, "%s/state", dev->otherend);
	dev->otherend_watch.callback = otherend_changed;
	err = register_xenbus_watch(&dev->otherend_watch);
	if (err) {
		kfree(dev->otherend_watch.node);
		dev->otherend_watch.node = NULL;
	}
	return err;
}

static void otherend_changed(struct xenbus_watch *w, const char *path, const char *token)
{
	struct xenbus_device *dev = container_of(w, struct xenbus_device, otherend_watch);
	struct xenbus_driver *drv;
	enum xenbus_state state;

	(void)token;
	if (!dev->dev.driver || !dev->otherend ||
	    strncmp(dev->otherend, path, strlen(dev->otherend)))
		return;
	drv = to_driver(dev->dev.driver);
	state = xenbus_read_driver_state(dev, dev->otherend);
	sim_log("bus: backend is %d", state);
	if (drv->otherend_changed)
		drv->otherend_changed(dev, state);
}

/* --- drivers */
static const struct xenbus_device_id *match_device(const struct xenbus_device_id *arr,
						   struct xenbus_device *dev)
{
	for (; *arr->devicetype; arr++)
		if (!strcmp(arr->devicetype, dev->devicetype))
			return arr;
	return NULL;
}

static int bus_match(struct device *d, struct device_driver *drv)
{
	return to_driver(drv)->ids && match_device(to_driver(drv)->ids, to_xenbus(d));
}

static int dev_probe(struct device *d)
{
	struct xenbus_device *dev = to_xenbus(d);
	struct xenbus_driver *drv = to_driver(d->driver);
	const struct xenbus_device_id *id = match_device(drv->ids, dev);
	int err;

	if (!id)
		return -ENODEV;
	err = talk_to_otherend(dev);
	if (err)
		return err;
	err = drv->probe(dev, id);
	if (!err) {
		err = watch_otherend(dev);
		/*
		 * Buses of 6.x, and what was backported to 5.15; those before leave it to nobody.
		 */
		if (err && sim_config.seed % 2)
			drv->remove(dev);
	}
	sim_log("bus: probe of %s: %d", dev->nodename, err);
	return err;
}

static void dev_remove(struct device *d)
{
	struct xenbus_device *dev = to_xenbus(d);
	struct xenbus_driver *drv = to_driver(d->driver);

	free_otherend_watch(dev);
	if (drv->remove)
		drv->remove(dev);
	free_otherend_details(dev);
	if (!drv->allow_rebind ||
	    xenbus_read_driver_state(dev, dev->nodename) == XenbusStateClosing)
		xenbus_switch_state(dev, XenbusStateClosed);
	sim_log("bus: removed %s", dev->nodename);
}

static struct bus_type frontend_bus = {
	.name = "xen",
	.match = bus_match,
	.probe = dev_probe,
	.remove = dev_remove,
	.devices = LIST_HEAD_INIT(frontend_bus.devices),
	.drivers = LIST_HEAD_INIT(frontend_bus.drivers),
};

int __xenbus_register_frontend(struct xenbus_driver *drv, struct module *owner,
			       const char *mod_name)
{
	drv->driver.name = drv->name ?: drv->ids[0].devicetype;
	drv->driver.bus = &frontend_bus;
	drv->driver.owner = owner;
	drv->driver.mod_name = mod_name;
	return driver_register(&drv->driver);
}

void xenbus_unregister_driver(struct xenbus_driver *drv)
{
	driver_unregister(&drv->driver);
}

/* --- devices */
static void device_is_released(struct device *d)
{
	struct xenbus_device *dev = to_xenbus(d);

	if (d->driver)
		sim_fail("accounting", "a device is freed with its driver bound");
	/* After a probe that failed; the kernel loses it. */
	kfree(dev->otherend);
	kfree(dev->nodename);
	kfree(dev);
}

static struct xenbus_device *find_device(const char *nodename)
{
	struct device *d;

	list_for_each_entry(d, &frontend_bus.devices, node)
		if (!strcmp(to_xenbus(d)->nodename, nodename)) {
			get_device(d);
			return to_xenbus(d);
		}
	return NULL;
}

static void probe_node(const char *nodename)
{
	struct xenbus_device *dev;

	if (xenbus_read_driver_state(NULL, nodename) != XenbusStateInitialising)
		return;
	dev = kzalloc(sizeof(*dev), GFP_KERNEL | __GFP_NOFAIL);
	dev->state = XenbusStateInitialising;
	dev->devicetype = "vif";
	dev->nodename = kstrdup(nodename, GFP_KERNEL | __GFP_NOFAIL);
	init_completion(&dev->down);
	dev->dev.bus = &frontend_bus;
	dev->dev.release = device_is_released;
	snprintf(dev->dev.name, sizeof(dev->dev.name), "vif-%s", strrchr(nodename, '/') + 1);
	sim_log("bus: new device %s", nodename);
	device_register(&dev->dev);
}

static void cleanup_device(struct xenbus_device *dev)
{
	sim_log("bus: device %s goes", dev->nodename);
	dev->vanished = is_new();
	device_unregister(&dev->dev);
}

/* Is there another device in the place of this one? */
static bool was_replaced(struct xenbus_device *dev)
{
	unsigned int backend;

	if (xenbus_read_driver_state(NULL, dev->nodename) != XenbusStateInitialising)
		return false;
	backend = xenbus_read_unsigned(dev->nodename, "backend-id", dev->otherend_id);
	return dev->state != XenbusStateInitialising ||
	       backend != (unsigned int)dev->otherend_id;
}

static void node_changed(const char *node)
{
	struct xenbus_device *dev;
	char root[64], *slash;

	snprintf(root, sizeof(root), "%s", node);
	slash = strchr(strchr(strchr(root, '/') + 1, '/') + 1, '/');
	if (slash)
		*slash = '\0';
	dev = find_device(root);
	if (!xenbus_exists(XBT_NIL, node, "")) {
		if (dev && !slash)
			cleanup_device(dev);
		goto out;
	}
	if (dev && is_new() && was_replaced(dev)) {
		cleanup_device(dev);
		put_device(&dev->dev);
		dev = NULL;
	}
	if (!dev)
		probe_node(root);
out:
	if (dev)
		put_device(&dev->dev);
}

static void frontend_changed(struct xenbus_watch *w, const char *path, const char *token)
{
	unsigned int i, slashes = 0;

	(void)w;
	(void)token;
	for (i = 0; path[i]; i++)
		slashes += path[i] == '/';
	if (slashes >= 2)
		node_changed(path);
}

/* The bus comes up after the toolstack made the domain: what is there is probed. */
static void enumerate(void)
{
	char path[64];
	unsigned int i, n;
	char **names = xenbus_directory(XBT_NIL, "device", "vif", &n);

	if (IS_ERR(names))
		return;
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "device/vif/%s", names[i]);
		probe_node(path);
	}
	kfree(names);
}

/* --- a suspend by Xen */
static void each_device(void (*fn)(struct device *d))
{
	struct device *d, *next;

	list_for_each_entry_safe(d, next, &frontend_bus.devices, node) {
		get_device(d);
		device_lock(d);
		if (d->driver)
			fn(d);
		device_unlock(d);
		put_device(d);
	}
}

static void dev_suspend(struct device *d)
{
	struct xenbus_driver *drv = to_driver(d->driver);

	if (drv->suspend)
		drv->suspend(to_xenbus(d));
}

/* The guest wakes from an image that was loaded by a kernel with the same addresses. */
static bool loaded_by_twin;

static void twin_has_watched(struct xenbus_device *dev)
{
	char state[80];

	snprintf(state, sizeof(state), "%s/state", dev->otherend);
	sim_xs_leave_watch(&dev->otherend_watch, state);
}

static void dev_resume(struct device *d)
{
	struct xenbus_driver *drv = to_driver(d->driver);
	struct xenbus_device *dev = to_xenbus(d);
	int err = talk_to_otherend(dev);

	if (err) {
		sim_log("bus: resume: talk_to_otherend: %d", err);
		return;
	}
	dev->state = XenbusStateInitialising;
	if (loaded_by_twin)
		twin_has_watched(dev);
	if (drv->resume)
		err = drv->resume(dev);
	if (!err) {
		err = watch_otherend(dev);
		/*
		 * xenbus_dev_fatal().  Left out in a probe: there the newest bus may then
		 * take the state from before for another device's, and remove this one.
		 */
		if (err)
			xenbus_switch_state(dev, XenbusStateClosing);
	}
	sim_log("bus: resume of %s: %d", dev->nodename, err);
}

static bool suspend_was_cancelled;

/*
 * xen_suspend(): what the kernel prints meanwhile goes to netconsole as ever, also
 * in gnttab_resume(), before the grant table is mapped again.
 */
static void suspend_core(void)
{
	sim_syscore_suspend();
	sim_grants_map(false);
	suspend_was_cancelled = sim_toolstack_suspended();
	sim_print();
	sim_grants_map(true);
	sim_syscore_resume();
}

static void do_suspend(void)
{
	if (freeze_processes()) {
		sim_log("suspend: tasks do not freeze");
		return;
	}
	if (freeze_kernel_threads()) {
		sim_log("suspend: works do not freeze");
		return;
	}
	sim_log("suspend: devices");
	each_device(dev_suspend);
	xs_suspend();
	sim_stop_machine(suspend_core);
	sim_log("suspend: %s", suspend_was_cancelled ? "cancelled" : "woke up on another host");
	if (suspend_was_cancelled)
		xs_suspend_cancel();
	else
		xs_resume();
	if (!suspend_was_cancelled)
		each_device(dev_resume);
	thaw_processes();
	sim_log("suspend: over");
}

/*
 * A sleep of the guest's own, as kernel/power/{suspend,hibernate}.c have it: who
 * is told when, and what the bus calls.  Leaves out what a kernel loses of its
 * watches over an image.
 */
void sim_pm_sleep(enum sim_sleep kind, u64 ns)
{
	bool image = kind != SIM_SLEEP_IDLE;

	sim_pm_notify(image ? PM_HIBERNATION_PREPARE : PM_SUSPEND_PREPARE);
	if (!freeze_processes() && !freeze_kernel_threads()) {
		sim_log("sleep %d: devices", kind);
		each_device(dev_suspend);
		sim_sleep_ns(ns, "the end of the sleep");
		if (kind == SIM_SLEEP_IMAGE) {
			/* Loaded in another domain, by a kernel that has let its devices go. */
			xs_suspend();
			sim_toolstack_suspended();
			sim_events_lose();
			xs_resume();
			loaded_by_twin = sim_one_in(2);
			sim_xs_twin = loaded_by_twin ? 2 : 0;
		}
		sim_log("sleep %d: woke up", kind);
		if (kind != SIM_SLEEP_IMAGE_FAILS)
			each_device(dev_resume);
		loaded_by_twin = false;
	}
	thaw_processes();
	sim_pm_notify(image ? PM_POST_HIBERNATION : PM_POST_SUSPEND);
}

static void shutdown_changed(struct xenbus_watch *w, const char *path, const char *token)
{
	char *what = xenbus_read(XBT_NIL, "control", "shutdown", NULL);
	bool suspend = !IS_ERR(what) && !strcmp(what, "suspend");

	(void)w;
	(void)path;
	(void)token;
	kfree(what);
	if (!suspend)
		return;
	xenbus_write(XBT_NIL, "control", "shutdown", "");
	do_suspend();
	xenbus_write(XBT_NIL, "control", "simulator", "resumed");
}

/* --- what sysfs does */
int sim_sysfs_unbind(const char *nodename)
{
	struct xenbus_device *dev = find_device(nodename);

	if (!dev)
		return -ENODEV;
	device_release_driver(&dev->dev);
	put_device(&dev->dev);
	return 0;
}

int sim_sysfs_bind(const char *nodename)
{
	struct xenbus_device *dev = find_device(nodename);
	int bound;

	if (!dev)
		return -ENODEV;
	bound = device_attach(&dev->dev);
	put_device(&dev->dev);
	return bound ? 0 : -ENODEV;
}

unsigned int sim_xenbus_devices(void)
{
	struct device *d;
	unsigned int n = 0;

	list_for_each_entry(d, &frontend_bus.devices, node)
		n++;
	return n;
}

void sim_xenbus_init(void)
{
	fe_watch.node = "device";
	fe_watch.callback = frontend_changed;
	shutdown_watch.node = "control/shutdown";
	shutdown_watch.callback = shutdown_changed;
	enumerate();
	register_xenbus_watch(&fe_watch);
	register_xenbus_watch(&shutdown_watch);
}
