// SPDX-License-Identifier: GPL-2.0
/*
 * The module: load, unload, parameters; power events; debugfs; tracepoints'
 * words.
 *
 * Follows kernel/module/main.c: each load begins with the data as it was
 * linked, and after an unload nothing may call into the text.  The build puts
 * all of src/ into sections of its own (xnf_text, xnf_data), so both are
 * known here.  debugfs waits for readers of a file that it removes
 * (fs/debugfs/inode.c).
 */
#include <sim/net.h>
#include <sim/xen.h>

extern char __start_xnf_data[], __stop_xnf_data[];
extern char __start_xnf_text[], __stop_xnf_text[];
extern const struct sim_param __start_sim_params[], __stop_sim_params[];
int sim_module_init(void);
void sim_module_exit(void);

static char *pristine;
static bool loaded;

bool sim_module_loaded(void)
{
	return loaded;
}

/* The parameters of a load are set between the data and the init function. */
static unsigned int wanted[16];
static const char *wanted_name[16];

void sim_module_set(const char *param, unsigned int value)
{
	unsigned int i;

	for (i = 0; wanted_name[i] && strcmp(wanted_name[i], param); i++)
		;
	wanted_name[i] = param;
	wanted[i] = value;
}

static void set_params(void)
{
	const struct sim_param *p;
	unsigned int i;

	for (i = 0; wanted_name[i]; i++)
		for (p = __start_sim_params; p < __stop_sim_params; p++) {
			if (strcmp(p->name, wanted_name[i]))
				continue;
			if (!strcmp(p->type, "bool"))
				*(bool *)p->var = wanted[i];
			else
				*(unsigned int *)p->var = wanted[i];
		}
}

/* By hand: the address sanitizer has its zones between the driver's variables. */
static void copy_data(char *to, const char *from, size_t size)
{
	__asm__ volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (size) : : "memory");
}

/* Counts of the flavour "cov" are among the data that a load begins anew. */
void __gcov_dump(void) __attribute__((__weak__));
void __gcov_reset(void) __attribute__((__weak__));
static void save_coverage(void)
{
	if (!__gcov_dump)
		return;
	__gcov_dump();
	__gcov_reset();
}

int sim_module_load(void)
{
	size_t size = __stop_xnf_data - __start_xnf_data;
	int err;

	if (!pristine) {
		pristine = malloc(size);
		copy_data(pristine, __start_xnf_data, size);
	}
	copy_data(__start_xnf_data, pristine, size);
	loaded = true;
	set_params();
	err = sim_module_init();
	loaded = !err;
	sim_log("insmod: %d", err);
	return err;
}

static bool is_text(const void *fn)
{
	const char *p = fn;

	return p >= __start_xnf_text && p < __stop_xnf_text;
}

static void leaves_text(struct sim_fiber *f, void *arg)
{
	(void)arg;
	if (f != sim_current && f->state != SIM_DEAD &&
	    sim_is_within(f, __start_xnf_text, __stop_xnf_text))
		sim_fail("module", "%s is in the driver's text when that goes", f->name);
}

void sim_refuse_text(const void *fn, const char *what)
{
	if (is_text(fn))
		sim_fail("module", "a %s of the driver is left when its text goes", what);
}

/* Nothing knows of the text, nor of the data, which the next load begins anew. */
static void check_nothing_left(void)
{
	if (sim_net_devices())
		sim_fail("module", "a network device of the driver is left when its text goes");
	if (sim_pm_notifiers())
		sim_fail("module", "a power notifier of the driver is left when its text goes");
	if (sim_syscore_is_registered())
		sim_fail("module", "a callback of the system core is left when the driver's text goes");
	sim_time_refuse_text();
	sim_works_refuse_text();
	sim_watches_refuse_text();
	sim_ports_refuse_text();
	sim_each_fiber(leaves_text, NULL);
}

void sim_module_unload(void)
{
	sim_module_exit();
	loaded = false;
	check_nothing_left();
	save_coverage();
	sim_log("rmmod: done");
}

void sim_check_text(const void *fn, const char *what)
{
	if (!loaded && is_text(fn))
		sim_fail("module", "a %s of the driver is called after its unload", what);
}

/* --- power events */
static struct notifier_block *notifiers;

