/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private types and functions of the Xen network frontend.
 *
 * Locks, outermost first; those of the bus and of the core with ours.  What
 * each guards stands above the members of the structures below.
 *   xenwatch_mutex	bus: the watch thread, around each callback of a watch;
 *			whoever removes a watch, to wait for these
 *   device_lock	bus: probe, remove and, but for a suspend of the whole
 *			domain, suspend and resume
 *   rtnl		netdev life cycle, ethtool and ndo callbacks
 *   info->lock		handshake steps and what they do (may sleep)
 *   ctrl->lock		control ring and what is set through it (may sleep)
 *   netdev->lock	core: list and state of NAPI contexts (since 6.14)
 *   transaction	bus: a suspend waits for transactions that are open
 *   xs_watch_rwsem	bus: a watch is set up or removed; a suspend, which is
 *			entered before it takes this, so no work that may run
 *			during one sets up or removes watches (link.c)
 *   q->poll_lock	one queue's consumer side: NAPI, and whoever stops it
 *   netdev tx lock	one queue's transmit producer side
 *
 * A hot unplug takes xenwatch_mutex and then device_lock: the watch thread
 * waits for a probe or remove that is under way.  So nothing that runs under
 * device_lock, and nothing that such code waits for, may wait for the watch
 * thread: no unregister_xenbus_watch() but in that thread (link.c).  The
 * bus itself does that in xenbus_dev_remove(), for one round trip, so at an
 * unload the watch thread unbinds (devices.c).  Nor may it wait for the work
 * that looks after probes, which takes device_lock itself (devices.c).  What
 * the watch thread runs of ours takes rtnl and info->lock, which are held for
 * the length of a backend's answer at most: XNF_RENEW_LIMIT, or that of ctrl.c.
 */
#ifndef XNF_H
#define XNF_H

#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/if_ether.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/netif.h>
#include <xen/page.h>
#include <xen/xenbus.h>

#include "counters.h"
#include "handshake.h"
#include "wire.h"

#define XNF_VERSION		"0.1.0"

#define XNF_TX_RING_SIZE	__CONST_RING_SIZE(xen_netif_tx, XEN_PAGE_SIZE)
#define XNF_RX_RING_SIZE	__CONST_RING_SIZE(xen_netif_rx, XEN_PAGE_SIZE)

/* Wake a stopped queue only when a good batch fits, not for each packet. */
#define XNF_TX_ROOM_WAKE	(XNF_TX_RING_SIZE / 4)

#define XNF_MTU_MAX		(65535 - ETH_HLEN - 4)
#define XNF_REF_NONE		0xffff
#define XNF_TX_EXTRA		0xffff	/* in place of an id */

/* Netback's list of multicast groups has room for so many. */
#define XNF_MCAST_MAX		64u

/* Netback takes keys of 40 bytes and tables of 128 entries. */
#define XNF_RSS_KEY		40u
#define XNF_RSS_TABLE		128u

/* What an admin waits for other rings at most, before a setting is refused. */
#define XNF_RENEW_LIMIT		(5 * HZ)

struct bpf_prog;
struct netdev_bpf;
struct xdp_frame;
struct xnf_batch;
struct xnf_info;
struct xnf_link_watch;
struct xnf_xdp;

/**
 * struct xnf_tx_slot - one transmit id
 * @skb: packet, on the head slot only
 * @page: granted page of the packet, NULL if the slot names a chunk
 * @ref: index of its grant in tx_refs, or XNF_REF_NONE
 * @len: bytes of the packet, on the head slot only (for BQL)
 * @head: id of the packet's head slot
 * @pending: slots of the packet that were not answered, on the head slot only
 * @out: published, and the backend owes a response for it
 * @mcast: a change of the multicast list, no packet
 *
 * A head slot's id is free again only when the whole packet is done, so that
 * the last response finds the packet whatever the order of responses.  Whoever
 * finds @out set sees the rest of what was built.
 */
struct xnf_tx_slot {
	struct sk_buff *skb;
	struct page *page;
	unsigned int len;
	u16 head;
	u16 pending;
	u16 ref;
	bool mcast;
	unsigned int out;
};

