// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's connection to xenstored: requests, transactions, watches.
 *
 * Follows drivers/xen/xenbus/xenbus_xs.c function by function where locks and
 * waits are concerned: requests and open transactions are users that a suspend
 * waits for; it counts as begun before it takes xs_watch_rwsem; one thread runs
 * all callbacks under xenwatch_mutex, which whoever removes a watch takes, too,
 * unless it is that thread.  Leaves out the ring: a request is a wait, in the
 * middle of which xenstored acts.
 */
#include <sim/peer.h>

static DEFINE_SPINLOCK(xs_state_lock);
static unsigned int xs_state_users, xs_suspend_active;
static DECLARE_WAIT_QUEUE_HEAD(xs_state_enter_wq);
static DECLARE_WAIT_QUEUE_HEAD(xs_state_exit_wq);
static DECLARE_RWSEM(xs_watch_rwsem);
static DEFINE_MUTEX(xs_response_mutex);
static DEFINE_MUTEX(xenwatch_mutex);
static DEFINE_SPINLOCK(watches_lock);
static DEFINE_SPINLOCK(watch_events_lock);
static LIST_HEAD(watches);
static LIST_HEAD(watch_events);
static DECLARE_WAIT_QUEUE_HEAD(watch_events_waitq);
static struct sim_fiber *xenwatch;
static unsigned int next_id = 1, nr_watches, open_transactions;
static bool away;	/* suspended: what is fired meanwhile waits, or is lost */

struct xs_watch_event {
	struct list_head list;
	struct xenbus_watch *handle;
	char path[96];
};

/* What xenstored knows of a watch of ours. */
struct remote {
	struct sim_store_watch watch;
	struct xenbus_watch *local;
	bool relative;
	struct remote *next;
};

static struct remote *remotes;
static LIST_HEAD(stash);	/* events that came while away */

/* --- requests */
static void xs_suspend_enter(void)
{
	spin_lock(&xs_state_lock);
	xs_suspend_active++;
	spin_unlock(&xs_state_lock);
	wait_event(xs_state_exit_wq, xs_state_users == 0);
}

static void xs_suspend_exit(void)
{
	spin_lock(&xs_state_lock);
	xs_suspend_active--;
	spin_unlock(&xs_state_lock);
	wake_up_all(&xs_state_enter_wq);
}

static void xs_request_enter(bool begins)
{
	spin_lock(&xs_state_lock);
	while (!xs_state_users && xs_suspend_active) {
		spin_unlock(&xs_state_lock);
		wait_event(xs_state_enter_wq, xs_suspend_active == 0);
		spin_lock(&xs_state_lock);
	}
	xs_state_users += begins ? 2 : 1;
	spin_unlock(&xs_state_lock);
}

static void xs_request_exit(unsigned int users)
{
	spin_lock(&xs_state_lock);
	xs_state_users -= users;
	if (xs_suspend_active && !xs_state_users)
		wake_up(&xs_state_exit_wq);
	spin_unlock(&xs_state_lock);
}

/* Half of a round trip. */
static void travel(void)
{
	might_sleep();
	if (sim_one_in(50))
		sim_sleep_ns(sim_chance(20) * SIM_MS, "xenstored");
	else
		sim_sleep_ns(5000 + sim_chance(150000), "xenstored");
}

/* What is asked within a transaction may fail for want of memory, at either end. */
static bool no_memory(void)
{
	return sim_memory_short && sim_one_in(sim_memory_short);
}

static void begin_request(void)
{
	xs_request_enter(false);
	travel();
}

static void end_request(void)
{
	travel();
	xs_request_exit(1);
}

static void absolute(char *to, size_t size, const char *dir, const char *node)
{
	const char *home = dir[0] == '/' ? "" : SIM_HOME "/";

	if (node[0])
		snprintf(to, size, "%s%s/%s", home, dir, node);
	else
		snprintf(to, size, "%s%s", home, dir);
}

