// SPDX-License-Identifier: GPL-2.0
/*
 * Network devices: their life, rtnl, features, carrier, and what an admin does.
 *
 * Follows net/core/{dev,link_watch,rtnetlink}.c and net/ethernet/eth.c: what is
 * called under rtnl, in which order a device goes down, when a carrier that
 * went takes the queueing disciplines away (a work, late).  Leaves out
 * namespaces, notifiers, uppers, RSS contexts.
 */
#include <sim/net.h>

static DEFINE_MUTEX(rtnl_mutex);
static LIST_HEAD(devices);
static struct sim_class txq_class = { .name = "netdev tx lock" };
static struct sim_class qdisc_class = { .name = "qdisc lock" };
static struct sim_class addr_class = { .name = "addr_list_lock" };
static struct sim_class netdev_class = { .name = "netdev->lock" };
static unsigned int nr_devices, ifindex;
static struct delayed_work linkwatch;

void rtnl_lock(void)
{
	mutex_lock(&rtnl_mutex);
}

void rtnl_unlock(void)
{
	mutex_unlock(&rtnl_mutex);
}

bool rtnl_is_mine(void)
{
	return sim_mutex_is_mine(&rtnl_mutex);
}

void netdev_lock(struct net_device *dev)
{
	mutex_lock(&dev->lock);
}

void netdev_unlock(struct net_device *dev)
{
	mutex_unlock(&dev->lock);
}

void synchronize_net(void)
{
	synchronize_rcu();
}

/* --- life */
static void setup_queues(struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->num_tx_queues; i++) {
		struct netdev_queue *q = &dev->tx[i];

		sim_queue_setup(dev, q);
		sim_spin_init(&q->_xmit_lock, &txq_class);
		sim_spin_init(&q->qdisc_lock, &qdisc_class);
	}
}

struct net_device *alloc_etherdev_mqs(int priv, unsigned int txqs, unsigned int rxqs)
{
	struct net_device *dev = sim_kmalloc(sizeof(*dev), GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL, sim_here);

	dev->priv = sim_kmalloc(priv, GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL, sim_here);
	dev->tx = sim_kmalloc(txqs * sizeof(*dev->tx), GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL, sim_here);
	dev->num_tx_queues = txqs;
	dev->real_num_tx_queues = txqs;
	dev->num_rx_queues = rxqs;
	dev->real_num_rx_queues = rxqs;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	INIT_LIST_HEAD(&dev->napi_list);
	INIT_LIST_HEAD(&dev->mc);
	sim_mutex_init(&dev->lock, &netdev_class);
	sim_spin_init(&dev->addr_list_lock, &addr_class);
	setup_queues(dev);
	strcpy(dev->name, "eth%d");
	return dev;
}

void free_netdev(struct net_device *dev)
{
	if (dev->reg_state == SIM_NETREG_REGISTERED)
		sim_fail("accounting", "a registered network device is freed");
	if (!list_empty(&dev->napi_list))
		sim_fail("accounting", "a network device is freed with NAPI contexts listed");
	sim_qdisc_deactivate(dev);
	kfree(dev->tx);
	kfree(dev->priv);
	kfree(dev);
}

int register_netdev(struct net_device *dev)
{
	int err = 0;

	rtnl_lock();
	snprintf(dev->name, sizeof(dev->name), "eth%u", ifindex++);
	if (dev->netdev_ops->ndo_init)
		err = dev->netdev_ops->ndo_init(dev);
	if (!err) {
		set_bit(__LINK_STATE_PRESENT, &dev->state);
		dev->features |= NETIF_F_GRO;
		dev->hw_features |= NETIF_F_GRO;
		dev->wanted_features = dev->features & dev->hw_features;
		dev->reg_state = SIM_NETREG_REGISTERED;
		list_add_tail(&dev->all, &devices);
		nr_devices++;
		netdev_update_features(dev);
	}
	rtnl_unlock();
	return err;
}

static void free_addresses(struct net_device *dev)
{
	struct netdev_hw_addr *ha, *next;

	list_for_each_entry_safe(ha, next, &dev->mc, list) {
		list_del(&ha->list);
		kfree(ha);
	}
	dev->mc_count = 0;
}

static void remove_xdp(struct net_device *dev)
{
	if (dev->xdp_prog)
		sim_dev_set_xdp(dev, NULL);
}

/* What the driver has counted, and what is under way and will not be counted. */
static void note_lost(struct net_device *dev)
{
	struct rtnl_link_stats64 tot = {};
	unsigned int i;

	dev->netdev_ops->ndo_get_stats64(dev, &tot);
	sim_tx_lost += tot.tx_dropped;
	for (i = 0; i < dev->num_tx_queues; i++)
		sim_tx_lost += dev->tx[i].out;
}