/* Free list that the transmit path empties and NAPI fills, without a lock. */
struct xnf_fifo {
	u16 item[XNF_TX_RING_SIZE];
	unsigned int head;	/* next to take; transmit path */
	unsigned int tail;	/* next to give back; NAPI */
};

/* One receive slot; its index is the ring index and the request's id. */
struct xnf_rx_slot {
	struct page *page;
	grant_ref_t ref;
	bool granted;
};

/* Pages that the stack has, with a reference of ours on each, the oldest first. */
struct xnf_rx_used {
	struct page *page[XNF_RX_RING_SIZE];
	unsigned int head;
	unsigned int tail;
};

/* A transmit queue that is stopped; see stall.c. */
struct xnf_stall {
	struct timer_list timer;
	unsigned int answered;	/* rsp_cons at the last look */
	unsigned int received;	/* from the backend, at the last look */
	unsigned int looks;	/* since something was answered */
	unsigned int looks_receiving;	/* ... which saw that we received */
};

/* Where an interrupt goes, over the connections that it is made anew for. */
struct xnf_affinity {
	cpumask_t mask;		/* that it had when it was made */
	bool chosen;		/* ... which was not the kernel's choice */
};

/*
 * One queue: a pair of rings.  What "the connection" guards is made and taken
 * back under rtnl and info->lock, by xnf_queue_create() and
 * xnf_queue_destroy(), while nobody polls or transmits; in between nobody
 * changes it.
 */
struct xnf_queue {
	/* Written once, by xnf_netdev_alloc(). */
	struct xnf_info *info;
	unsigned int id;

	/* Of NAPI and the core: on and off under rtnl. */
	struct napi_struct napi;

	/* poll_lock, and rtnl to write. */
	spinlock_t poll_lock;	/* around each poll, and the end of polls */
	bool active;		/* polls look at the rings; NAPI is enabled */

	/* Transmit, producer side: netdev tx lock; arrays: the connection. */
	struct xen_netif_tx_front_ring tx ____cacheline_aligned_in_smp;
	unsigned int tx_pushed;
	u16 tx_built[XNF_TX_RING_SIZE];	/* id of each ring slot, or XNF_TX_EXTRA */
	unsigned int tx_event_deadline;	/* end of what somebody waits for */
	unsigned int tx_event;	/* rsp_event; NAPI writes it too */
	struct xnf_fifo tx_ids;
	struct xnf_tx_slot *tx_slots;
	grant_ref_t *tx_refs;	/* one for each slot, and no more */
	struct page **tx_chunk;	/* what each reference grants for good, or NULL */
	struct xnf_fifo tx_bare;	/* references that grant nothing */
	struct xnf_fifo tx_chunks;	/* ... and those of chunks not in use */
	unsigned int tx_chunks_nr;	/* chunks, in use or not */
	struct xnf_tx_stats tx_stats;
	struct xnf_stall stall;

	/* Consumer side of both rings: poll_lock; arrays: the connection. */
	struct xen_netif_rx_front_ring rx ____cacheline_aligned_in_smp;
	struct xnf_rx_slot *rx_slots;
	struct xnf_rx_used rx_used;
	unsigned int tx_since_eoi;	/* responses taken since the last EOI */
	unsigned int rx_since_eoi;
	unsigned long eoi_due;	/* EVENT_* bits (queue.c) to be acknowledged */
	bool rings_broken;	/* do not look at them any more; read by all */
	unsigned int xdp_pending;
	struct xnf_rx_stats rx_stats;
	struct xnf_done_stats done_stats;

	/* No lock: atomic, or with a lock of their own. */
	unsigned long events;	/* EVENT_* bits (queue.c) that no poll has seen */
	struct timer_list refill_timer;
	struct hrtimer moderator;	/* looks at the rings instead of an event */

	/* rtnl to write; polls read, and are waited for. */
	struct xnf_xdp *xdp;	/* NULL without a program */

