/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/netdevice.h>, <linux/etherdevice.h>, <linux/u64_stats_sync.h> */
#ifndef XNF_SHIM_NETDEVICE_H
#define XNF_SHIM_NETDEVICE_H

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/u64_stats_sync.h>
#if XNF_HAS_header_net_netdev_queues_h
#include <net/netdev_queues.h>
#endif
#if XNF_FEATURE_xdp
#include <net/xdp.h>
#endif

#if XNF_HAS_netif_napi_add_4
static inline void xnf_netif_napi_add(struct net_device *dev, struct napi_struct *napi,
				      int (*poll)(struct napi_struct *, int))
{
	netif_napi_add(dev, napi, poll, NAPI_POLL_WEIGHT);
}
#undef netif_napi_add
#define netif_napi_add xnf_netif_napi_add
#elif !XNF_HAS_netif_napi_add_3
#error "xen-netfront: no known form of netif_napi_add() in this kernel"
#endif

/*
 * Contexts in a list of which an admin may want something at any time are listed and enabled
 * under one lock; before, rtnl was that lock, and the driver holds it.  Their ids and settings
 * last for as long as they are listed.
 */
#if !XNF_HAS_netif_napi_add_config_locked
#define netdev_lock(dev) do {} while (0)
#define netdev_unlock(dev) do {} while (0)
#define netif_napi_add_config_locked(dev, napi, poll, index) netif_napi_add(dev, napi, poll)
#define napi_enable_locked(napi) napi_enable(napi)
#define napi_disable_locked(napi) napi_disable(napi)
#define netif_napi_del_locked(napi) netif_napi_del(napi)
#endif

#if !XNF_HAS_netif_napi_set_irq
#define netif_napi_set_irq(napi, irq) do {} while (0)
#endif

/* Where the kernel cannot say that polling goes on, it never does. */
#if !XNF_HAS_napi_complete_done_bool
static inline bool xnf_napi_complete_done(struct napi_struct *napi, int work)
{
#if XNF_HAS_napi_complete_done
	BUILD_BUG_ON(!__builtin_types_compatible_p(typeof(napi_complete_done(napi, work)), void));
	napi_complete_done(napi, work);
#else
	napi_complete(napi);
#endif
	return true;
}
#undef napi_complete_done
#define napi_complete_done xnf_napi_complete_done
#endif

#if !XNF_HAS_napi_alloc_skb
static inline struct sk_buff *napi_alloc_skb(struct napi_struct *napi, unsigned int length)
{
	return netdev_alloc_skb_ip_align(napi->dev, length);
}
#endif

/* Without it, drop monitors cannot tell a packet that was sent from one that was lost. */
#if !XNF_HAS_dev_consume_skb_any
static inline void dev_consume_skb_any(struct sk_buff *skb)
{
	dev_kfree_skb_any(skb);
}
#endif

#if !XNF_HAS_napi_consume_skb
/* A budget of zero means netpoll, which may run with interrupts off. */
static inline void napi_consume_skb(struct sk_buff *skb, int budget)
{
	dev_consume_skb_any(skb);
}
#endif

#if !XNF_HAS_netif_set_real_num_queues
static inline int netif_set_real_num_queues(struct net_device *dev, unsigned int txq,
					    unsigned int rxq)
{
	int err = netif_set_real_num_rx_queues(dev, rxq);

	return err ? err : netif_set_real_num_tx_queues(dev, txq);
}
#endif

/* The caller holds rtnl. */
#if !XNF_HAS___netdev_notify_peers
static inline void __netdev_notify_peers(struct net_device *dev)
{
	call_netdevice_notifiers(NETDEV_NOTIFY_PEERS, dev);
#if XNF_HAS_netdev_resend_igmp
	call_netdevice_notifiers(NETDEV_RESEND_IGMP, dev);
#endif
}
#endif

#if !XNF_HAS_netif_queue_set_napi
#define netif_queue_set_napi(dev, index, type, napi) do {} while (0)
#endif

#if !XNF_HAS_netdev_rss_key_fill
#define netdev_rss_key_fill(buffer, len) get_random_bytes(buffer, len)
#endif

#if !XNF_HAS_eth_hw_addr_set
static inline void eth_hw_addr_set(struct net_device *dev, const u8 *addr)
{
	memcpy(dev->dev_addr, addr, ETH_ALEN);
}
#endif

#if !XNF_HAS_ether_addr_copy
static inline void ether_addr_copy(u8 *dst, const u8 *src)
{
	memcpy(dst, src, ETH_ALEN);
}
#endif

#if !XNF_HAS_u64_stats_init
#define u64_stats_init(syncp) do {} while (0)
#endif

/* Before there was a type for counters that are read while they are written. */
#if !XNF_HAS_u64_stats_inc
typedef struct {
	u64 v;
} u64_stats_t;

static inline u64 u64_stats_read(const u64_stats_t *p)
{
	return *(const volatile u64 *)&p->v;
}

