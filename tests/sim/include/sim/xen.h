/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Xen as a guest kernel sees it: xenbus, grants, event channels.
 *
 * Follows include/xen/{xenbus,grant_table,events,page}.h of 7.3.  Layouts of
 * what is shared with other domains are not here: xen/interface/ of the
 * machine's kernel headers has them.
 */
#ifndef SIM_XEN_H
#define SIM_XEN_H

#include <sim/dev.h>
#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/sched.h>
#include <xen/interface/io/ring.h>
#include <xen/interface/io/xenbus.h>
#include <xen/interface/io/netif.h>

#define XEN_PAGE_SHIFT	12
#define XEN_PAGE_SIZE	4096ul
#define XEN_PAGE_MASK	(~(XEN_PAGE_SIZE - 1))
#define xen_page_to_gfn(p)	page_to_pfn(p)
#define virt_to_gfn(p)		page_to_pfn(virt_to_page(p))
#define xen_domain()		1
#define xen_pv_domain()		0
#define xen_hvm_domain()	1
static inline bool xen_has_pv_nic_devices(void)
{
	return true;
}

/* --- xenbus */
struct xenbus_watch {
	struct list_head list;
	const char *node;
	unsigned int nr_pending;
	bool (*will_handle)(struct xenbus_watch *w, const char *path, const char *token);
	void (*callback)(struct xenbus_watch *w, const char *path, const char *token);
	unsigned int sim_id;	/* the token: an address would differ from run to run */
};

struct xenbus_device {
	const char *devicetype;
	const char *nodename;
	const char *otherend;
	bool vanished;
	int otherend_id;
	struct xenbus_watch otherend_watch;
	struct device dev;
	enum xenbus_state state;
	struct completion down;
};

struct xenbus_device_id {
	char devicetype[32];
};

struct xenbus_driver {
	const char *name;
	const struct xenbus_device_id *ids;
	bool allow_rebind;
	bool not_essential;
	int (*probe)(struct xenbus_device *dev, const struct xenbus_device_id *id);
	void (*otherend_changed)(struct xenbus_device *dev, enum xenbus_state state);
	void (*remove)(struct xenbus_device *dev);
	int (*suspend)(struct xenbus_device *dev);
	int (*resume)(struct xenbus_device *dev);
	struct device_driver driver;
};

struct xenbus_transaction {
	u32 id;
};

#define XBT_NIL ((struct xenbus_transaction) { 0 })

int __xenbus_register_frontend(struct xenbus_driver *drv, struct module *owner,
			       const char *mod_name);
void xenbus_unregister_driver(struct xenbus_driver *drv);
char **xenbus_directory(struct xenbus_transaction t, const char *dir,
			const char *node, unsigned int *num);
void *xenbus_read(struct xenbus_transaction t, const char *dir,
		  const char *node, unsigned int *len);
int xenbus_write(struct xenbus_transaction t, const char *dir, const char *node,
		 const char *string);
int xenbus_exists(struct xenbus_transaction t, const char *dir, const char *node);
int xenbus_rm(struct xenbus_transaction t, const char *dir, const char *node);
int xenbus_transaction_start(struct xenbus_transaction *t);
int xenbus_transaction_end(struct xenbus_transaction t, bool abort);
unsigned int xenbus_read_unsigned(const char *dir, const char *node,
				  unsigned int default_val);
int xenbus_printf(struct xenbus_transaction t, const char *dir, const char *node,
		  const char *fmt, ...) __printf(4, 5);
int register_xenbus_watch(struct xenbus_watch *watch);
void unregister_xenbus_watch(struct xenbus_watch *watch);
int xenbus_switch_state(struct xenbus_device *dev, enum xenbus_state new_state);
enum xenbus_state xenbus_read_driver_state(const struct xenbus_device *dev,
					   const char *path);

