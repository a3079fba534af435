/* SPDX-License-Identifier: GPL-2.0 */
/* <xen/xenbus.h>, <xen/platform_pci.h> */
#ifndef XNF_SHIM_XENBUS_H
#define XNF_SHIM_XENBUS_H

#include <linux/module.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

/* Name under which the driver registers; src/Kbuild changes it beside a built-in driver. */
#ifndef XNF_DRIVER_NAME
#define XNF_DRIVER_NAME "vif"
#define XNF_BESIDE_BUILTIN 0
#endif

/* .remove = xenbus_remove_op(xnf_remove), with void xnf_remove(struct xenbus_device *). */
#if XNF_HAS_xenbus_remove_void
#define xenbus_remove_op(fn) fn
#elif XNF_HAS_xenbus_remove_int
void xnf_remove(struct xenbus_device *dev);
static inline int xnf_remove_int(struct xenbus_device *dev)
{
	xnf_remove(dev);
	return 0;
}
#define xenbus_remove_op(fn) fn##_int
#else
#error "xen-netfront: no known form of xenbus_driver.remove in this kernel"
#endif

/*
 * Members of struct xenbus_driver that the kernel lacks: the driver fills in a larger struct that
 * starts with the kernel's (an unnamed member, hence -fms-extensions in src/Kbuild).  A flag that
 * the kernel does not know has no effect there.
 */
#if !XNF_HAS_xenbus_driver_name || !XNF_HAS_xenbus_driver_allow_rebind || \
	!XNF_HAS_xenbus_driver_not_essential
struct xnf_xenbus_driver {
	struct xenbus_driver;
#if !XNF_HAS_xenbus_driver_name
	const char *name;
#endif
#if !XNF_HAS_xenbus_driver_allow_rebind
	bool allow_rebind;
#endif
#if !XNF_HAS_xenbus_driver_not_essential
	bool not_essential;
#endif
};

static inline int xnf_xenbus_register_frontend(struct xnf_xenbus_driver *drv,
					       struct module *owner, const char *mod_name)
{
	struct xenbus_driver *kernel = (struct xenbus_driver *)drv;

	BUILD_BUG_ON(offsetof(struct xnf_xenbus_driver, driver) !=
		     offsetof(struct xenbus_driver, driver));
#if !XNF_HAS_xenbus_driver_name
	kernel->driver.name = drv->name ? drv->name : drv->ids->devicetype;
#endif
#if XNF_HAS___xenbus_register_frontend
	return __xenbus_register_frontend(kernel, owner, mod_name);
#else
	kernel->driver.owner = owner;
	kernel->driver.mod_name = mod_name;
	return xenbus_register_frontend(kernel);
#endif
}

static inline void xnf_xenbus_unregister_driver(struct xnf_xenbus_driver *drv)
{
	xenbus_unregister_driver((struct xenbus_driver *)drv);
}

#undef xenbus_driver
#define xenbus_driver xnf_xenbus_driver
#define __xenbus_register_frontend xnf_xenbus_register_frontend
#undef xenbus_unregister_driver
#define xenbus_unregister_driver xnf_xenbus_unregister_driver
#endif

/* The state that an end wrote to xenstore; the device tells a vanished end from a new one. */
#if XNF_HAS_xenbus_read_driver_state_path
static inline enum xenbus_state xnf_xenbus_read_driver_state(const struct xenbus_device *dev,
							     const char *path)
{
	return xenbus_read_driver_state(path);
}
#undef xenbus_read_driver_state
#define xenbus_read_driver_state xnf_xenbus_read_driver_state
#elif !XNF_HAS_xenbus_read_driver_state_dev
#error "xen-netfront: no known form of xenbus_read_driver_state() in this kernel"
#endif

/*
 * Sleeps of the guest alone: some vendors' buses tell freeze, thaw and restore apart from the
 * suspend and resume of a whole domain.
 */
#if XNF_HAS_xenbus_sleep_int
#define XNF_XENBUS_SLEEP_OPS .freeze = xnf_freeze, .thaw = xnf_resume, .restore = xnf_resume,
#else
#define XNF_XENBUS_SLEEP_OPS
#endif

/* True if xenbus noticed that the device went away behind the driver's back. */
static inline bool xnf_xenbus_vanished(const struct xenbus_device *dev)
{
#if XNF_HAS_xenbus_device_vanished
	return dev->vanished;
#else
	return false;
#endif
}

/* An HVM guest keeps the emulated network cards unless it asked for these to be unplugged. */
#if !XNF_HAS_xen_has_pv_nic_devices
static inline bool xen_has_pv_nic_devices(void)
{
	return !xen_hvm_domain() || xen_platform_pci_unplug;
}
#endif

#if !XNF_HAS_xenbus_read_unsigned
static inline unsigned int xenbus_read_unsigned(const char *dir, const char *node,
						unsigned int default_val)
{
	unsigned int val;

	return xenbus_scanf(XBT_NIL, dir, node, "%u", &val) == 1 ? val : default_val;
}
#endif

/*
 * Watch callbacks: the name of each callback of the driver is a macro that gives the definition
 * the kernel's parameters.  No callback may use path or token.
 */
#if XNF_HAS_xenbus_watch_callback_vec
#define xnf_watch_fired(watch, path, token) \
	xnf_watch_fired(watch, const char **vec, unsigned int len)
#elif !XNF_HAS_xenbus_watch_callback_path
#error "xen-netfront: no known form of xenbus_watch.callback in this kernel"
#endif

#endif