static inline void u64_stats_add(u64_stats_t *p, unsigned long val)
{
	p->v += val;
}

static inline void u64_stats_inc(u64_stats_t *p)
{
	p->v++;
}
#endif

/*
 * More packets of this queue are on their way: hold the doorbell back.  The mark used to be on the
 * packet; the driver asks at the top of a function whose packet is called skb.
 */
#if !XNF_HAS_netdev_xmit_more
#if XNF_HAS_sk_buff_xmit_more
#define netdev_xmit_more() (skb->xmit_more)
#else
#define netdev_xmit_more() false
#endif
#endif

/* Return: true if the doorbell is due. */
#if !XNF_HAS___netdev_tx_sent_queue
static inline bool __netdev_tx_sent_queue(struct netdev_queue *queue, unsigned int bytes,
					  bool xmit_more)
{
	netdev_tx_sent_queue(queue, bytes);
	return !xmit_more || netif_xmit_stopped(queue);
}
#endif

/*
 * MTU limits.  RHEL 7 keeps them, and the new form of the callback, behind struct extensions;
 * older kernels have none, and the callback has to check for itself.
 */
#if !XNF_HAS_net_device_min_mtu && XNF_HAS_net_device_extended_min_mtu
#define min_mtu extended->min_mtu
#define max_mtu extended->max_mtu
#endif
#if !XNF_HAS_net_device_ops_ndo_change_mtu && XNF_HAS_net_device_ops_extended_ndo_change_mtu
#define ndo_change_mtu ndo_size = sizeof(struct net_device_ops), .extended.ndo_change_mtu
#endif

static inline void xnf_set_mtu_limits(struct net_device *dev, unsigned int min, unsigned int max)
{
#if XNF_HAS_net_device_min_mtu || XNF_HAS_net_device_extended_min_mtu
	dev->min_mtu = min;
	dev->max_mtu = max;
#endif
}

/* Return: false if the kernel let an MTU through that is outside the limits. */
static inline bool xnf_mtu_in_limits(unsigned int mtu, unsigned int min, unsigned int max)
{
#if XNF_HAS_net_device_min_mtu || XNF_HAS_net_device_extended_min_mtu
	return true;
#else
	return mtu >= min && mtu <= max;
#endif
}

#ifndef ETH_MIN_MTU
#define ETH_MIN_MTU 68
#endif

/*
 * Callbacks whose parameters changed: the driver's name for each is a macro that gives the
 * definition the kernel's parameters.  None of them may use a parameter that is dropped here.
 */
#if XNF_HAS_ndo_get_stats64_pointer && !XNF_HAS_ndo_get_stats64_void
/* The definition gets another name, the bare name is a wrapper that returns the argument. */
void xnf_get_stats64_void(struct net_device *dev, struct rtnl_link_stats64 *tot);
static inline struct rtnl_link_stats64 *xnf_get_stats64(struct net_device *dev,
							struct rtnl_link_stats64 *tot)
{
	xnf_get_stats64_void(dev, tot);
	return tot;
}
#define xnf_get_stats64(dev, tot) xnf_get_stats64_void(dev, tot)
#elif !XNF_HAS_ndo_get_stats64_void
#error "xen-netfront: no known form of ndo_get_stats64 in this kernel"
#endif

/* Before 4.19 netpoll wants a device to have it. */
#ifdef CONFIG_NET_POLL_CONTROLLER
#define XNF_NETPOLL_OPS .ndo_poll_controller = netdev_poll_controller,
#else
#define XNF_NETPOLL_OPS
#endif

/* Operations that the struct has from the floor of XDP on. */
#if XNF_FEATURE_xdp && XNF_HAS_skb_mark_for_recycle
#define XNF_XDP_OPS .ndo_bpf = xnf_bpf, .ndo_xdp_xmit = xnf_xdp_xmit,
#elif XNF_FEATURE_xdp
/*
 * Who frees what was not sent?  The driver up to 5.12, its caller since; RHEL 8 went from one to
 * the other, and no header shows it.  After an error it is the caller in both, and nobody's if all
 * are reported as sent.  Pages of received packets are given back since 5.14, by kernels of the
 * later rule.
 */
int xnf_xdp_xmit(struct net_device *dev, int count, struct xdp_frame **frames, u32 flags);
static inline int xnf_xdp_xmit_all(struct net_device *dev, int count, struct xdp_frame **frames,
				   u32 flags)
{
	int sent = xnf_xdp_xmit(dev, count, frames, flags);

	if (sent < 0)
		return sent;
	for (; sent < count; sent++)
		xdp_return_frame_rx_napi(frames[sent]);
	return count;
}
#define XNF_XDP_OPS .ndo_bpf = xnf_bpf, .ndo_xdp_xmit = xnf_xdp_xmit_all,
#else
#define XNF_XDP_OPS
#endif

#endif
