// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's admin: ip, ethtool, modprobe, sysfs, XDP, NAPI threads.
 *
 * Each act is what the tool makes the kernel do, under the locks that the core
 * takes for it, and has a budget of virtual time.  An act whose device goes
 * meanwhile finds none, as the tool would.
 */
#include <sim/peer.h>

unsigned int sim_storms;

/* In user space, where a freezer finds it. */
void sim_user_sleep(u64 ns)
{
	const struct sim_wait wait = { .kind = "user", .name = "user space", .bounded = true };
	u64 until = sim_now + ns;

	while (sim_now < until)
		sim_block(&wait, until);
	try_to_freeze();
}

static struct net_device *lock_device(void)
{
	rtnl_lock();
	return sim_net_first();
}

static void up_or_down(void)
{
	struct net_device *dev = lock_device();

	if (dev && dev->flags & IFF_UP)
		dev_close(dev);
	else if (dev)
		dev_open(dev);
	rtnl_unlock();
}

static void set_up(void)
{
	struct net_device *dev = lock_device();

	if (dev)
		dev_open(dev);
	rtnl_unlock();
}

/* What is connected has what was asked for; more than the backend has is refused. */
static void check_channels(const struct net_device *dev, unsigned int asked)
{
	unsigned int most = sim_netback_queues();

	if (!sim_plenty || !most || !netif_carrier_ok(dev))
		return;
	if (dev->real_num_tx_queues != asked)
		sim_fail("admin", "ethtool -L %u returned, and there are %u queues; the backend has %u",
			 asked, dev->real_num_tx_queues, most);
}

static void set_channels(void)
{
	struct ethtool_channels ch = { .combined_count = 1 + sim_chance(4) };
	struct net_device *dev = lock_device();
	int err;

	if (dev) {
		sim_log("ethtool -L combined %u", ch.combined_count);
		err = dev->ethtool_ops->set_channels(dev, &ch);
		sim_log("ethtool -L: %d", err);
		if (!err)
			check_channels(dev, ch.combined_count);
	}
	rtnl_unlock();
}

static void read_everything(void)
{
	struct net_device *dev = lock_device();
	struct rtnl_link_stats64 tot = {};
	struct ethtool_channels ch = {};
	struct ethtool_test test = {};
	u64 *values, result[8];
	u8 *names;
	int n;

	if (dev) {
		n = dev->ethtool_ops->get_sset_count(dev, ETH_SS_STATS);
		values = calloc(n, 8);
		names = calloc(n, ETH_GSTRING_LEN);
		dev->ethtool_ops->get_strings(dev, ETH_SS_STATS, names);
		dev->ethtool_ops->get_ethtool_stats(dev, NULL, values);
		dev->netdev_ops->ndo_get_stats64(dev, &tot);
		dev->ethtool_ops->get_channels(dev, &ch);
		dev->ethtool_ops->self_test(dev, &test, result);
		free(values);
		free(names);
	}
	rtnl_unlock();
	if (sim_one_in(2))
		sim_debugfs_read_all();
}

static void set_hash(void)
{
	u32 table[128], i;
	u8 key[40];
	struct ethtool_rxfh_param p = { .indir = table, .key = NULL };
	struct net_device *dev = lock_device();

	for (i = 0; i < 128; i++)
		table[i] = i % 2;
	memset(key, 3, sizeof(key));
	if (sim_one_in(2))
		p.key = key;
	if (dev && dev->ethtool_ops->get_rxfh_indir_size(dev))
		sim_log("ethtool -X: %d", dev->ethtool_ops->set_rxfh(dev, &p, NULL));
	rtnl_unlock();
}

static void set_coalesce(void)
{
	struct ethtool_coalesce ec = {
		.rx_coalesce_usecs = sim_one_in(2) ? 0 : sim_chance(5000),
		.rx_max_coalesced_frames = sim_chance(64),
	};
	struct net_device *dev = lock_device();

	if (dev)
		dev->ethtool_ops->set_coalesce(dev, &ec, NULL, NULL);
	rtnl_unlock();
}

