/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices, drivers, modules, power events, debugfs, tracepoints.
 *
 * Follows include/linux/{device,module,notifier,suspend,debugfs,tracepoint}.h
 * and drivers/base/{dd,bus}.c: what takes device_lock, in which order.  Leaves
 * out sysfs, deferred and asynchronous probing, links between devices, parents.
 * A tracepoint is a line of the log.
 */
#ifndef SIM_DEV_H
#define SIM_DEV_H

#include <sim/mm.h>
#include <sim/work.h>

struct module;
struct device;
struct device_driver;

struct bus_type {
	const char *name;
	int (*match)(struct device *dev, struct device_driver *drv);
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
	struct list_head devices;
	struct list_head drivers;
};

struct device_driver {
	const char *name;
	struct bus_type *bus;
	struct module *owner;
	const char *mod_name;
	struct list_head node;
};

struct device {
	struct mutex mutex;
	struct bus_type *bus;
	struct device_driver *driver;
	void *driver_data;
	char name[40];
	int refs;
	bool registered;
	void (*release)(struct device *dev);
	struct list_head node;
};

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

static inline const char *dev_name(const struct device *dev)
{
	return dev->name;
}

#define device_lock(dev)	mutex_lock(&(dev)->mutex)
#define device_trylock(dev)	mutex_trylock(&(dev)->mutex)
#define device_unlock(dev)	mutex_unlock(&(dev)->mutex)
struct device *get_device(struct device *dev);
void put_device(struct device *dev);
int device_register(struct device *dev);
void device_unregister(struct device *dev);
int driver_register(struct device_driver *drv);
void driver_unregister(struct device_driver *drv);
int driver_attach(struct device_driver *drv);
int driver_for_each_device(struct device_driver *drv, struct device *start,
			   void *data, int (*fn)(struct device *, void *));
void device_release_driver(struct device *dev);
int device_attach(struct device *dev);

#define dev_err(dev, fmt, a...)	 sim_printk("err", "%s: " fmt, dev_name(dev), ##a)
#define dev_warn(dev, fmt, a...) sim_printk("warn", "%s: " fmt, dev_name(dev), ##a)
#define dev_info(dev, fmt, a...) sim_printk("info", "%s: " fmt, dev_name(dev), ##a)

/* module.h: the one module there is; module.c loads it. */
#define THIS_MODULE		((struct module *)NULL)
#define module_init(fn)		int sim_module_init(void); int sim_module_init(void) { return fn(); }
#define module_exit(fn)		void sim_module_exit(void); void sim_module_exit(void) { fn(); }
#define MODULE_INFO(tag, info)
#define MODULE_DESCRIPTION(x)
#define MODULE_VERSION(x)
#define MODULE_LICENSE(x)
#define MODULE_ALIAS(x)
#define MODULE_PARM_DESC(name, text)
#define module_param(name, type, perm)	module_param_named(name, name, type, perm)
#define module_param_named(name, var, type, perm)			\
	static const struct sim_param sim_param_##name			\
	__attribute__((__used__, __section__("sim_params"),		\
		       __aligned__(sizeof(void *)))) =			\
	{ #name, #type, &(var) }

struct sim_param {
	const char *name, *type;
	void *var;
};

int sim_module_load(void);
void sim_module_unload(void);
bool sim_module_loaded(void);
void sim_module_set(const char *param, unsigned int value);
/* A pointer into the driver's text must not be called once that is gone. */
void sim_check_text(const void *fn, const char *what);
/* ... nor be known to anybody when it goes. */
void sim_refuse_text(const void *fn, const char *what);

/* notifier.h, suspend.h */
#define NOTIFY_DONE	0
struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long event, void *data);
	struct notifier_block *next;
};
#define PM_HIBERNATION_PREPARE	1
#define PM_POST_HIBERNATION	2
#define PM_SUSPEND_PREPARE	3
#define PM_POST_SUSPEND		4
#define PM_RESTORE_PREPARE	5
#define PM_POST_RESTORE		6
int register_pm_notifier(struct notifier_block *nb);
int unregister_pm_notifier(struct notifier_block *nb);
void sim_pm_notify(unsigned long event);
unsigned int sim_pm_notifiers(void);

/* syscore_ops.h */
struct syscore_ops {
	int (*suspend)(void *data);
	void (*resume)(void *data);
};
struct syscore {
	struct list_head node;
	const struct syscore_ops *ops;
	void *data;
};
void register_syscore(struct syscore *core);
void unregister_syscore(struct syscore *core);
void sim_syscore_suspend(void);
void sim_syscore_resume(void);
bool sim_syscore_is_registered(void);

/* debugfs.h, seq_file.h */
struct seq_file {
	void *private;
};
struct file_operations {
	int (*show)(struct seq_file *m, void *v);
};
struct dentry;
#define DEFINE_SHOW_ATTRIBUTE(n) \
	static const struct file_operations n##_fops = { .show = n##_show }
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
int debugfs_file_get(struct dentry *d);
struct dentry *debugfs_create_dir(const char *name, struct dentry *parent);
struct dentry *debugfs_create_file(const char *name, unsigned int mode,
				   struct dentry *parent, void *data,
				   const struct file_operations *fops);
void debugfs_remove_recursive(struct dentry *d);
void sim_debugfs_read_all(void);
unsigned int sim_dentries(void);

/* tracepoint.h: each event is a line of the log, with the driver's own words. */
struct trace_print_flags {
	unsigned long mask;
	const char *name;
};
const char *sim_print_symbolic(unsigned long value, const struct trace_print_flags *names);
const char *sim_print_flags(unsigned long value, const struct trace_print_flags *names);

#define TP_PROTO(a...)		a
#define TP_ARGS(a...)		a
#define TP_STRUCT__entry(a...)	a
#define TP_fast_assign(a...)	a
#define TP_printk(fmt, a...)	fmt, a
#define __string(field, src)	const char *field;
#define __field(type, field)	type field;
#define __assign_str(field, src) (__entry->field = (src))
#define __get_str(field)	(__entry->field)
#define __print_symbolic(v, a...) \
	sim_print_symbolic(v, (const struct trace_print_flags[]){ a, { 0, NULL } })
#define __print_flags(v, delim, a...) \
	sim_print_flags(v, (const struct trace_print_flags[]){ a, { 0, NULL } })
#define TRACE_EVENT(event, proto, args, fields, assign, print)		\
static inline __maybe_unused void trace_##event(proto)			\
{									\
	struct { fields } entry, *__entry = &entry;			\
	assign								\
	sim_trace(#event, print);					\
}
#define sim_trace(event, fmt, a...) sim_log("%s: " fmt, event, ##a)
#define DECLARE_EVENT_CLASS(class, proto, args, fields, assign, print)	\
static inline __maybe_unused void sim_class_##class(const char *sim_event_name, proto) \
{									\
	struct { fields } entry, *__entry = &entry;			\
	assign								\
	sim_trace(sim_event_name, print);				\
}
#define DEFINE_EVENT(class, event, proto, args)				\
static inline __maybe_unused void trace_##event(proto)			\
{									\
	sim_class_##class(#event, args);				\
}
int trace_set_clr_event(const char *system, const char *event, int set);

#endif
