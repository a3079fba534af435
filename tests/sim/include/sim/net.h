/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network devices, packets, NAPI, queueing disciplines, ethtool, XDP.
 *
 * Follows include/linux/{netdevice,skbuff,etherdevice,ethtool,rtnetlink}.h,
 * include/net/{xdp,netdev_queues,sch_generic}.h of 7.3.  Layouts that user
 * space sees are those of the machine's uapi headers.  Leaves out sockets
 * beyond a charge, GRO, offloads other than what Xen's protocol carries.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <sim/dev.h>
#include </usr/include/linux/if_ether.h>
#include </usr/include/linux/if_link.h>
#include </usr/include/linux/ethtool.h>

#define IFNAMSIZ		16
#define VLAN_HLEN		4
#define IFF_UP			0x1
#define IFF_PROMISC		0x100
#define IFF_ALLMULTI		0x200

#define htons(x)	__builtin_bswap16(x)
#define ntohs(x)	__builtin_bswap16(x)
#define htonl(x)	__builtin_bswap32(x)
#define ntohl(x)	__builtin_bswap32(x)

/* --- packets */
#define MAX_SKB_FRAGS		17
#define CHECKSUM_NONE		0
#define CHECKSUM_UNNECESSARY	1
#define CHECKSUM_COMPLETE	2
#define CHECKSUM_PARTIAL	3
#define SKB_GSO_TCPV4		1
#define SKB_GSO_DODGY		2
#define SKB_GSO_TCPV6		16

enum pkt_hash_types { PKT_HASH_TYPE_NONE, PKT_HASH_TYPE_L2, PKT_HASH_TYPE_L3, PKT_HASH_TYPE_L4 };

typedef struct skb_frag {
	struct page *page;
	unsigned int off;
	unsigned int size;
} skb_frag_t;

struct skb_shared_info {
	unsigned int nr_frags;
	unsigned short gso_size, gso_segs;
	unsigned int gso_type;
	skb_frag_t frags[MAX_SKB_FRAGS];
};

struct sock {
	unsigned int charged;	/* packets that are not freed yet */
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len, data_len;
	unsigned char *head, *data;
	unsigned int tail, end;
	struct page *page;	/* that the head is, or NULL */
	__be16 protocol;
	u16 queue_mapping;
	u8 ip_summed;
	u16 csum_start, csum_offset;
	u16 network_header, transport_header, mac_header;
	u32 hash;
	unsigned int meta;
	int users;
	bool more;
	struct list_head list;
	u64 flow, seq;		/* the simulator's: what it is a copy of */
};

struct vlan_hdr {
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

#define SKB_DATA_ALIGN(x)	ALIGN(x, SMP_CACHE_BYTES)
#define skb_shinfo(skb)		((struct skb_shared_info *)((skb)->head + (skb)->end))
#define skb_headlen(skb)	((skb)->len - (skb)->data_len)
#define skb_frag_size(f)	((f)->size)
static inline unsigned int skb_frag_off(const skb_frag_t *f)
{
	return f->off;
}
#define skb_frag_page(f)	((f)->page)
#define skb_is_gso(skb)		(skb_shinfo(skb)->gso_size != 0)
#define skb_shared(skb)		((skb)->users != 1)
#define skb_get_queue_mapping(skb) ((skb)->queue_mapping)
#define skb_record_rx_queue(skb, q) ((skb)->queue_mapping = (q) + 1)
#define skb_checksum_start_offset(skb) \
	((int)(skb)->csum_start - (int)((skb)->data - (skb)->head))
#define skb_tx_timestamp(skb)	((void)(skb))
#define skb_reset_network_header(skb) \
	((skb)->network_header = (skb)->data - (skb)->head)
#define skb_metadata_set(skb, m) ((skb)->meta = (m))
#define skb_mark_for_recycle(skb) ((void)(skb))

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp);
struct sk_buff *build_skb(void *data, unsigned int size);
void kfree_skb(struct sk_buff *skb);
void consume_skb(struct sk_buff *skb);
void dev_kfree_skb_any(struct sk_buff *skb);
void dev_consume_skb_any(struct sk_buff *skb);
#define dev_kfree_skb(skb)	consume_skb(skb)
void skb_reserve(struct sk_buff *skb, unsigned int len);
void *skb_put(struct sk_buff *skb, unsigned int len);
void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len);
void *__skb_pull(struct sk_buff *skb, unsigned int len);
void *__skb_push(struct sk_buff *skb, unsigned int len);
bool pskb_may_pull(struct sk_buff *skb, unsigned int len);
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);
void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int off,
		     int size, unsigned int truesize);