	/* The connection. */
	grant_ref_t tx_ring_ref;
	grant_ref_t rx_ring_ref;
	evtchn_port_t tx_evtchn;
	evtchn_port_t rx_evtchn;	/* equal to tx_evtchn if not split */
	unsigned int tx_irq;
	unsigned int rx_irq;
	char tx_irq_name[IFNAMSIZ + 12];
	char rx_irq_name[IFNAMSIZ + 12];

	/* rtnl and info->lock; outlives the connection. */
	struct xnf_affinity tx_affinity;
	struct xnf_affinity rx_affinity;
	struct xnf_rx_slot *old_slots;	/* of before a resume, or NULL */
};

/* What was agreed with the backend for the present connection. */
struct xnf_agreed {
	unsigned int queues;
	bool split;
	bool sg;
	bool tso4;
	bool tso6;
	bool csum6;
	bool ctrl;		/* there is a control ring */
	bool mcast;		/* the backend filters, and can be told later */
	bool hash;		/* the backend can hash received packets */
	bool hash_later;	/* ... is not asked yet, nobody waits for it */
	bool queues_later;	/* nor how many queues it could have */
	unsigned int queues_offered;	/* that the backend could have; 0: not known yet */
	bool bounce;		/* the backend must see nothing but packets */
	bool xdp;		/* frames have to suit a program */
};

/* The control ring; see ctrl.c. */
struct xnf_ctrl {
	struct mutex lock;

	/* lock; made by who holds info->lock, before the ring is open. */
	struct xen_netif_ctrl_front_ring ring;
	struct page *page;	/* of the ring; NULL if there is none */
	struct page *data;	/* keys and tables on their way */
	grant_ref_t ref;
	grant_ref_t data_ref;
	evtchn_port_t evtchn;	/* 0 if there is no ring */
	unsigned int irq;
	char irq_name[IFNAMSIZ + 12];
	u16 id;			/* of the last request */

	/* lock to write; the interrupt reads. */
	RING_IDX awaited;	/* responses when the last request is answered */

	/* The interrupt's own. */
	RING_IDX heard;		/* the last of these that an event announced */

	/* No lock. */
	bool open;		/* requests may be made */
	wait_queue_head_t wait;
};

/* What the admin wants of receive hashing: ctrl->lock. */
struct xnf_rss_settings {
	u8 key[XNF_RSS_KEY];
	u32 table[XNF_RSS_TABLE];
	bool own_table;		/* not the default one */
	u32 types;		/* XEN_NETIF_CTRL_HASH_TYPE_*; read by all */
};

/* Receive hashing; see rss.c. */
struct xnf_rss {
	/* ctrl->lock; or info->lock while the ring is not open. */
	struct xnf_rss_settings set;
	u32 size;		/* entries as this backend was told, 0 if none */
	u32 room;		/* for a table, with the last backend that said */
	bool requests_ended;	/* this one is told nothing any more */

	/* The same to write; read by all. */
	bool on;		/* backends hash for us, this one or the next */
	bool backend_may_hash;	/* it, or the one before, was told to */

	/* rtnl and info->lock. */
	bool no_ring_logged;	/* said that this backend cannot */

	struct work_struct work;
};

/* What the backend knows of our multicast groups; see multicast.c. */
struct xnf_mcast {
	/* info->lock. */
	u8 list[XNF_MCAST_MAX][ETH_ALEN];
	unsigned int count;
	unsigned int asked;	/* changes sent */
	bool connected;		/* the backend listens */
	bool on;		/* its filter was switched on */

	/* NAPI of queue 0; info->lock while that does not run. */
	unsigned int answered;	/* of the changes sent */
	bool refused;		/* one of them was not taken */

	struct delayed_work work;
};

/* Who has a say about the carrier; see link.c. */
struct xnf_link {
	/* info->lock; in a suspend or removal, where no work runs, device_lock. */
	struct xnf_link_watch *place_watch;	/* our key "backend" */
	struct xnf_link_watch *toolstack_watch;
	struct xnf_link_watch *backend_watch;
	bool toolstack_disconnect;	/* its key "disconnect" */
	bool backend_carrier_off;	/* its key "carrier" */
	bool watch_failure_logged;