void *xenbus_read(struct xenbus_transaction t, const char *dir,
		  const char *node, unsigned int *len)
{
	char path[160], value[80];
	int err;

	absolute(path, sizeof(path), dir, node);
	begin_request();
	err = sim_store_read(t.id, path, value, sizeof(value));
	if (t.id && no_memory())
		err = -ENOMEM;
	end_request();
	if (err)
		return ERR_PTR(err);
	if (len)
		*len = strlen(value);
	return kstrdup(value, GFP_KERNEL | __GFP_NOFAIL);
}

int xenbus_write(struct xenbus_transaction t, const char *dir, const char *node,
		 const char *string)
{
	char path[160];
	int err;

	absolute(path, sizeof(path), dir, node);
	begin_request();
	err = sim_store_write(t.id, path, string);
	if (!t.id)
		sim_log("xs: %s = %s", path, string);
	end_request();
	return err;
}

int xenbus_printf(struct xenbus_transaction t, const char *dir, const char *node,
		  const char *fmt, ...)
{
	char value[80];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	return xenbus_write(t, dir, node, value);
}

int xenbus_rm(struct xenbus_transaction t, const char *dir, const char *node)
{
	char path[160];
	int err;

	absolute(path, sizeof(path), dir, node);
	begin_request();
	err = sim_store_rm(t.id, path);
	end_request();
	return err;
}

int xenbus_exists(struct xenbus_transaction t, const char *dir, const char *node)
{
	char path[160];
	int err;

	absolute(path, sizeof(path), dir, node);
	begin_request();
	err = sim_store_read(t.id, path, NULL, 0);
	end_request();
	return !err;
}

/* One block: the pointers, and the strings behind them. */
char **xenbus_directory(struct xenbus_transaction t, const char *dir,
			const char *node, unsigned int *num)
{
	char path[160], names[80][40], **list, *text;
	int i, n;

	absolute(path, sizeof(path), dir, node);
	begin_request();
	n = sim_store_list(t.id, path, names, 80);
	end_request();
	if (n < 0)
		return ERR_PTR(n);
	list = kmalloc(80 * (sizeof(char *) + 40), GFP_KERNEL | __GFP_NOFAIL);
	text = (char *)(list + 80);
	for (i = 0; i < n; i++, text += 40)
		list[i] = strcpy(text, names[i]);
	*num = n;
	return list;
}

unsigned int xenbus_read_unsigned(const char *dir, const char *node,
				  unsigned int default_val)
{
	char *value = xenbus_read(XBT_NIL, dir, node, NULL);
	unsigned int number;

	if (IS_ERR(value))
		return default_val;
	if (sscanf(value, "%u", &number) != 1)
		number = default_val;
	kfree(value);
	return number;
}

int xenbus_transaction_start(struct xenbus_transaction *t)
{
	if (no_memory())
		return -ENOMEM;
	xs_request_enter(true);
	travel();
	t->id = sim_store_begin();
	open_transactions++;
	travel();
	xs_request_exit(1);
	return 0;
}

int xenbus_transaction_end(struct xenbus_transaction t, bool abort)
{
	int err;

	begin_request();
	err = sim_store_end(t.id, abort);
	open_transactions--;
	sim_log("xs: transaction %s: %d", abort ? "dropped" : "ends", err);
	travel();
	xs_request_exit(2);
	return err;
}

/* --- watches */
static void enqueue(struct xenbus_watch *w, const char *path)
{
	struct xs_watch_event *ev;

	if (w->will_handle && !w->will_handle(w, path, ""))
		return;
	ev = calloc(1, sizeof(*ev));
	ev->handle = w;
	snprintf(ev->path, sizeof(ev->path), "%s", path);
	list_add_tail(&ev->list, away ? &stash : &watch_events);
	w->nr_pending++;
	if (!away)
		sim_wake(xenwatch);
}

