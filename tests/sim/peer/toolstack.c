// SPDX-License-Identifier: GPL-2.0
/*
 * The toolstack, as libxl: devices come and go, the guest is saved and
 * restored, the host's domain of a backend dies.
 *
 * Follows tools/libs/light/libxl_{device,nic,dom_suspend}.c: one transaction
 * for both folders; a detach is online = 0 and state = 5 in the backend's
 * folder, a wait for state 6, and then both folders go; a forced one does not
 * wait.  A guest that does not suspend within a limit is what the user sees as
 * "guest did not suspend".
 */
#include <sim/peer.h>

#define SUSPEND_LIMIT	(90 * SIM_S)
#define DETACH_LIMIT	(20 * SIM_S)

static unsigned int handle_domid;	/* of the backend: each host has another */
static char backend_dir[72];
static bool have_device, busy, acting, suspending, cancel_next;
static struct sim_backend_features features;

static void pick_features(void)
{
	static const unsigned int queues[] = { 0, 1, 2, 4, 8 };

	features.queues = queues[sim_chance(ARRAY_SIZE(queues))];
	features.split = sim_chance(2);
	features.sg = !sim_one_in(4);
	features.tso = features.sg && !sim_one_in(4);
	features.csum6 = sim_chance(2);
	features.ctrl = sim_chance(2);
	features.mcast = sim_chance(2);
	features.closes_at_once = sim_chance(2);
}

/*
 * Pulled or not.  Where the key cannot be watched the driver sees it with the
 * next connection only, and says so; there it is always plugged in.
 */
static const char *cable(void)
{
	bool pulled = sim_one_in(3);

	return pulled && !sim_memory_short && !sim_watches_short ? "1" : "0";
}

static void write_folders(void)
{
	char path[120];
	u32 txn = sim_store_begin();

	snprintf(backend_dir, sizeof(backend_dir), "/local/domain/%u/backend/vif/1/0", handle_domid);
	snprintf(path, sizeof(path), "%s/frontend", backend_dir);
	sim_store_write(txn, path, SIM_FRONT_ABS);
	snprintf(path, sizeof(path), "%s/online", backend_dir);
	sim_store_write(txn, path, "1");
	snprintf(path, sizeof(path), "%s/state", backend_dir);
	sim_store_write(txn, path, "1");
	sim_store_write(txn, SIM_FRONT_ABS "/backend", backend_dir);
	sim_store_printf(txn, SIM_FRONT_ABS "/backend-id", "%u", handle_domid);
	sim_store_write(txn, SIM_FRONT_ABS "/mac", "00:16:3e:01:02:03");
	if (sim_one_in(3))
		sim_store_write(txn, SIM_FRONT_ABS "/mtu", sim_one_in(2) ? "1400" : "9000");
	if (sim_one_in(3))
		sim_store_write(txn, SIM_FRONT_ABS "/disconnect", cable());
	sim_store_write(txn, SIM_FRONT_ABS "/state", "1");
	sim_store_end(txn, false);
}

void sim_toolstack_attach(void)
{
	if (have_device)
		return;
	handle_domid = sim_chance(4) ? 0 : 5;
	pick_features();
	sim_log("toolstack: attach, backend in domain %u, %u queues%s%s%s%s", handle_domid,
		features.queues, features.split ? ", split" : "", features.sg ? ", sg" : "",
		features.ctrl ? ", ctrl" : "", features.mcast ? ", mcast" : "");
	write_folders();
	sim_netback_start(backend_dir, handle_domid, &features);
	have_device = true;
}

static void remove_folders(void)
{
	sim_store_rm(0, SIM_FRONT_ABS);
	sim_store_rm(0, backend_dir);
	have_device = false;
}

static void ask_to_close(void)
{
	char path[120];

	snprintf(path, sizeof(path), "%s/online", backend_dir);
	sim_store_write(0, path, "0");
	snprintf(path, sizeof(path), "%s/state", backend_dir);
	sim_store_write(0, path, "5");
}

static bool is_closed(void)
{
	char path[120];

	snprintf(path, sizeof(path), "%s/state", backend_dir);
	return sim_store_number(path, 6) == 6;
}

void sim_toolstack_detach(bool forced)
{
	struct sim_netback *b = sim_netback;
	u64 limit = sim_now + DETACH_LIMIT;

	if (!have_device)
		return;
	sim_log("toolstack: %sdetach", forced ? "forced " : "");
	if (!forced) {
		ask_to_close();
		while (!is_closed() && sim_now < limit)
			sim_sleep_ns(5 * SIM_MS, "the backend to close");
		/* hotplug script and device model take a while */
		sim_sleep_ns(sim_chance(50) * SIM_MS, "the hotplug script");
	}
	remove_folders();
	if (sim_one_in(2))
		sim_sleep_ns(sim_chance(2000) * SIM_MS, "the backend's domain");
	sim_netback_kill(b);
}

