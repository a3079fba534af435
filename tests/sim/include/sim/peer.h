/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other domains: xenstored, netback, toolstack, and the guest's admin and
 * traffic, which drive the kernel from above.
 *
 * None of these is under test.  What they do is as real ones do it, and when
 * they do it is the seed's.
 */
#ifndef SIM_PEER_H
#define SIM_PEER_H

#include <sim/net.h>
#include <sim/xen.h>

#define SIM_DOMID	1
#define SIM_HOME	"/local/domain/1"
#define SIM_FRONT	"device/vif/0"
#define SIM_FRONT_ABS	SIM_HOME "/" SIM_FRONT

/* --- xenstored.c */
struct sim_store_watch {
	char path[96];
	bool guest;
	void (*fire)(struct sim_store_watch *w, const char *path);
	unsigned int id;
	struct list_head list;
};

void sim_store_init(void);
int sim_store_read(u32 txn, const char *path, char *value, size_t size);
int sim_store_write(u32 txn, const char *path, const char *value);
int sim_store_printf(u32 txn, const char *path, const char *fmt, ...) __printf(3, 4);
int sim_store_rm(u32 txn, const char *path);
int sim_store_list(u32 txn, const char *path, char (*names)[40], int max);
int sim_store_number(const char *path, int fallback);
u32 sim_store_begin(void);
int sim_store_end(u32 txn, bool abort);
void sim_store_watch(struct sim_store_watch *w);
void sim_store_unwatch(struct sim_store_watch *w);
void sim_store_forget_guest(void);

/* --- netback.c */
struct sim_backend_features {
	unsigned int queues;		/* 0: without the key */
	bool split, sg, tso, csum6, ctrl, mcast;
	bool closes_at_once;		/* a slow one shows Closing for a while */
	bool copies;			/* maps nothing: answers at once */
};

struct sim_netback;
extern struct sim_netback *sim_netback;	/* the present one, or NULL */

struct sim_netback *sim_netback_start(const char *dir, unsigned int domid,
				      const struct sim_backend_features *f);
void sim_netback_kill(struct sim_netback *b);
bool sim_netback_connected(void);
void sim_netback_hostile(unsigned int kind);
unsigned int sim_netback_send(unsigned int frames);
void sim_netback_restart(void);
void sim_netback_pause(u64 ns);
bool sim_netback_lied(void);
extern u64 sim_netback_got;	/* frames that came out right */
unsigned int sim_netback_queues(void);	/* most that it has, 0 if it is not connected */
extern bool sim_lied;		/* in this life, at all */

/* --- toolstack.c */
void sim_toolstack_attach(void);
void sim_toolstack_detach(bool forced);
void sim_toolstack_save(bool cancel);
void sim_toolstack_storm(void *arg);
bool sim_toolstack_busy(void);
bool sim_toolstack_has_device(void);
/* What the hypervisor does when the guest suspends. */
bool sim_toolstack_suspended(void);

/* --- admin.c */
void sim_admin_storm(void *arg);
void sim_monitor_storm(void *arg);
void sim_user_sleep(u64 ns);
extern unsigned int sim_storms;	/* admins that are not done */

/* --- traffic.c */
void sim_sender(void *arg);
void sim_fill_frame(u8 *frame, unsigned int len, u64 seq, bool to_guest);
bool sim_frame_is_sound(const u8 *frame, unsigned int len, bool to_guest, u64 *seq);
void sim_read_all(void);
u64 sim_frames_sent(void);
u64 sim_frames_delivered(void);
void sim_ping(void);
void sim_print(void);

/* --- life.c */
extern bool sim_plenty;		/* nothing is short in this life */
void sim_life(void *arg);

#endif