void unregister_netdev(struct net_device *dev)
{
	rtnl_lock();
	dev_close(dev);
	list_del(&dev->all);
	nr_devices--;
	dev->reg_state = SIM_NETREG_GONE;
	synchronize_net();
	remove_xdp(dev);
	free_addresses(dev);
	if (dev->netdev_ops->ndo_uninit)
		dev->netdev_ops->ndo_uninit(dev);
	note_lost(dev);
	rtnl_unlock();
	synchronize_net();
}

int dev_open(struct net_device *dev)
{
	int err;

	ASSERT_RTNL();
	if (dev->flags & IFF_UP)
		return 0;
	set_bit(__LINK_STATE_START, &dev->state);
	err = dev->netdev_ops->ndo_open(dev);
	if (err) {
		clear_bit(__LINK_STATE_START, &dev->state);
		return err;
	}
	dev->flags |= IFF_UP;
	if (dev->netdev_ops->ndo_set_rx_mode) {
		netif_addr_lock_bh(dev);
		dev->netdev_ops->ndo_set_rx_mode(dev);
		netif_addr_unlock_bh(dev);
	}
	if (netif_carrier_ok(dev))
		sim_qdisc_activate(dev);
	sim_log("ip link set %s up", dev->name);
	return 0;
}

void dev_close(struct net_device *dev)
{
	ASSERT_RTNL();
	if (!(dev->flags & IFF_UP))
		return;
	clear_bit(__LINK_STATE_START, &dev->state);
	sim_qdisc_deactivate(dev);
	synchronize_net();
	dev->netdev_ops->ndo_stop(dev);
	dev->flags &= ~IFF_UP;
	sim_log("ip link set %s down", dev->name);
}

/* --- settings */
int dev_set_mtu(struct net_device *dev, int mtu)
{
	if (mtu == (int)dev->mtu)
		return 0;
	if (mtu < (int)dev->min_mtu || (dev->max_mtu && mtu > (int)dev->max_mtu))
		return -EINVAL;
	return dev->netdev_ops->ndo_change_mtu(dev, mtu);
}

void netdev_update_features(struct net_device *dev)
{
	netdev_features_t f;
	int err;

	ASSERT_RTNL();
	f = (dev->features & ~dev->hw_features) | dev->wanted_features;
	if (dev->netdev_ops->ndo_fix_features)
		f = dev->netdev_ops->ndo_fix_features(dev, f);
	if (!(f & NETIF_F_SG))
		f &= ~(NETIF_F_TSO | NETIF_F_TSO6);
	if (f == dev->features)
		return;
	err = dev->netdev_ops->ndo_set_features ? dev->netdev_ops->ndo_set_features(dev, f) : 0;
	if (!err)
		dev->features = f;
}

int sim_dev_set_features(struct net_device *dev, netdev_features_t change, bool on)
{
	rtnl_lock();
	dev->wanted_features &= ~change;
	if (on)
		dev->wanted_features |= change & dev->hw_features;
	netdev_update_features(dev);
	rtnl_unlock();
	return 0;
}

int netif_set_real_num_tx_queues(struct net_device *dev, unsigned int n)
{
	unsigned int old = dev->real_num_tx_queues;

	if (!n || n > dev->num_tx_queues)
		return -EINVAL;
	if (dev->reg_state == SIM_NETREG_REGISTERED)
		ASSERT_RTNL();
	dev->real_num_tx_queues = n;
	if (n < old && dev->reg_state == SIM_NETREG_REGISTERED)
		synchronize_net();
	return 0;
}

int netif_set_real_num_queues(struct net_device *dev, unsigned int tx, unsigned int rx)
{
	int err;

	if (!rx || rx > dev->num_rx_queues)
		return -EINVAL;
	err = netif_set_real_num_tx_queues(dev, tx);
	if (!err)
		dev->real_num_rx_queues = rx;
	return err;
}

void netif_queue_set_napi(struct net_device *dev, unsigned int q,
			  enum netdev_queue_type type, struct napi_struct *n)
{
	if (dev->reg_state == SIM_NETREG_REGISTERED)
		ASSERT_RTNL();
	if (type == NETDEV_QUEUE_TYPE_TX)
		dev->tx[q].napi = n;
}

int sim_dev_set_xdp(struct net_device *dev, struct bpf_prog *prog)
{
	struct netdev_bpf bpf = { .command = XDP_SETUP_PROG, .prog = prog };
	int err;

	ASSERT_RTNL();
	if (!dev->netdev_ops->ndo_bpf)
		return -EOPNOTSUPP;
	if (prog)
		prog->refs++;
	err = dev->netdev_ops->ndo_bpf(dev, &bpf);
	if (err && prog)
		bpf_prog_put(prog);
	if (!err)
		dev->xdp_prog = prog;
	return err;
}