/* The backend's domain dies, and is started again or not. */
static void backend_dies(void)
{
	char path[120];

	if (!have_device)
		return;
	sim_log("toolstack: the backend's domain dies");
	sim_netback_kill(sim_netback);
	snprintf(path, sizeof(path), "%s", backend_dir);
	if (sim_one_in(2))
		sim_store_rm(0, path);
	sim_sleep_ns(sim_chance(3000) * SIM_MS, "another backend");
	remove_folders();
	sim_sleep_ns(sim_chance(500) * SIM_MS, "another backend");
	sim_toolstack_attach();
}

/* --- save and restore */
void sim_toolstack_save(bool cancel)
{
	u64 limit = sim_now + SUSPEND_LIMIT;
	char value[40];

	sim_log("toolstack: save%s", cancel ? ", to be cancelled" : "");
	suspending = true;
	cancel_next = cancel;
	sim_store_write(0, SIM_HOME "/control/simulator", "");
	sim_store_write(0, SIM_HOME "/control/shutdown", "suspend");
	do {
		sim_sleep_ns(5 * SIM_MS, "the guest to suspend");
		if (sim_now > limit)
			sim_fail("budget", "guest did not suspend within %llu s",
				 SUSPEND_LIMIT / SIM_S);
		sim_store_read(0, SIM_HOME "/control/simulator", value, sizeof(value));
	} while (strcmp(value, "resumed"));
	suspending = false;
}

/* Another host: no grant, no port, no watch is known there; a new backend. */
bool sim_toolstack_suspended(void)
{
	if (cancel_next)
		return true;
	sim_netback_kill(sim_netback);
	sim_store_forget_guest();
	sim_grants_resume();
	sim_events_resume();
	sim_store_rm(0, SIM_FRONT_ABS);
	sim_store_rm(0, backend_dir);
	if (!have_device)
		return false;
	handle_domid = sim_chance(4) ? 0 : 5;
	pick_features();
	write_folders();
	sim_netback_start(backend_dir, handle_domid, &features);
	return false;
}

bool sim_toolstack_has_device(void)
{
	return have_device;
}

bool sim_toolstack_busy(void)
{
	return busy || suspending;
}

extern bool sim_unbinding;

static void write_garbage(void)
{
	static const char *const keys[] = { "mtu", "mac", "trusted", "disconnect" };
	static const char *const values[] = { "", "0", "1", "99999", "x", "-1" };
	unsigned int nr = ARRAY_SIZE(keys) - (sim_memory_short || sim_watches_short);
	char path[120];

	if (!have_device)
		return;
	snprintf(path, sizeof(path), "%s/%s", SIM_FRONT_ABS, keys[sim_chance(nr)]);
	sim_store_write(0, path, values[sim_chance(ARRAY_SIZE(values))]);
}

static void pull_cable(void)
{
	if (have_device)
		sim_store_write(0, SIM_FRONT_ABS "/disconnect", cable());
}

static void pause_backend(void)
{
	u64 ms = sim_chance(sim_one_in(2) ? 400 : 25000);

	sim_log("toolstack: the backend's domain stands still for %llu ms", ms);
	sim_netback_pause(ms * SIM_MS);
}

/* The guest's other devices come and go, with their watches. */
static void change_quota(void)
{
	if (!sim_watches_short)
		return;
	sim_xs_quota = sim_one_in(2) ? 0 : 2 + sim_chance(4);
	sim_log("toolstack: xenstored lets the guest have %u watches", sim_xs_quota);
}

static void one_act(void)
{
	while (sim_unbinding)
		sim_sleep_ns(5 * SIM_MS, "the bus");
	acting = true;
	switch (sim_chance(18)) {
	case 0:
		sim_toolstack_detach(true);
		break;
	case 1:
	case 2:
		sim_toolstack_detach(false);
		break;
	case 3:
		backend_dies();
		break;
	case 4:
	case 5:
	case 6:
		sim_toolstack_save(sim_one_in(4));
		break;
	case 7:
		pull_cable();
		break;
	case 8:
		write_garbage();
		break;
	case 9:
	case 10:
		sim_log("toolstack: the backend is restarted");
		sim_netback_restart();
		break;
	case 11:
	case 12:
		pause_backend();
		break;
	case 13:
		change_quota();
		break;
	default:
		sim_toolstack_attach();
	}
	acting = false;
}

bool sim_toolstack_acts(void)
{
	return acting;
}

void sim_toolstack_storm(void *arg)
{
	unsigned int acts = (unsigned long)arg;

	busy = true;
	while (acts--) {
		sim_sleep_ns(sim_one_in(2) ? sim_chance(100) * SIM_MS : sim_chance(3000) * SIM_MS,
			     "the next act");
		if (sim_one_in(4))
			sim_netback_send(1 + sim_chance(200));
		one_act();
	}
	busy = false;
}
