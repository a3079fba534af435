// SPDX-License-Identifier: GPL-2.0
/*
 * One life: a guest with a vif, a storm of events, peace, an unload, and the
 * accounts.
 *
 * Invariants that are looked at here: after the storm traffic flows again
 * without an admin; what was sent arrived or was counted as lost; after the
 * unload nothing is left of the driver: no page, grant, port, watch, timer,
 * work, packet, context, file.
 */
#include <unistd.h>

#include <sim/peer.h>

#define PEACE	(90 * SIM_S)

bool sim_xs_idle(void);

bool sim_plenty;

static void choose_world(void)
{
	bool few_grants = sim_one_in(6), few_ports = sim_one_in(8);

	sim_bql_limit = sim_one_in(3) ? 3000 + sim_chance(20000) : 200000;
	sim_grants_init(few_grants ? 600 + sim_chance(1500) : 6000);
	sim_events_init(few_ports ? 1 + sim_chance(6) : 40);
	if (sim_one_in(6))
		sim_memory_short = 20 + sim_chance(300);
	if (sim_one_in(8))
		sim_xs_quota = 2 + sim_chance(4);
	sim_watches_short = sim_xs_quota;
	sim_plenty = !few_grants && !few_ports && !sim_memory_short && !sim_watches_short;
	if (sim_one_in(4))
		sim_netback_hostile(1 + sim_chance(30));
}

static void load_driver(void)
{
	sim_module_set("trusted", !sim_one_in(4));
	sim_module_set("max_queues", sim_chance(5));
	sim_module_set("close_timeout_ms", sim_one_in(3) ? 200 : 10000);
	if (sim_module_load())
		sim_fail("life", "the driver cannot be loaded");
}

static void bring_up(void)
{
	struct net_device *dev;

	rtnl_lock();
	dev = sim_net_first();
	if (dev)
		dev_open(dev);
	rtnl_unlock();
}

static bool both_ways(void)
{
	struct net_device *dev = sim_net_first();

	return dev && netif_carrier_ok(dev) && sim_netback_connected();
}

/* A frame each way, as often as it takes: somebody may have lost the first. */
static bool ping_pong(void)
{
	u64 got = sim_netback_got, arrived = sim_frames_delivered();

	if (!both_ways())
		return false;
	sim_ping();
	sim_netback_send(1);
	sim_sleep_ns(400 * SIM_MS, "an answer");
	return sim_netback_got > got && sim_frames_delivered() > arrived;
}

/*
 * The host's admin puts another in place of a backend that lied.  A probe that failed
 * is nobody's to repeat but the admin's, nor is it where the bus could not watch
 * the backend and has given the device up.
 */
static void end_shortages(void)
{
	sim_memory_short = 0;
	sim_xs_quota = 0;
	sim_netback_hostile(0);
	sim_netback_pause(0);
	if (sim_netback_lied())
		sim_toolstack_detach(true);
	while (!sim_xs_idle())
		sim_sleep_ns(10 * SIM_MS, "the bus");
	if (sim_watches_short && sim_module_loaded())
		sim_sysfs_unbind(SIM_FRONT);
	if (sim_module_loaded() && !sim_net_first())
		sim_sysfs_bind(SIM_FRONT);
}

/* Nobody helps but what any admin and toolstack have done by then. */
static void wait_for_peace(void)
{
	u64 limit;

	end_shortages();
	/* Whoever can run does, before time passes. */
	sim_config.hurry = 0;
	if (!sim_module_loaded())
		load_driver();
	sim_toolstack_attach();
	sim_store_write(0, SIM_FRONT_ABS "/disconnect", "0");
	limit = sim_now + PEACE;
	while (!ping_pong()) {
		bring_up();
		sim_sleep_ns(200 * SIM_MS, "peace");
		if (sim_now > limit)
			sim_fail("peace", "no traffic %llu s after the storm: device %d, carrier %d, backend %d",
				 PEACE / SIM_S, !!sim_net_first(),
				 sim_net_first() ? netif_carrier_ok(sim_net_first()) : 0,
				 sim_netback_connected());
	}
	sim_log("peace: traffic flows");
}

static void must_be(const char *what, unsigned int is, unsigned int want)
{
	if (is == want)
		return;
	printf("# left over: %s\n", what);
	if (!sim_config.brief) {
		sim_mm_report(stdout);
		sim_grants_report(stdout);
	}
	sim_fail("accounting", "%u %s after the unload, there were %u before", is, what, want);
}

struct accounts {
	unsigned int grants, watches, napis, dentries;
};