int skb_checksum_help(struct sk_buff *skb);
int skb_checksum_setup(struct sk_buff *skb, bool recalculate);
void skb_set_hash(struct sk_buff *skb, u32 hash, enum pkt_hash_types type);
unsigned int sim_skbs_in_use(void);

/* --- features */
#define NETIF_F_SG		(1ull << 0)
#define NETIF_F_IP_CSUM		(1ull << 1)
#define NETIF_F_IPV6_CSUM	(1ull << 4)
#define NETIF_F_TSO		(1ull << 16)
#define NETIF_F_GSO_ROBUST	(1ull << 17)
#define NETIF_F_TSO6		(1ull << 20)
#define NETIF_F_RXHASH		(1ull << 33)
#define NETIF_F_RXCSUM		(1ull << 34)
#define NETIF_F_GRO		(1ull << 14)

/* --- devices */
struct net_device;
struct napi_struct;
struct netlink_ext_ack;
struct netdev_bpf;
struct xdp_frame;

typedef enum netdev_tx { NETDEV_TX_OK = 0x00, NETDEV_TX_BUSY = 0x10 } netdev_tx_t;
enum netdev_queue_type { NETDEV_QUEUE_TYPE_RX, NETDEV_QUEUE_TYPE_TX };

struct net_device_ops {
	int (*ndo_init)(struct net_device *dev);
	void (*ndo_uninit)(struct net_device *dev);
	int (*ndo_open)(struct net_device *dev);
	int (*ndo_stop)(struct net_device *dev);
	netdev_tx_t (*ndo_start_xmit)(struct sk_buff *skb, struct net_device *dev);
	void (*ndo_set_rx_mode)(struct net_device *dev);
	int (*ndo_set_mac_address)(struct net_device *dev, void *addr);
	int (*ndo_validate_addr)(struct net_device *dev);
	int (*ndo_change_mtu)(struct net_device *dev, int mtu);
	void (*ndo_get_stats64)(struct net_device *dev, struct rtnl_link_stats64 *s);
	netdev_features_t (*ndo_fix_features)(struct net_device *dev, netdev_features_t f);
	int (*ndo_set_features)(struct net_device *dev, netdev_features_t f);
	int (*ndo_bpf)(struct net_device *dev, struct netdev_bpf *bpf);
	int (*ndo_xdp_xmit)(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags);
};

/* Byte queue limits, with a limit that the life chose (lib/dynamic_queue_limits.c). */
struct dql {
	unsigned int queued, completed, limit;
};

enum netdev_queue_state {
	SIM_XOFF_DRV = 1,
	SIM_XOFF_STACK = 2,
};

struct netdev_queue {
	struct net_device *dev;
	spinlock_t _xmit_lock;
	unsigned int state;
	struct dql dql;
	unsigned int out;	/* packets that dql counts */
	struct napi_struct *napi;
	spinlock_t qdisc_lock;
	struct list_head qdisc;
	unsigned int qlen;
	bool noop;		/* deactivated: what comes is lost */
	bool scheduled;		/* net_tx_action will look */
	bool running;
};

struct netdev_hw_addr {
	struct list_head list;
	u8 addr[ETH_ALEN];
};

#define __LINK_STATE_START		0
#define __LINK_STATE_PRESENT		1
#define __LINK_STATE_NOCARRIER		2
#define __LINK_STATE_LINKWATCH_PENDING	3