	struct delayed_work work;
};

/*
 * One device.  "rtnl and info->lock" is what xnf_lock() takes: both to write,
 * either to read.  "Read by all": without a lock, with READ_ONCE() where it may
 * change meanwhile.
 */
struct xnf_info {
	/* Written once, before anybody else sees the device. */
	struct net_device *netdev;
	struct xenbus_device *xdev;
	struct xnf_queue *queues;
	unsigned int max_queues;
	struct dentry *debugfs;

	/* devices_lock (devices.c). */
	struct list_head devices_entry;
	bool probe_checked;		/* what became of its probe was looked at */
	bool replaced;			/* another device is in its place */

	struct mutex lock;		/* around each step, within rtnl */

	/* rtnl and info->lock. */
	struct xnf_hs hs;
	enum xnf_xs backend_state;	/* as last read */
	enum xenbus_state written_state;	/* ours, last; xdev->state follows */
	bool stepping;			/* within xnf_lock() */
	bool resuming;			/* within xnf_resume() */
	bool hibernating;		/* from xnf_freeze() until the guest is awake */
	bool keys_deleted;
	bool close_overdue;		/* of the backend: complained about */
	bool resources_short;		/* less than was agreed, and said so */
	unsigned int pages_still_mapped;	/* by a backend that let go */
	int connect_error;		/* of the last try, 0 if it succeeded */
	char backend_path[64];		/* that the present connection is to */
	u64 resets;
	u64 migrations;
	u64 last_outage_ms;
	u64 down_since;			/* ns, carrier off; 0: on, or never was */

	/* rtnl and info->lock; read by all. */
	u64 connects;
	unsigned int nr_queues;		/* with rings */
	unsigned long last_reset;

	/* rtnl and info->lock (hash: rtnl); read by all while the rings are live. */
	struct xnf_agreed agreed;

	/* info->lock. */
	struct xnf_batch *read_ahead;	/* by a connect */

	/* info->lock; read by all. */
	bool removing;

	/* rtnl. */
	unsigned int nr_napi;		/* NAPI contexts, of the first queues */
	u8 xenstore_mac[ETH_ALEN];	/* last address taken from xenstore */
	bool mtu_change_is_ours;	/* the one in progress */
	bool mtu_set_by_admin;
	unsigned int mtu_before_no_sg;	/* to come back with sg, or 0 */

	/* rtnl; read by all. */
	unsigned int want_queues;	/* what the admin chose, or max_queues */
	unsigned int rx_usecs;		/* interrupt moderation, see xnf_poll() */
	unsigned int rx_frames;
	struct bpf_prog *xdp_prog;
	bool rx_fill_all;		/* not only what the first packets need */
	bool live;			/* rings shared and in use */
	bool running;			/* live queues are polled */
	bool tx_held;			/* carrier on, nothing is sent */

	/* No lock: written in any context. */
	const char *reset_reason;	/* the last one */
	bool reset_for_fault;		/* of these rings */

	/* Written by who removes the device; read by all. */
	bool vanished;			/* its folder went before */

	/* Of the only CPU that runs while Xen saves the guest. */
	bool live_before_freeze;

	/* With guards of their own. */
	struct xnf_ctrl ctrl;
	struct xnf_rss rss;
	struct xnf_mcast mcast;
	struct xnf_link link;
	struct delayed_work hs_work;
	struct delayed_work reset_work;
	struct delayed_work announce_work;
	struct work_struct woke_work;	/* the guest slept */
};

/* main.c */
extern bool xnf_trusted;
unsigned int xnf_queues_max(void);
unsigned int xnf_close_timeout(void);

/* bus.c */
int xnf_bus_register(void);
void xnf_bus_unregister(void);
void xnf_remove(struct xenbus_device *xdev);
void xnf_let_go(struct xnf_info *info);

/* sleep.c */
void xnf_sleep_init(struct xnf_info *info);
void xnf_sleep_stop(struct xnf_info *info);
int xnf_suspend(struct xenbus_device *xdev);
int xnf_resume(struct xenbus_device *xdev);
int xnf_freeze(struct xenbus_device *xdev);