static void switch_features(void)
{
	netdev_features_t change = sim_one_in(4) ? NETIF_F_SG : NETIF_F_RXHASH;
	bool on = sim_chance(2);
	struct net_device *dev;

	rtnl_lock();
	dev = sim_net_first();
	if (dev) {
		dev->wanted_features &= ~change;
		if (on)
			dev->wanted_features |= change & dev->hw_features;
		sim_log("ethtool -K %s %d", change == NETIF_F_RXHASH ? "rxhash" : "sg", on);
		netdev_update_features(dev);
	}
	rtnl_unlock();
}

/* What is hashed for a kind of flow: "ethtool -N eth0 rx-flow-hash". */
static void set_hash_fields(void)
{
	struct ethtool_rxfh_fields f = {
		.flow_type = sim_one_in(2) ? TCP_V4_FLOW : TCP_V6_FLOW,
		.data = RXH_IP_SRC | RXH_IP_DST,
	};
	struct net_device *dev = lock_device();

	if (sim_one_in(2))
		f.data |= RXH_L4_B_0_1 | RXH_L4_B_2_3;
	if (dev)
		sim_log("ethtool -N: %d", dev->ethtool_ops->set_rxfh_fields(dev, &f, NULL));
	rtnl_unlock();
}

static void set_mtu(void)
{
	struct net_device *dev = lock_device();

	if (dev)
		dev_set_mtu(dev, 1000 + sim_chance(3) * 500);
	rtnl_unlock();
}

static void set_threaded(void)
{
	struct net_device *dev = lock_device();

	if (dev) {
		sim_log("echo %d > threaded", !dev->threaded);
		sim_dev_set_threaded(dev, !dev->threaded);
	}
	rtnl_unlock();
}

static void join_groups(void)
{
	struct net_device *dev = lock_device();
	u8 group[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, sim_chance(70) };

	if (dev)
		sim_dev_mc(dev, group, sim_chance(3));
	rtnl_unlock();
}

/* --- XDP: mostly passes */
static u32 run_program(struct bpf_prog *prog, u8 *data, unsigned int len)
{
	(void)prog;
	(void)data;
	(void)len;
	return sim_one_in(4) ? sim_chance(6) : XDP_PASS;
}

static void set_xdp(void)
{
	static struct bpf_prog progs[2] = { { 1, run_program }, { 1, run_program } };
	struct net_device *dev = lock_device();
	struct bpf_prog *prog = sim_one_in(2) ? NULL : &progs[sim_chance(2)];

	if (dev && prog != dev->xdp_prog) {
		sim_log("XDP %s", prog ? "on" : "off");
		sim_log("XDP: %d", sim_dev_set_xdp(dev, prog));
	}
	rtnl_unlock();
}

/* --- the driver */
static void set_params(void)
{
	sim_module_set("trusted", !sim_one_in(4));
	sim_module_set("max_queues", sim_chance(5));
	sim_module_set("close_timeout_ms", sim_one_in(3) ? 200 : 10000);
}

static void load(void)
{
	set_params();
	sim_module_load();
	sim_user_sleep(sim_chance(30) * SIM_MS);
	set_up();
}

static void reload(void)
{
	if (!sim_module_loaded()) {
		load();
		return;
	}
	/*
	 * Without a watch of its own an unload takes the bus's way of unbinding,
	 * which hangs by itself, see rebind().
	 */
	sim_xs_quota = 0;
	sim_log("modprobe -r");
	sim_module_unload();
	if (!sim_one_in(8)) {
		sim_user_sleep(sim_chance(sim_one_in(2) ? 3 : 500) * SIM_MS);
		load();
	}
}

bool sim_unbinding;
bool sim_toolstack_acts(void);
bool sim_xs_idle(void);