enum { SIM_NETREG_NONE, SIM_NETREG_REGISTERED, SIM_NETREG_GONE };

struct netdev_stat_ops;
struct ethtool_ops;

struct net_device {
	char name[IFNAMSIZ];
	unsigned long state;
	unsigned int flags;
	const struct net_device_ops *netdev_ops;
	const struct ethtool_ops *ethtool_ops;
	const struct netdev_stat_ops *stat_ops;
	netdev_features_t features, hw_features, wanted_features, vlan_features;
	unsigned int mtu, min_mtu, max_mtu;
	u8 dev_addr[ETH_ALEN], perm_addr[ETH_ALEN];
	unsigned int num_tx_queues, real_num_tx_queues, num_rx_queues, real_num_rx_queues;
	struct netdev_queue *tx;
	struct napi_struct **rx_napi;
	struct list_head napi_list;
	struct mutex lock;
	bool threaded;
	unsigned int xdp_features;
	struct bpf_prog *xdp_prog;
	spinlock_t addr_list_lock;
	struct list_head mc;
	unsigned int mc_count;
	int reg_state;
	struct device *parent;
	void *priv;
	struct list_head all;
	u64 rx_delivered;
};

#define netdev_priv(dev)	((dev)->priv)
#define SET_NETDEV_DEV(dev, p)	((dev)->parent = (p))
#define netdev_err(dev, fmt, a...)  sim_printk("err", "%s: " fmt, (dev)->name, ##a)
#define netdev_warn(dev, fmt, a...) sim_printk("warn", "%s: " fmt, (dev)->name, ##a)
#define netdev_info(dev, fmt, a...) sim_printk("info", "%s: " fmt, (dev)->name, ##a)

struct net_device *alloc_etherdev_mqs(int priv, unsigned int txqs, unsigned int rxqs);
void free_netdev(struct net_device *dev);
int register_netdev(struct net_device *dev);
void unregister_netdev(struct net_device *dev);
void rtnl_lock(void);
void rtnl_unlock(void);
bool rtnl_is_mine(void);
#define ASSERT_RTNL()		WARN_ON(!rtnl_is_mine())
void synchronize_net(void);

int dev_open(struct net_device *dev);
void dev_close(struct net_device *dev);
int dev_set_mtu(struct net_device *dev, int mtu);
void netdev_update_features(struct net_device *dev);
int netif_set_real_num_tx_queues(struct net_device *dev, unsigned int n);
int netif_set_real_num_queues(struct net_device *dev, unsigned int tx, unsigned int rx);
void netif_carrier_on(struct net_device *dev);
void netif_carrier_off(struct net_device *dev);
#define netif_carrier_ok(dev)	(!test_bit(__LINK_STATE_NOCARRIER, &(dev)->state))
#define netif_running(dev)	test_bit(__LINK_STATE_START, &(dev)->state)
bool qdisc_tx_is_noop(const struct net_device *dev);
void __netdev_notify_peers(struct net_device *dev);
#define NETDEV_CHANGEADDR	8
#define NETDEV_NOTIFY_PEERS	14
int call_netdevice_notifiers(unsigned long event, struct net_device *dev);
void eth_hw_addr_set(struct net_device *dev, const u8 *addr);
void eth_hw_addr_random(struct net_device *dev);
int eth_mac_addr(struct net_device *dev, void *addr);
int eth_validate_addr(struct net_device *dev);
__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev);
void netdev_rss_key_fill(void *key, size_t len);

static inline void ether_addr_copy(u8 *to, const u8 *from)
{
	memcpy(to, from, ETH_ALEN);
}

static inline bool ether_addr_equal(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, ETH_ALEN);
}

static inline bool is_valid_ether_addr(const u8 *a)
{
	static const u8 zero[ETH_ALEN];

	return !(a[0] & 1) && memcmp(a, zero, ETH_ALEN);
}

static inline bool eth_type_vlan(__be16 type)
{
	return type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD);
}