/* steps.c */
void xnf_steps_init(struct xnf_info *info);
void xnf_steps_stop(struct xnf_info *info);
void xnf_steps_stop_resets(struct xnf_info *info);
void xnf_lock(struct xnf_info *info);
void xnf_unlock(struct xnf_info *info);
void xnf_step(struct xnf_info *info, enum xnf_hs_event event);
void xnf_run_step(struct xnf_info *info, enum xnf_hs_event event);
void xnf_pause_poll(unsigned long begun);
void xnf_pause_steps(struct xnf_info *info, unsigned long begun);
void xnf_limit_tx_hold(struct xnf_info *info);
void xnf_renew(struct xnf_info *info, enum xnf_hs_event event, const char *why);
int xnf_renew_now(struct xnf_info *info, const char *why, unsigned long limit);
void xnf_schedule_reset(struct xnf_info *info, const char *why);
void xnf_schedule_renewal(struct xnf_info *info, const char *why);

/* netdev.c */
struct net_device *xnf_netdev_alloc(struct xenbus_device *xdev,
				    unsigned int queues);
void xnf_netdev_free(struct net_device *dev);
int xnf_live(struct xnf_info *info);
void xnf_net_freeze(struct xnf_info *info);
void xnf_net_thaw(struct xnf_info *info);
void xnf_fill_rings(struct xnf_info *info);
void xnf_hold_tx(struct xnf_info *info);
void xnf_quiesce(struct xnf_info *info, bool hold_tx);
void xnf_carrier_on(struct xnf_info *info);
void xnf_carrier_lost(struct xnf_info *info);
void xnf_apply_mtu(struct xnf_info *info, unsigned int mtu);
bool xnf_apply_mac(struct xnf_info *info, const u8 *mac);

/* connect.c */
int xnf_read_mac(struct xenbus_device *xdev, u8 *mac);
unsigned int xnf_read_mtu(struct xenbus_device *xdev);
bool xnf_read_online(struct xenbus_device *xdev);
int xnf_connect(struct xnf_info *info);
bool xnf_follow(struct xnf_info *info);
void xnf_release(struct xnf_info *info);
void xnf_free_old(struct xnf_info *info);

/* publish.c */
int xnf_publish(struct xnf_info *info);
bool xnf_is_published(const struct xnf_info *info);
void xnf_delete_keys(struct xnf_info *info);
void xnf_write_state(struct xnf_info *info, enum xenbus_state state);
void xnf_publish_removal(struct xnf_info *info);
void xnf_update_bus_state(struct xnf_info *info);
int xnf_write_mcast(struct xnf_info *info);

/* devices.c */
int xnf_devices_init(void);
void xnf_devices_exit(void);
void xnf_devices_add(struct xnf_info *info);
void xnf_devices_del(struct xnf_info *info);
void xnf_devices_clear(struct xenbus_device *xdev);
void xnf_devices_bind_anew(struct xnf_info *info);
void xnf_devices_unbind(struct device_driver *driver);
void xnf_devices_settle(unsigned long deadline);
bool xnf_unloading(void);
bool xnf_hibernating(void);
bool xnf_pm_sleeping(void);

/* batch.c */
struct xnf_batch *xnf_batch_alloc(struct xenbus_transaction xbt,
				  unsigned int max);
void xnf_batch_free(struct xnf_batch *b);
void xnf_batch_read(struct xnf_batch *b, const char *dir, const char *key);
void xnf_batch_list(struct xnf_batch *b, const char *dir);
void xnf_batch_write(struct xnf_batch *b, const char *dir, const char *key,
		     unsigned int value);
void xnf_batch_remove(struct xnf_batch *b, const char *dir, const char *key);
void xnf_batch_begin(struct xnf_batch *b);
int xnf_batch_run(struct xnf_batch *b);
bool xnf_batch_holds(const struct xnf_batch *b);
bool xnf_batch_take(struct xnf_batch *b, const char *dir, const char *key,
		    char **value);
char **xnf_batch_names(struct xnf_batch *b, const char *dir,
		       unsigned int *count);
