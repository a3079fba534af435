// SPDX-License-Identifier: GPL-2.0
/*
 * Devices and drivers.
 *
 * Follows drivers/base/{core,bus,dd}.c: device_lock is held over probe and
 * remove; device_unregister() releases the driver first; driver_unregister()
 * detaches one device after the other.  device_lock has no lock order
 * (novalidate).  Leaves out deferred probing, parents, links.
 */
#include <sim/dev.h>

static struct sim_class device_class = { .name = "device_lock", .novalidate = true };

struct device *get_device(struct device *dev)
{
	if (dev)
		dev->refs++;
	return dev;
}

void put_device(struct device *dev)
{
	sim_point();
	if (!dev || --dev->refs)
		return;
	if (dev->release)
		dev->release(dev);
}

static void unbind_locked(struct device *dev)
{
	if (!dev->driver)
		return;
	dev->bus->remove(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
}

static int probe_locked(struct device *dev, struct device_driver *drv)
{
	int err;

	dev->driver = drv;
	err = dev->bus->probe(dev);
	if (err) {
		dev->driver = NULL;
		dev->driver_data = NULL;
	}
	return err;
}

/* Return: 1 if a driver was bound. */
int device_attach(struct device *dev)
{
	struct device_driver *drv;
	int bound = 0;

	device_lock(dev);
	if (dev->registered && !dev->driver)
		list_for_each_entry(drv, &dev->bus->drivers, node)
			if (dev->bus->match(dev, drv)) {
				bound = !probe_locked(dev, drv);
				break;
			}
	device_unlock(dev);
	return bound;
}

int device_register(struct device *dev)
{
	sim_mutex_init(&dev->mutex, &device_class);
	dev->refs = 1;
	dev->registered = true;
	list_add_tail(&dev->node, &dev->bus->devices);
	get_device(dev);
	device_attach(dev);
	return 0;
}

void device_release_driver(struct device *dev)
{
	device_lock(dev);
	unbind_locked(dev);
	device_unlock(dev);
}

/* device_del() takes the lock to mark it dead, then once more to release. */
void device_unregister(struct device *dev)
{
	device_lock(dev);
	if (!dev->registered) {
		device_unlock(dev);
		put_device(dev);
		return;
	}
	dev->registered = false;
	device_unlock(dev);
	list_del(&dev->node);
	device_release_driver(dev);
	put_device(dev);
	put_device(dev);
}

int driver_register(struct device_driver *drv)
{
	list_add_tail(&drv->node, &drv->bus->drivers);
	return driver_attach(drv);
}

/* The next device of @drv's bus behind @nr, with a reference, or NULL. */
static struct device *nth_device(struct device_driver *drv, unsigned int nr,
				 bool bound)
{
	struct device *dev;

	list_for_each_entry(dev, &drv->bus->devices, node)
		if ((!bound || dev->driver == drv) && !nr--)
			return get_device(dev);
	return NULL;
}

int driver_attach(struct device_driver *drv)
{
	struct device *dev;
	unsigned int i;

	for (i = 0; (dev = nth_device(drv, i, false)); i++) {
		if (drv->bus->match(dev, drv)) {
			device_lock(dev);
			if (dev->registered && !dev->driver)
				probe_locked(dev, drv);
			device_unlock(dev);
		}
		put_device(dev);
	}
	return 0;
}

int driver_for_each_device(struct device_driver *drv, struct device *start,
			   void *data, int (*fn)(struct device *, void *))
{
	struct device *dev;
	unsigned int i;
	int ret = 0;

	(void)start;
	for (i = 0; !ret && (dev = nth_device(drv, i, true)); i++) {
		ret = fn(dev, data);
		put_device(dev);
	}
	return ret;
}

void driver_unregister(struct device_driver *drv)
{
	struct device *dev;

	while ((dev = nth_device(drv, 0, true))) {
		device_lock(dev);
		if (dev->driver == drv)
			unbind_locked(dev);
		device_unlock(dev);
		put_device(dev);
	}
	list_del(&drv->node);
}