static bool is_registered(const struct xenbus_watch *w)
{
	struct xenbus_watch *other;

	list_for_each_entry(other, &watches, list)
		if (other == w)
			return true;
	return false;
}

/* xenstored's side: no lock of the guest, no switch. */
static void remote_fires(struct sim_store_watch *sw, const char *path)
{
	struct remote *r = container_of(sw, struct remote, watch);
	size_t home = strlen(SIM_HOME) + 1;

	/* find_watch() of its token */
	if (!is_registered(r->local))
		return;
	enqueue(r->local, r->relative && strlen(path) > home ? path + home : path);
}

/* A watch is its path and its token, and a token is an address. */
static struct remote **find_remote(struct xenbus_watch *w)
{
	char path[sizeof(remotes->watch.path)];
	struct remote **p;

	absolute(path, sizeof(path), w->node, "");
	for (p = &remotes; *p; p = &(*p)->next)
		if ((*p)->local == w && !strcmp((*p)->watch.path, path))
			break;
	return p;
}

static void add_remote(struct xenbus_watch *w)
{
	struct remote *r = calloc(1, sizeof(*r));

	r->local = w;
	r->relative = w->node[0] != '/';
	r->watch.guest = true;
	r->watch.fire = remote_fires;
	r->watch.id = w->sim_id;
	absolute(r->watch.path, sizeof(r->watch.path), w->node, "");
	r->next = remotes;
	remotes = r;
	sim_store_watch(&r->watch);
}

static void forget_remote(struct remote **p)
{
	struct remote *r = *p;

	if (!r)
		return;
	*p = r->next;
	if (r->watch.guest)
		sim_store_unwatch(&r->watch);
	free(r);
}

static int xs_watch(struct xenbus_watch *w)
{
	int err = 0;

	begin_request();
	if (*find_remote(w))
		err = -EEXIST;
	else
		add_remote(w);
	end_request();
	return err;
}

static void xs_unwatch(struct xenbus_watch *w)
{
	begin_request();
	forget_remote(find_remote(w));
	end_request();
}

/*
 * The kernel that loaded the image has left its watch, with the token of this
 * one: what it watched was in memory at the same address.
 */
void sim_xs_leave_watch(struct xenbus_watch *w, const char *node)
{
	struct xenbus_watch left = { .node = node };
	struct remote *r;

	/* Its first event was for that kernel: nobody here has it. */
	add_remote(&left);
	r = remotes;
	r->local = w;
	sim_log("xs: a watch of %s is left", node);
}

unsigned int sim_xs_quota;
unsigned int sim_xs_twin;
bool sim_watches_short;

/* One that the driver sets up, not its bus */
static bool is_optional(const struct xenbus_watch *w)
{
	return strstr(w->node, "/disconnect") || strstr(w->node, "/carrier") ||
	       (!strncmp(w->node, "device/", 7) && strstr(w->node, "/backend"));
}

int register_xenbus_watch(struct xenbus_watch *w)
{
	int err = 0;

	w->nr_pending = 0;
	w->sim_id = next_id++;
	down_read(&xs_watch_rwsem);
	spin_lock(&watches_lock);
	BUG_ON(is_registered(w));
	list_add_tail(&w->list, &watches);
	nr_watches++;
	spin_unlock(&watches_lock);
	if (sim_xs_quota && nr_watches > sim_xs_quota) {
		err = -ENOSPC;
	} else {
		if (sim_xs_twin && is_optional(w) && sim_one_in(2)) {
			sim_xs_twin--;
			sim_xs_leave_watch(w, w->node);
		}
		err = xs_watch(w);
	}
	if (err) {
		spin_lock(&watches_lock);
		list_del(&w->list);
		nr_watches--;
		spin_unlock(&watches_lock);
	}
	up_read(&xs_watch_rwsem);
	return err;
}