#define netdev_mc_count(dev)	((dev)->mc_count)
#define netdev_for_each_mc_addr(ha, dev) list_for_each_entry(ha, &(dev)->mc, list)
#define netif_addr_lock_bh(dev)	spin_lock_bh(&(dev)->addr_list_lock)
#define netif_addr_unlock_bh(dev) spin_unlock_bh(&(dev)->addr_list_lock)

/* --- transmit queues */
#define netdev_get_tx_queue(d, i) (&(d)->tx[i])
#define __netif_tx_lock(q, cpu)	do { (void)(cpu); spin_lock(&(q)->_xmit_lock); } while (0)
#define __netif_tx_unlock(q)	spin_unlock(&(q)->_xmit_lock)
#define __netif_tx_lock_bh(q)	spin_lock_bh(&(q)->_xmit_lock)
#define __netif_tx_unlock_bh(q)	spin_unlock_bh(&(q)->_xmit_lock)
void netif_tx_stop_queue(struct netdev_queue *q);
void netif_tx_start_queue(struct netdev_queue *q);
void netif_tx_wake_queue(struct netdev_queue *q);
bool netif_tx_queue_stopped(const struct netdev_queue *q);
bool netif_xmit_stopped(const struct netdev_queue *q);
void netif_tx_stop_all_queues(struct net_device *dev);
void netif_tx_wake_all_queues(struct net_device *dev);
void netif_tx_disable(struct net_device *dev);
bool netdev_xmit_more(void);
bool __netdev_tx_sent_queue(struct netdev_queue *q, unsigned int bytes, bool more);
void netdev_tx_completed_queue(struct netdev_queue *q, unsigned int pkts, unsigned int bytes);
void netdev_tx_reset_queue(struct netdev_queue *q);
int dev_queue_xmit(struct sk_buff *skb);

/* --- NAPI */
#define NAPI_POLL_WEIGHT 64
struct napi_struct {
	struct net_device *dev;
	int (*poll)(struct napi_struct *n, int budget);
	bool listed, sched, missed, disable;
	bool threaded, for_thread, stop_thread;
	struct sim_fiber *thread;
	unsigned int index;
	int irq;
	struct list_head dev_list, poll_list;
	wait_queue_head_t wake;
};

void netdev_lock(struct net_device *dev);
void netdev_unlock(struct net_device *dev);
void netif_napi_add(struct net_device *dev, struct napi_struct *n,
		    int (*poll)(struct napi_struct *, int));
void netif_napi_add_config_locked(struct net_device *dev, struct napi_struct *n,
				  int (*poll)(struct napi_struct *, int), int index);
void netif_napi_del_locked(struct napi_struct *n);
void napi_enable_locked(struct napi_struct *n);
void napi_disable_locked(struct napi_struct *n);
bool napi_schedule(struct napi_struct *n);
bool napi_complete_done(struct napi_struct *n, int work);
void netif_napi_set_irq(struct napi_struct *n, int irq);
void netif_queue_set_napi(struct net_device *dev, unsigned int q,
			  enum netdev_queue_type type, struct napi_struct *n);
struct sk_buff *napi_alloc_skb(struct napi_struct *n, unsigned int len);
void napi_gro_receive(struct napi_struct *n, struct sk_buff *skb);
void napi_consume_skb(struct sk_buff *skb, int budget);

/* --- statistics */
struct u64_stats_sync { char nothing; };
#define u64_stats_init(s)		((void)(s))
#define u64_stats_update_begin(s)	((void)(s))
#define u64_stats_update_end(s)		((void)(s))
typedef struct { volatile u64 v; } u64_stats_t;
#define u64_stats_read(p)		(((const u64_stats_t *)(p))->v)
#define u64_stats_add(p, n)		((void)((p)->v += (n)))
#define u64_stats_inc(p)		((void)((p)->v++))
#define u64_stats_fetch_begin(s)	((void)(s), 0u)
#define u64_stats_fetch_retry(s, start)	((void)(s), (void)(start), false)