int register_pm_notifier(struct notifier_block *nb)
{
	nb->next = notifiers;
	notifiers = nb;
	return 0;
}

int unregister_pm_notifier(struct notifier_block *nb)
{
	struct notifier_block **p;

	for (p = &notifiers; *p; p = &(*p)->next)
		if (*p == nb) {
			*p = nb->next;
			return 0;
		}
	return -ENOENT;
}

void sim_pm_notify(unsigned long event)
{
	struct notifier_block *nb;

	for (nb = notifiers; nb; nb = nb->next)
		nb->notifier_call(nb, event, NULL);
}

unsigned int sim_pm_notifiers(void)
{
	return notifiers ? 1 : 0;
}

/* --- the system core: what is called when only one CPU runs, the driver's alone */
static LIST_HEAD(cores);

void register_syscore(struct syscore *core)
{
	list_add_tail(&core->node, &cores);
}

void unregister_syscore(struct syscore *core)
{
	list_del(&core->node);
}

void sim_syscore_suspend(void)
{
	struct syscore *core;

	list_for_each_entry(core, &cores, node)
		if (core->ops->suspend)
			core->ops->suspend(core->data);
}

void sim_syscore_resume(void)
{
	struct syscore *core;

	list_for_each_entry(core, &cores, node)
		if (core->ops->resume)
			core->ops->resume(core->data);
}

bool sim_syscore_is_registered(void)
{
	return !list_empty(&cores);
}

/* --- debugfs */
struct dentry {
	char name[32];
	struct dentry *parent;
	const struct file_operations *fops;
	void *data;
	unsigned int readers;
	bool gone;
	struct dentry *next;
};

static struct dentry *dentries;

struct dentry *debugfs_create_file(const char *name, unsigned int mode,
				   struct dentry *parent, void *data,
				   const struct file_operations *fops)
{
	struct dentry *d = calloc(1, sizeof(*d));

	(void)mode;
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->parent = parent;
	d->data = data;
	d->fops = fops;
	d->next = dentries;
	dentries = d;
	return d;
}

struct dentry *debugfs_create_dir(const char *name, struct dentry *parent)
{
	return debugfs_create_file(name, 0, parent, NULL, NULL);
}

static void remove_one(struct dentry *d)
{
	struct dentry **p;

	d->gone = true;
	while (d->readers)
		sim_sleep_ns(SIM_MS, "readers of a debugfs file");
	for (p = &dentries; *p; p = &(*p)->next)
		if (*p == d) {
			*p = d->next;
			break;
		}
}

void debugfs_remove_recursive(struct dentry *d)
{
	struct dentry *child;

	might_sleep();
again:
	for (child = dentries; child; child = child->next)
		if (child->parent == d) {
			debugfs_remove_recursive(child);
			goto again;
		}
	if (d)
		remove_one(d);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	char text[256];
	va_list args;

	(void)m;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
}

int debugfs_file_get(struct dentry *d)
{
	return d->gone ? -EIO : 0;
}

/* Reads every file that there is. */
void sim_debugfs_read_all(void)
{
	struct dentry *d = dentries;
	struct seq_file m;

	while (d) {
		if (d->fops && !d->gone) {
			d->readers++;
			m.private = d->data;
			d->fops->show(&m, NULL);
			d->readers--;
		}
		d = d->next;
	}
}

unsigned int sim_dentries(void)
{
	struct dentry *d;
	unsigned int n = 0;

	for (d = dentries; d; d = d->next)
		n++;
	return n;
}

/* --- tracepoints */
const char *sim_print_symbolic(unsigned long value, const struct trace_print_flags *names)
{
	for (; names->name; names++)
		if (names->mask == value)
			return names->name;
	return "?";
}

const char *sim_print_flags(unsigned long value, const struct trace_print_flags *names)
{
	static char text[4][160];
	static unsigned int turn;
	char *to = text[turn++ % 4];
	size_t n = 0;

	*to = '\0';
	for (; names->name; names++)
		if (value & names->mask)
			n += scnprintf(to + n, sizeof(text[0]) - n, "%s%s",
				       n ? "|" : "", names->name);
	return to;
}

int trace_set_clr_event(const char *system, const char *event, int set)
{
	(void)system;
	(void)event;
	(void)set;
	return 0;
}