/* xs.c: the connection to xenstored */
void sim_xs_init(void);
void xs_suspend(void);
void xs_resume(void);
void xs_suspend_cancel(void);
unsigned int sim_xs_watches(void);
void sim_watches_refuse_text(void);
void sim_xs_leave_watch(struct xenbus_watch *w, const char *node);
extern unsigned int sim_xs_quota;	/* watches that xenstored lets the guest have, 0: any */
extern unsigned int sim_xs_twin;	/* left by who loaded the image, where this kernel may watch */
extern bool sim_watches_short;		/* in this life, now and then */
void sim_ports_refuse_text(void);
unsigned int sim_xs_transactions(void);

/* xenbus.c: the bus, and a suspend by Xen */
void sim_xenbus_init(void);
unsigned int sim_xenbus_devices(void);
bool sim_xenbus_idle(void);
struct device *sim_xenbus_find(const char *nodename);
int sim_sysfs_unbind(const char *nodename);

/* To idle; until an image was made that is not used; until an image was loaded. */
enum sim_sleep { SIM_SLEEP_IDLE, SIM_SLEEP_IMAGE_FAILS, SIM_SLEEP_IMAGE };
void sim_pm_sleep(enum sim_sleep kind, u64 ns);
int sim_sysfs_bind(const char *nodename);

/* --- grants */
#define INVALID_GRANT_REF	((grant_ref_t)-1)
#ifndef GNTMAP_readonly
#define GNTMAP_readonly		(1 << 2)
#endif
int gnttab_alloc_grant_references(u16 count, grant_ref_t *head);
int gnttab_claim_grant_reference(grant_ref_t *head);
void gnttab_free_grant_reference(grant_ref_t ref);
int gnttab_grant_foreign_access(domid_t domid, unsigned long frame, int readonly);
void gnttab_grant_foreign_access_ref(grant_ref_t ref, domid_t domid,
				     unsigned long frame, int readonly);
#define gnttab_page_grant_foreign_access_ref_one(ref, domid, page, ro) \
	gnttab_grant_foreign_access_ref(ref, domid, xen_page_to_gfn(page), ro)
int gnttab_end_foreign_access_ref(grant_ref_t ref);
void gnttab_end_foreign_access(grant_ref_t ref, struct page *page);
int gnttab_try_end_foreign_access(grant_ref_t ref);

/* What the other domain does with them. */
void sim_grants_init(unsigned int count);
void *sim_grant_map(domid_t domid, grant_ref_t ref);
void sim_grant_unmap(grant_ref_t ref);
void *sim_grant_copy(domid_t domid, grant_ref_t ref, bool write);
void sim_grants_resume(void);
void sim_grants_map(bool map);
unsigned int sim_grants_in_use(void);
unsigned int sim_grants_deferred(void);
void sim_grants_report(FILE *to);
/* netback.c: may the guest give up a reference that is mapped? */
void sim_netback_check_given_up(grant_ref_t ref);

/* --- event channels */
#define XEN_EOI_FLAG_SPURIOUS	0x1
typedef int irqreturn_t;
#define IRQ_NONE	0
#define IRQ_HANDLED	1
typedef irqreturn_t (*irq_handler_t)(int irq, void *data);
int bind_evtchn_to_irqhandler_lateeoi(evtchn_port_t port, irq_handler_t handler,
				      unsigned long flags, const char *name,
				      void *data);
void unbind_from_irqhandler(unsigned int irq, void *data);
void xen_irq_lateeoi(unsigned int irq, unsigned int flags);
void notify_remote_via_irq(int irq);
int HYPERVISOR_event_channel_op(int cmd, void *arg);
int HYPERVISOR_sched_op(int cmd, void *arg);

struct irq_data;
struct irq_data *irq_get_irq_data(unsigned int irq);
const struct cpumask *irq_data_get_affinity_mask(struct irq_data *d);
int irq_set_affinity_hint(unsigned int irq, const struct cpumask *mask);

void sim_events_init(unsigned int count);
/* The other end: binds, is told by @notify, tells the guest. */
bool sim_port_bind(domid_t domid, evtchn_port_t port, void (*notify)(void *arg), void *arg);
void sim_port_unbind(evtchn_port_t port);
void sim_port_notify(evtchn_port_t port);
void sim_events_resume(void);
void sim_events_lose(void);
unsigned int sim_ports_in_use(void);

#endif