static void drop_events(struct list_head *from, struct xenbus_watch *w)
{
	struct xs_watch_event *ev, *next;

	list_for_each_entry_safe(ev, next, from, list)
		if (ev->handle == w) {
			list_del(&ev->list);
			free(ev);
		}
}

void unregister_xenbus_watch(struct xenbus_watch *w)
{
	bool self = sim_current == xenwatch;

	down_read(&xs_watch_rwsem);
	spin_lock(&watches_lock);
	BUG_ON(!is_registered(w));
	list_del(&w->list);
	nr_watches--;
	spin_unlock(&watches_lock);
	xs_unwatch(w);
	up_read(&xs_watch_rwsem);
	/* Make sure there are no callbacks running currently (unless it's us). */
	if (!self)
		mutex_lock(&xenwatch_mutex);
	spin_lock(&watch_events_lock);
	drop_events(&watch_events, w);
	drop_events(&stash, w);
	w->nr_pending = 0;
	spin_unlock(&watch_events_lock);
	if (!self)
		mutex_unlock(&xenwatch_mutex);
}

static void run_event(void)
{
	struct xs_watch_event *ev;

	mutex_lock(&xenwatch_mutex);
	spin_lock(&watch_events_lock);
	ev = list_first_entry_or_null(&watch_events, struct xs_watch_event, list);
	if (ev) {
		list_del(&ev->list);
		ev->handle->nr_pending--;
	}
	spin_unlock(&watch_events_lock);
	if (ev) {
		sim_check_text(ev->handle->callback, "watch");
		ev->handle->callback(ev->handle, ev->path, "");
		free(ev);
	}
	mutex_unlock(&xenwatch_mutex);
}

static void xenwatch_thread(void *arg)
{
	const struct sim_wait wait = { .kind = "work", .name = "watch events", .bounded = true };

	(void)arg;
	for (;;) {
		while (list_empty(&watch_events))
			sim_block(&wait, SIM_NEVER);
		/* Events are late, now and then very. */
		if (sim_one_in(8))
			sim_sleep_ns(sim_chance(sim_one_in(8) ? 50 : 4) * SIM_MS, "the watch thread's turn");
		run_event();
	}
}

/* --- suspend */
void xs_suspend(void)
{
	xs_suspend_enter();
	down_write(&xs_watch_rwsem);
	mutex_lock(&xs_response_mutex);
	away = true;
}

static void back(bool lost)
{
	struct xs_watch_event *ev, *next;

	away = false;
	list_for_each_entry_safe(ev, next, &stash, list) {
		list_del(&ev->list);
		if (lost) {
			ev->handle->nr_pending--;
			free(ev);
		} else {
			list_add_tail(&ev->list, &watch_events);
		}
	}
	sim_wake(xenwatch);
}

void xs_resume(void)
{
	struct xenbus_watch *w;

	back(true);
	mutex_unlock(&xs_response_mutex);
	xs_suspend_exit();
	while (remotes)
		forget_remote(&remotes);
	list_for_each_entry(w, &watches, list)
		xs_watch(w);
	up_write(&xs_watch_rwsem);
}

void xs_suspend_cancel(void)
{
	back(false);
	mutex_unlock(&xs_response_mutex);
	up_write(&xs_watch_rwsem);
	xs_suspend_exit();
}

void sim_watches_refuse_text(void)
{
	struct xenbus_watch *w;

	list_for_each_entry(w, &watches, list)
		sim_refuse_text(w->callback, "watch");
}

unsigned int sim_xs_watches(void)
{
	return nr_watches;
}

unsigned int sim_xs_transactions(void)
{
	return open_transactions;
}

bool sim_xs_idle(void);
bool sim_xs_idle(void)
{
	return list_empty(&watch_events) && !mutex_is_locked(&xenwatch_mutex) &&
	       !xs_state_users;
}

void sim_xs_init(void)
{
	xenwatch = sim_spawn("xenwatch", SIM_TASK, xenwatch_thread, NULL);
}