struct netdev_queue_stats_rx { u64 bytes, packets, alloc_fail; };
struct netdev_queue_stats_tx { u64 bytes, packets; };
struct netdev_stat_ops {
	void (*get_queue_stats_rx)(struct net_device *dev, int i, struct netdev_queue_stats_rx *s);
	void (*get_queue_stats_tx)(struct net_device *dev, int i, struct netdev_queue_stats_tx *s);
	void (*get_base_stats)(struct net_device *dev, struct netdev_queue_stats_rx *rx,
			       struct netdev_queue_stats_tx *tx);
};

/* --- ethtool */
struct kernel_ethtool_ringparam { int nothing; };
struct kernel_ethtool_coalesce { int nothing; };
struct kernel_ethtool_ts_info { int nothing; };
struct ethtool_eth_mac_stats {
	u64 FramesTransmittedOK, FramesReceivedOK, OctetsTransmittedOK, OctetsReceivedOK;
};
struct ethtool_rxfh_fields { u32 data, flow_type, rss_context; };
struct ethtool_rxfh_param {
	u8 hfunc;
	u32 indir_size, *indir, key_size;
	u8 *key;
};
#define ETH_RSS_HASH_TOP		1
#define ETHTOOL_COALESCE_RX_USECS	1
#define ETHTOOL_COALESCE_RX_MAX_FRAMES	2
struct ethtool_ops {
	u32 supported_coalesce_params;
	void (*get_drvinfo)(struct net_device *, struct ethtool_drvinfo *);
	u32 (*get_link)(struct net_device *);
	void (*get_ringparam)(struct net_device *, struct ethtool_ringparam *,
			      struct kernel_ethtool_ringparam *, struct netlink_ext_ack *);
	void (*get_channels)(struct net_device *, struct ethtool_channels *);
	int (*set_channels)(struct net_device *, struct ethtool_channels *);
	int (*get_coalesce)(struct net_device *, struct ethtool_coalesce *,
			    struct kernel_ethtool_coalesce *, struct netlink_ext_ack *);
	int (*set_coalesce)(struct net_device *, struct ethtool_coalesce *,
			    struct kernel_ethtool_coalesce *, struct netlink_ext_ack *);
	void (*self_test)(struct net_device *, struct ethtool_test *, u64 *);
	int (*get_sset_count)(struct net_device *, int);
	void (*get_strings)(struct net_device *, u32, u8 *);
	void (*get_ethtool_stats)(struct net_device *, struct ethtool_stats *, u64 *);
	void (*get_eth_mac_stats)(struct net_device *, struct ethtool_eth_mac_stats *);
	int (*get_ts_info)(struct net_device *, struct kernel_ethtool_ts_info *);
	u32 (*get_rx_ring_count)(struct net_device *);
	u32 (*get_rxfh_key_size)(struct net_device *);
	u32 (*get_rxfh_indir_size)(struct net_device *);
	int (*get_rxfh)(struct net_device *, struct ethtool_rxfh_param *);
	int (*set_rxfh)(struct net_device *, struct ethtool_rxfh_param *, struct netlink_ext_ack *);
	int (*get_rxfh_fields)(struct net_device *, struct ethtool_rxfh_fields *);
	int (*set_rxfh_fields)(struct net_device *, const struct ethtool_rxfh_fields *,
			       struct netlink_ext_ack *);
};
u32 ethtool_op_get_link(struct net_device *dev);
int ethtool_op_get_ts_info(struct net_device *dev, struct kernel_ethtool_ts_info *info);
void ethtool_sprintf(u8 **data, const char *fmt, ...) __printf(2, 3);
void ethtool_puts(u8 **data, const char *s);