void sim_dev_mc(struct net_device *dev, const u8 *addr, bool add)
{
	struct netdev_hw_addr *ha, *next;

	netif_addr_lock_bh(dev);
	list_for_each_entry_safe(ha, next, &dev->mc, list)
		if (ether_addr_equal(ha->addr, addr)) {
			list_del(&ha->list);
			kfree(ha);
			dev->mc_count--;
		}
	if (add) {
		ha = sim_kmalloc(sizeof(*ha), GFP_ATOMIC | __GFP_NOFAIL, sim_here);
		ether_addr_copy(ha->addr, addr);
		list_add_tail(&ha->list, &dev->mc);
		dev->mc_count++;
	}
	if (dev->flags & IFF_UP && dev->netdev_ops->ndo_set_rx_mode)
		dev->netdev_ops->ndo_set_rx_mode(dev);
	netif_addr_unlock_bh(dev);
}

/* --- carrier: link_watch.c looks a moment later */
static void linkwatch_event(struct work_struct *work)
{
	struct net_device *dev;

	(void)work;
	rtnl_lock();
	list_for_each_entry(dev, &devices, all) {
		if (!test_and_clear_bit(__LINK_STATE_LINKWATCH_PENDING, &dev->state))
			continue;
		if (!(dev->flags & IFF_UP))
			continue;
		if (netif_carrier_ok(dev))
			sim_qdisc_activate(dev);
		else
			sim_qdisc_deactivate(dev);
	}
	rtnl_unlock();
}

static void linkwatch_fire(struct net_device *dev)
{
	if (test_and_set_bit(__LINK_STATE_LINKWATCH_PENDING, &dev->state))
		return;
	queue_delayed_work(system_percpu_wq, &linkwatch, sim_chance(2) ? HZ : 0);
}

void netif_carrier_on(struct net_device *dev)
{
	if (!test_and_clear_bit(__LINK_STATE_NOCARRIER, &dev->state))
		return;
	if (dev->reg_state == SIM_NETREG_REGISTERED)
		linkwatch_fire(dev);
}

void netif_carrier_off(struct net_device *dev)
{
	if (test_and_set_bit(__LINK_STATE_NOCARRIER, &dev->state))
		return;
	if (dev->reg_state == SIM_NETREG_REGISTERED)
		linkwatch_fire(dev);
}

void __netdev_notify_peers(struct net_device *dev)
{
	ASSERT_RTNL();
	sim_log("%s tells its neighbours", dev->name);
}

int call_netdevice_notifiers(unsigned long event, struct net_device *dev)
{
	ASSERT_RTNL();
	sim_log("%s: event %lu", dev->name, event);
	return 0;
}

/* --- addresses and frames */
void eth_hw_addr_set(struct net_device *dev, const u8 *addr)
{
	ether_addr_copy(dev->dev_addr, addr);
}

void eth_hw_addr_random(struct net_device *dev)
{
	get_random_bytes(dev->dev_addr, ETH_ALEN);
	dev->dev_addr[0] = (dev->dev_addr[0] & 0xfe) | 2;
}

int eth_mac_addr(struct net_device *dev, void *addr)
{
	(void)addr;
	return netif_running(dev) ? -EBUSY : 0;
}

int eth_validate_addr(struct net_device *dev)
{
	return is_valid_ether_addr(dev->dev_addr) ? 0 : -EADDRNOTAVAIL;
}

__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev)
{
	struct ethhdr *eth = (struct ethhdr *)skb->data;

	if (skb_headlen(skb) < ETH_HLEN)
		sim_fail("packet", "eth_type_trans() of %u bytes", skb_headlen(skb));
	skb->dev = dev;
	skb->mac_header = skb->data - skb->head;
	__skb_pull(skb, ETH_HLEN);
	return eth->h_proto;
}

void netdev_rss_key_fill(void *key, size_t len)
{
	memset(key, 0x6d, len);
}

/* --- ethtool's own */
u32 ethtool_op_get_link(struct net_device *dev)
{
	return netif_carrier_ok(dev);
}

int ethtool_op_get_ts_info(struct net_device *dev, struct kernel_ethtool_ts_info *info)
{
	(void)dev;
	(void)info;
	return 0;
}

void ethtool_sprintf(u8 **data, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf((char *)*data, ETH_GSTRING_LEN, fmt, args);
	va_end(args);
	*data += ETH_GSTRING_LEN;
}

void ethtool_puts(u8 **data, const char *s)
{
	ethtool_sprintf(data, "%s", s);
}

struct net_device *sim_net_first(void)
{
	return list_first_entry_or_null(&devices, struct net_device, all);
}

unsigned int sim_net_devices(void)
{
	return nr_devices;
}

void sim_net_init(void)
{
	INIT_DELAYED_WORK(&linkwatch, linkwatch_event);
	sim_napi_init();
	sim_qdisc_init();
}