static void settle_accounts(const struct accounts *before)
{
	char what[80];
	u64 limit = sim_now + 10 * SIM_S;

	while (!sim_works_quiet(what, sizeof(what))) {
		sim_sleep_ns(10 * SIM_MS, "works to end");
		if (sim_now > limit)
			sim_fail("accounting", "after the unload %s", what);
	}
	/* Deferred grants come back when the backend lets go. */
	sim_netback_kill(sim_netback);
	limit = sim_now + 60 * SIM_S;
	while (sim_grants_deferred() && sim_now < limit)
		sim_sleep_ns(SIM_S, "deferred grants");
	sim_read_all();
	must_be("network devices", sim_net_devices(), 0);
	must_be("NAPI contexts", sim_napis_listed(), before->napis);
	must_be("packets", sim_skbs_in_use(), 0);
	must_be("pages", sim_pages_in_use(), 0);
	must_be("grants", sim_grants_in_use(), before->grants);
	must_be("ports", sim_ports_in_use(), 0);
	must_be("watches", sim_xs_watches(), before->watches);
	must_be("transactions", sim_xs_transactions(), 0);
	must_be("power notifiers", sim_pm_notifiers(), 0);
	must_be("debugfs files", sim_dentries(), before->dentries);
}

/* Less is lost than is counted, for one may be in flight when its interface goes. */
static void check_lost(void)
{
	if (!sim_lied && sim_frames_sent() > sim_netback_got + sim_tx_lost)
		sim_fail("packet", "of %llu frames %llu arrived, and only %llu were counted as lost",
			 sim_frames_sent(), sim_netback_got, sim_tx_lost);
}

static void start_storm(unsigned int acts)
{
	unsigned long i, senders = 1 + sim_chance(3);
	char name[32];

	for (i = 0; i < senders; i++) {
		snprintf(name, sizeof(name), "sender/%lu", i);
		sim_spawn(name, SIM_TASK, sim_sender, (void *)i);
	}
	sim_spawn("toolstack", SIM_PEER, sim_toolstack_storm, (void *)(1ul + sim_chance(acts)));
	sim_storms = 1;
	sim_spawn("admin", SIM_TASK, sim_admin_storm, (void *)(1ul + sim_chance(acts)));
	if (sim_one_in(2))
		return;
	sim_storms++;
	sim_spawn("monitor", SIM_TASK, sim_monitor_storm, (void *)(1ul + 2 * sim_chance(acts)));
}

static void wait_for_end_of_storm(void)
{
	u64 limit = sim_now + 2000 * SIM_S;

	while (sim_storms || sim_toolstack_busy()) {
		sim_sleep_ns(50 * SIM_MS, "the end of the storm");
		if (sim_now > limit)
			sim_fail("budget", "the storm does not end");
	}
	/* Senders stop by themselves. */
	sim_sleep_ns(500 * SIM_MS, "the senders");
}

/* The watch thread sees that the device is gone. */
static void wait_for_bus(void)
{
	u64 limit = sim_now + 60 * SIM_S;

	while (sim_xenbus_devices() || !sim_xs_idle()) {
		sim_sleep_ns(10 * SIM_MS, "the bus");
		if (sim_now > limit)
			sim_fail("accounting", "the bus keeps a device whose folder is gone");
	}
}

void sim_life(void *arg)
{
	unsigned int acts = (unsigned long)arg;
	struct accounts before;

	choose_world();
	sim_net_init();
	if (!sim_one_in(4))
		sim_toolstack_attach();
	sim_xenbus_init();
	before.grants = sim_grants_in_use();
	before.watches = sim_xs_watches();
	before.napis = sim_napis_listed();
	before.dentries = sim_dentries();
	load_driver();
	sim_toolstack_attach();
	sim_sleep_ns(sim_chance(300) * SIM_MS, "the first moments");
	bring_up();
	if (acts) {
		start_storm(acts);
		wait_for_end_of_storm();
	}
	wait_for_peace();
	if (sim_one_in(3))
		sim_toolstack_detach(sim_one_in(2));
	sim_budget("the last unload", 40 * SIM_S);
	sim_module_unload();
	sim_budget_over();
	settle_accounts(&before);
	check_lost();
	sim_toolstack_detach(true);
	wait_for_bus();
	must_be("blocks of kernel memory", sim_kmallocs_in_use(), 0);
	printf("OK %016llx %llu steps %llu switches %.3f s\n", sim_hash(), sim_steps(),
	       sim_switches(), sim_now / 1e9);
	fflush(stdout);
	_exit(0);
}