bool xnf_batch_transaction(struct xnf_batch *b, struct xenbus_transaction *xbt);

/* queue.c */
int xnf_queue_create(struct xnf_queue *q, const struct xnf_agreed *agreed);
void xnf_queue_destroy(struct xnf_queue *q);
void xnf_queue_start(struct xnf_queue *q);
void xnf_queue_stop(struct xnf_queue *q);
int xnf_poll(struct napi_struct *napi, int budget);
void xnf_queue_fault(struct xnf_queue *q, enum xnf_wire_fault fault);
void xnf_queue_look(struct xnf_queue *q);
void xnf_queue_kick(struct xnf_queue *q);
void xnf_queue_init(struct xnf_queue *q);

/* ctrl.c */
void xnf_ctrl_init(struct xnf_info *info);
int xnf_ctrl_create(struct xnf_info *info);
void xnf_ctrl_destroy(struct xnf_info *info);
void xnf_ctrl_open(struct xnf_info *info);
void xnf_ctrl_shut(struct xnf_info *info);
int xnf_ctrl_request(struct xnf_info *info, u16 type, u32 data[3]);
int xnf_ctrl_request_data(struct xnf_info *info, u16 type, const void *from,
			  size_t bytes, u32 count);

/* rss.c */
void xnf_rss_init(struct xnf_info *info);
void xnf_rss_connected(struct xnf_info *info);
void xnf_rss_stop(struct xnf_info *info);
int xnf_rss_switch(struct xnf_info *info, bool on);
void xnf_rss_forget(struct xnf_info *info);
bool xnf_rss_needs_ring(const struct xnf_info *info);
void xnf_rss_get(struct xnf_info *info, u32 *table, u8 *key);
int xnf_rss_set(struct xnf_info *info, const u32 *table, const u8 *key);
int xnf_rss_get_fields(const struct xnf_info *info, u32 flow, u64 *fields);
int xnf_rss_set_fields(struct xnf_info *info, u32 flow, u64 fields);

/* multicast.c */
void xnf_mcast_init(struct xnf_info *info);
void xnf_mcast_changed(struct xnf_info *info);
void xnf_mcast_reset(struct xnf_info *info);
void xnf_mcast_connected(struct xnf_info *info);
void xnf_mcast_answer(struct xnf_info *info, bool taken);
void xnf_mcast_stop(struct xnf_info *info);

/* link.c */
int xnf_link_find_replacement(struct xenbus_device *xdev);
void xnf_link_init(struct xnf_info *info);
void xnf_link_update(struct xnf_info *info);
void xnf_link_look(struct xnf_info *info);
void xnf_link_release(struct xnf_info *info);
void xnf_link_suspend(struct xnf_info *info);
void xnf_link_stop(struct xnf_info *info);
void xnf_link_remove_retired(void);

/* grant.c */
int xnf_grant_alloc(grant_ref_t *refs, unsigned int count);
void xnf_grant_free(grant_ref_t *refs, unsigned int count);
int xnf_grant_page(struct xenbus_device *xdev, struct page **page,
		   grant_ref_t *ref, gfp_t gfp);
bool xnf_grant_page_end(struct page **page, grant_ref_t *ref);
bool xnf_grant_end(grant_ref_t *ref, struct page *page);

/* port.c */
int xnf_port_bind(struct xenbus_device *xdev, evtchn_port_t *port,
		  irq_handler_t handler, const char *name, void *data);

/* txref.c */
int xnf_txref_create(struct xnf_queue *q);
void xnf_txref_destroy(struct xnf_queue *q);
int xnf_txref_take_chunk(struct xnf_queue *q);
int xnf_txref_take_bare(struct xnf_queue *q);
void xnf_txref_untake(struct xnf_fifo *fifo, u16 ref);

/* tx.c */
int xnf_tx_create(struct xnf_queue *q);
void xnf_tx_destroy(struct xnf_queue *q);
unsigned int xnf_tx_room(const struct xnf_queue *q);
bool xnf_tx_mcast(struct xnf_queue *q, u8 type, const u8 *addr);
netdev_tx_t xnf_start_xmit(struct sk_buff *skb, struct net_device *dev);
bool xnf_tx_raw(struct xnf_queue *q, const void *data, unsigned int len);
void xnf_tx_push(struct xnf_queue *q);