/* --- XDP */
enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };
enum bpf_netdev_command { XDP_SETUP_PROG, XDP_SETUP_PROG_HW };
enum xdp_mem_type { MEM_TYPE_PAGE_SHARED, MEM_TYPE_PAGE_ORDER0 };
#define XDP_PACKET_HEADROOM	256
#define XDP_XMIT_FLUSH		1
#define XDP_XMIT_FLAGS_MASK	1u
#define NETDEV_XDP_ACT_BASIC	1
#define NETDEV_XDP_ACT_REDIRECT	2
#define NETDEV_XDP_ACT_NDO_XMIT	4
#define NL_SET_ERR_MSG_MOD(extack, msg) do { (void)(extack); sim_log("refused: %s", msg); } while (0)

/* A program is a function of the frame and of chance. */
struct bpf_prog {
	int refs;
	u32 (*run)(struct bpf_prog *prog, u8 *data, unsigned int len);
};
struct netdev_bpf {
	enum bpf_netdev_command command;
	struct bpf_prog *prog;
	struct netlink_ext_ack *extack;
};
struct xdp_rxq_info { struct net_device *dev; bool registered; };
struct xdp_buff {
	void *data, *data_end, *data_meta, *data_hard_start;
	struct xdp_rxq_info *rxq;
	u32 frame_sz;
};
struct xdp_frame {
	void *data;
	u32 len, headroom, flags;
	struct page *page;
};

static inline void xdp_init_buff(struct xdp_buff *b, u32 frame_sz, struct xdp_rxq_info *rxq)
{
	b->frame_sz = frame_sz;
	b->rxq = rxq;
}

static inline void xdp_prepare_buff(struct xdp_buff *b, unsigned char *start, int headroom,
				    int len, const bool meta)
{
	b->data_hard_start = start;
	b->data = start + headroom;
	b->data_end = start + headroom + len;
	b->data_meta = meta ? b->data : b->data + 1;
}

static inline bool xdp_frame_has_frags(const struct xdp_frame *f)
{
	return f->flags & 1;
}

int xdp_rxq_info_reg(struct xdp_rxq_info *rxq, struct net_device *dev, u32 queue, unsigned int napi_id);
int xdp_rxq_info_reg_mem_model(struct xdp_rxq_info *rxq, enum xdp_mem_type type, void *allocator);
void xdp_rxq_info_unreg(struct xdp_rxq_info *rxq);
u32 bpf_prog_run_xdp(struct bpf_prog *prog, struct xdp_buff *b);
void bpf_prog_put(struct bpf_prog *prog);
int xdp_do_redirect(struct net_device *dev, struct xdp_buff *b, struct bpf_prog *prog);
void xdp_do_flush(void);
void xdp_return_frame_rx_napi(struct xdp_frame *f);
#define bpf_warn_invalid_xdp_action(dev, prog, act) sim_log("invalid XDP action %u", act)
#define trace_xdp_exception(dev, prog, act) ((void)(prog))

/* --- the simulator's own: net.c, napi.c, qdisc.c */
void sim_net_init(void);
struct net_device *sim_net_first(void);
unsigned int sim_net_devices(void);
void sim_dev_set_threaded(struct net_device *dev, bool on);
int sim_dev_set_xdp(struct net_device *dev, struct bpf_prog *prog);
int sim_dev_set_features(struct net_device *dev, netdev_features_t change, bool on);
void sim_dev_mc(struct net_device *dev, const u8 *addr, bool add);
void sim_qdisc_init(void);
void sim_qdisc_activate(struct net_device *dev);
void sim_qdisc_deactivate(struct net_device *dev);
void sim_queue_setup(struct net_device *dev, struct netdev_queue *q);
void sim_napi_init(void);
unsigned int sim_napis_listed(void);
/* Where a received frame ends up; traffic.c. */
void sim_deliver(struct sk_buff *skb);
extern unsigned int sim_bql_limit;
void sim_netpoll_send(struct net_device *dev, struct sk_buff *skb);
extern u64 sim_tx_lost;
/* Called while a packet is built: for who answers it before it is whole. */
extern void (*sim_build_hook)(unsigned int queue);

static inline void sim_build_moment(void)
{
	if (unlikely(sim_build_hook) && sim_current->builds)
		sim_build_hook(sim_current->builds - 1);
}

#endif