/*
 * An unbind by sysfs holds device_lock and waits for the watch thread, which
 * waits for device_lock if the folder goes or the guest suspends: the bus hangs
 * by itself, with any driver, so the two do not meet here.
 */
static void rebind(void)
{
	if (!sim_module_loaded() || sim_toolstack_acts() || !sim_xs_idle())
		return;
	sim_unbinding = true;
	sim_log("unbind: %d", sim_sysfs_unbind(SIM_FRONT));
	sim_unbinding = false;
	sim_user_sleep(sim_chance(100) * SIM_MS);
	sim_log("bind: %d", sim_sysfs_bind(SIM_FRONT));
	set_up();
}

/*
 * The bus gives its watch on a backend back under device_lock, as in rebind(),
 * so this does not meet what the toolstack does.  Half of the buses tell nobody.
 */
static void sleep_a_while(void)
{
	u64 ns = sim_chance(200) * SIM_MS;

	sim_current->freezable = false;
	if (sim_one_in(3)) {
		sim_pm_notify(PM_SUSPEND_PREPARE);
		sim_sleep_ns(ns, "the end of the sleep");
		sim_pm_notify(PM_POST_SUSPEND);
	} else if (!sim_toolstack_acts() && sim_xs_idle()) {
		sim_unbinding = true;
		sim_pm_sleep(sim_chance(3), ns);
		sim_unbinding = false;
	}
	sim_current->freezable = true;
}

#define ACTS_OF_ANYBODY	(ARRAY_SIZE(acts) - 3)

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int weight;
	unsigned int seconds;
} acts[] = {
	{ "ip link set up/down", up_or_down, 2, 30 },
	{ "ip link set up", set_up, 4, 30 },
	{ "ethtool -L", set_channels, 3, 40 },
	{ "ethtool -S", read_everything, 2, 40 },
	{ "ethtool -X", set_hash, 1, 40 },
	{ "ethtool -N", set_hash_fields, 1, 40 },
	{ "ethtool -C", set_coalesce, 1, 30 },
	{ "ethtool -K", switch_features, 1, 60 },
	{ "mtu", set_mtu, 1, 30 },
	{ "threaded", set_threaded, 1, 40 },
	{ "groups", join_groups, 2, 30 },
	{ "xdp", set_xdp, 3, 40 },
	/* From here on it is one admin's alone. */
	{ "modprobe", reload, 3, 100 },
	{ "unbind", rebind, 1, 100 },
	{ "sleep", sleep_a_while, 1, 30 },
};

/* The first @count of the table. */
static void one_act(unsigned int count)
{
	unsigned int i, sum = 0, pick;

	for (i = 0; i < count; i++)
		sum += acts[i].weight;
	pick = sim_chance(sum);
	for (i = 0; pick >= acts[i].weight; i++)
		pick -= acts[i].weight;
	sim_budget(acts[i].name, acts[i].seconds * SIM_S);
	acts[i].run();
	sim_budget_over();
}

void sim_admin_storm(void *arg)
{
	unsigned int n = (unsigned long)arg;

	sim_current->freezable = true;
	while (n--) {
		sim_user_sleep(sim_one_in(2) ? sim_chance(30) * SIM_MS : sim_chance(1500) * SIM_MS);
		one_act(ARRAY_SIZE(acts));
		if (sim_one_in(2))
			sim_netback_send(1 + sim_chance(40));
	}
	sim_storms--;
}

/* Somebody else at the same time, who does all but load, unload and bind. */
void sim_monitor_storm(void *arg)
{
	unsigned int n = (unsigned long)arg;

	sim_current->freezable = true;
	while (n--) {
		sim_user_sleep(sim_one_in(2) ? sim_chance(5) * SIM_MS : sim_chance(700) * SIM_MS);
		one_act(ACTS_OF_ANYBODY);
	}
	sim_storms--;
}