/* txdone.c */
bool xnf_tx_end_slot(struct xnf_queue *q, u16 id);
void xnf_tx_want_event(struct xnf_queue *q, RING_IDX first);
unsigned int xnf_tx_reap(struct xnf_queue *q, int budget);
bool xnf_tx_answered(const struct xnf_queue *q);
bool xnf_tx_arm(struct xnf_queue *q);

/* rx.c */
int xnf_rx_create(struct xnf_queue *q);
void xnf_rx_destroy(struct xnf_queue *q);
void xnf_rx_free_old(struct xnf_queue *q);
void xnf_rx_refill(struct xnf_queue *q, unsigned int batch);
int xnf_rx_poll(struct xnf_queue *q, int budget);
bool xnf_rx_answered(const struct xnf_queue *q, unsigned int responses);
bool xnf_rx_arm(struct xnf_queue *q, unsigned int responses);

/* stall.c */
void xnf_stall_init(struct xnf_queue *q);
void xnf_stall_watch(struct xnf_queue *q);
void xnf_stall_stop(struct xnf_queue *q);

/* xdp.c */
void xnf_xdp_init(struct net_device *dev);
bool xnf_xdp_fits(const struct xnf_info *info, unsigned int mtu);
void *xnf_xdp_buffer(struct xnf_queue *q, struct xnf_xdp *xdp,
		     const struct xnf_wire_frame *frame);
struct sk_buff *xnf_xdp_run(struct xnf_queue *q, struct xnf_xdp *xdp,
			    const struct xnf_wire_frame *frame);
void xnf_xdp_flush(struct xnf_queue *q);
int xnf_xdp_xmit(struct net_device *dev, int count, struct xdp_frame **frames,
		 u32 flags);
int xnf_bpf(struct net_device *dev, struct netdev_bpf *bpf);

/* stats.c */
void xnf_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *tot);
int xnf_stats_count(const struct xnf_info *info);
void xnf_stats_names(const struct xnf_info *info, u8 *data);
void xnf_stats_values(const struct xnf_info *info, u64 *data);

/* qstats.c */
void xnf_qstats_init(struct net_device *dev);

/* selftest.c */
#define XNF_TESTS		4u

const char *xnf_test_name(unsigned int test);
bool xnf_selftest(struct xnf_info *info, u64 result[XNF_TESTS]);

/* debugfs.c; called only if XNF_FEATURE_debugfs */
void xnf_debugfs_init(void);
void xnf_debugfs_exit(void);
void xnf_debugfs_add(struct xnf_info *info);
void xnf_debugfs_remove(struct xnf_info *info);

/* ethtool.c */
extern const struct ethtool_ops xnf_ethtool_ops;

/* A counter of @q's rx_stats.  NAPI. */
static inline void xnf_rx_count(struct xnf_queue *q, u64_stats_t *counter)
{
	u64_stats_update_begin(&q->rx_stats.syncp);
	u64_stats_inc(counter);
	u64_stats_update_end(&q->rx_stats.syncp);
}

static inline bool xnf_is_split(const struct xnf_queue *q)
{
	return q->tx_evtchn != q->rx_evtchn;
}

static inline unsigned int xnf_fifo_used(const struct xnf_fifo *f)
{
	return smp_load_acquire(&f->tail) - READ_ONCE(f->head);
}

static inline u16 xnf_fifo_take(struct xnf_fifo *f)
{
	unsigned int head = f->head;

	/* The other side counts what is left. */
	WRITE_ONCE(f->head, head + 1);
	return f->item[head % XNF_TX_RING_SIZE];
}

static inline void xnf_fifo_give(struct xnf_fifo *f, u16 item)
{
	f->item[f->tail % XNF_TX_RING_SIZE] = item;
	/* The item is visible before the count that covers it. */
	smp_store_release(&f->tail, f->tail + 1);
}

#endif /* XNF_H */
