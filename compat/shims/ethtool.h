/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/ethtool.h> */
#ifndef XNF_SHIM_ETHTOOL_H
#define XNF_SHIM_ETHTOOL_H

#include <linux/ethtool.h>

/*
 * Put one name and go on to the next.  Not inline: kernels without CONFIG_OPTIMIZE_INLINING make
 * that always_inline, which gcc refuses for a function with variable arguments.
 */
#if !XNF_HAS_ethtool_sprintf
static __maybe_unused __printf(2, 3) void ethtool_sprintf(u8 **data, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf((char *)*data, ETH_GSTRING_LEN, fmt, args);
	va_end(args);
	*data += ETH_GSTRING_LEN;
}
#endif

#if !XNF_HAS_ethtool_puts
static inline void ethtool_puts(u8 **data, const char *str)
{
	ethtool_sprintf(data, "%s", str);
}
#endif

/*
 * Callbacks whose parameters changed, as in netdevice.h: kernel structs and extack are not used.
 */
#if XNF_HAS_ethtool_ringparam_2
#define xnf_get_ringparam(dev, ring, kring, extack) xnf_get_ringparam(dev, ring)
#elif !XNF_HAS_ethtool_ringparam_4
#error "xen-netfront: no known form of ethtool_ops.get_ringparam in this kernel"
#endif

#if XNF_HAS_ethtool_coalesce_2
#define xnf_get_coalesce(dev, ec, kec, extack) xnf_get_coalesce(dev, ec)
#define xnf_set_coalesce(dev, ec, kec, extack) xnf_set_coalesce(dev, ec)
#elif !XNF_HAS_ethtool_coalesce_4
#error "xen-netfront: no known form of ethtool_ops.get_coalesce in this kernel"
#endif

/* Statistics that all drivers name alike ("ethtool -S --groups eth-mac"). */
#if !XNF_HAS_struct_ethtool_eth_mac_stats
struct ethtool_eth_mac_stats {
	u64 FramesTransmittedOK;
	u64 FramesReceivedOK;
	u64 OctetsTransmittedOK;
	u64 OctetsReceivedOK;
};
#endif
#ifdef XNF_COMPAT_ETHTOOL
static void __maybe_unused xnf_get_eth_mac_stats(struct net_device *dev,
						 struct ethtool_eth_mac_stats *stats);
#endif
#if XNF_HAS_ethtool_ops_get_eth_mac_stats
#define XNF_MAC_STATS_OPS						\
	.get_eth_mac_stats	= xnf_get_eth_mac_stats,
#else
#define XNF_MAC_STATS_OPS
#endif

/* What of ethtool_coalesce the driver looks at; older kernels let everything through. */
#if XNF_HAS_ethtool_ops_supported_coalesce_params
#define XNF_COALESCE_OPS						\
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS |	\
				     ETHTOOL_COALESCE_RX_MAX_FRAMES,
#else
#define XNF_COALESCE_OPS
#endif

/*
 * Receive hashing.  What one callback asked by a command became three; tables and keys moved into a
 * struct.  The driver defines the newest set; XNF_ETHTOOL_RXFH_OPS puts in what this kernel asks.
 */
#if !XNF_HAS_struct_ethtool_rxfh_fields
struct ethtool_rxfh_fields {
	u32 data;
	u32 flow_type;
	u32 rss_context;
};
#endif

#if !XNF_HAS_struct_ethtool_rxfh_param
struct ethtool_rxfh_param {
	u8 hfunc;
	u32 indir_size;
	u32 *indir;
	u32 key_size;
	u8 *key;
};
#endif

#ifndef ETH_RSS_HASH_TOP
#define ETH_RSS_HASH_TOP 1
#endif
#ifndef ETH_RSS_HASH_NO_CHANGE
#define ETH_RSS_HASH_NO_CHANGE 0
#endif

#ifdef XNF_COMPAT_ETHTOOL
struct netlink_ext_ack;
static u32 xnf_get_rx_ring_count(struct net_device *dev);
static u32 xnf_get_rxfh_key_size(struct net_device *dev);
static u32 xnf_get_rxfh_indir_size(struct net_device *dev);
static int xnf_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh);
static int xnf_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *rxfh,
			struct netlink_ext_ack *extack);
static int xnf_get_rxfh_fields(struct net_device *dev, struct ethtool_rxfh_fields *fields);
static int xnf_set_rxfh_fields(struct net_device *dev, const struct ethtool_rxfh_fields *fields,
			       struct netlink_ext_ack *extack);

#if XNF_HAS_ethtool_ops_get_rxfh_fields
#define XNF_RXFH_FIELDS_OPS						\
	.get_rxfh_fields	= xnf_get_rxfh_fields,			\
	.set_rxfh_fields	= xnf_set_rxfh_fields,
#else
static inline int xnf_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *nfc)
{
	struct ethtool_rxfh_fields fields = { .flow_type = nfc->flow_type };

	if (nfc->cmd != ETHTOOL_SRXFH)
		return -EOPNOTSUPP;
	fields.data = nfc->data;
	return xnf_set_rxfh_fields(dev, &fields, NULL);
}
#define XNF_RXFH_FIELDS_OPS						\
	.set_rxnfc		= xnf_set_rxnfc,
#endif

#if XNF_HAS_ethtool_ops_get_rx_ring_count
#define XNF_RX_RING_COUNT_OPS						\
	.get_rx_ring_count	= xnf_get_rx_ring_count,
#else
static inline int xnf_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *nfc, u32 *locs)
{
	struct ethtool_rxfh_fields fields = { .flow_type = nfc->flow_type };
	int err;

	if (nfc->cmd == ETHTOOL_GRXRINGS) {
		nfc->data = xnf_get_rx_ring_count(dev);
		return 0;
	}
	if (nfc->cmd != ETHTOOL_GRXFH)
		return -EOPNOTSUPP;
	err = xnf_get_rxfh_fields(dev, &fields);
	nfc->data = fields.data;
	return err;
}
#define XNF_RX_RING_COUNT_OPS						\
	.get_rxnfc		= xnf_get_rxnfc,
#endif

/* Wherever the key can be asked for and set, these are the members; their types differ. */
#define XNF_RXFH_KEY_OPS(get, set)					\
	.get_rxfh_key_size	= xnf_get_rxfh_key_size,		\
	.get_rxfh_indir_size	= xnf_get_rxfh_indir_size,		\
	.get_rxfh		= get,					\
	.set_rxfh		= set,

#if XNF_HAS_ethtool_rxfh_param
#define XNF_RXFH_OPS XNF_RXFH_KEY_OPS(xnf_get_rxfh, xnf_set_rxfh)
#elif XNF_HAS_ethtool_rxfh_hfunc
static inline int xnf_get_rxfh_old(struct net_device *dev, u32 *indir, u8 *key, u8 *hfunc)
{
	struct ethtool_rxfh_param rxfh = { .indir = indir, .key = key };
	int err = xnf_get_rxfh(dev, &rxfh);

	if (hfunc)
		*hfunc = rxfh.hfunc;
	return err;
}

static inline int xnf_set_rxfh_old(struct net_device *dev, const u32 *indir, const u8 *key,
				   const u8 hfunc)
{
	struct ethtool_rxfh_param rxfh = { .hfunc = hfunc, .indir = (u32 *)indir, .key = (u8 *)key };

	return xnf_set_rxfh(dev, &rxfh, NULL);
}
#define XNF_RXFH_OPS XNF_RXFH_KEY_OPS(xnf_get_rxfh_old, xnf_set_rxfh_old)
#elif XNF_HAS_ethtool_rxfh_key
/* Table and key, but no choice of a hash function. */
static inline int xnf_get_rxfh_old(struct net_device *dev, u32 *indir, u8 *key)
{
	struct ethtool_rxfh_param rxfh = { .indir = indir, .key = key };

	return xnf_get_rxfh(dev, &rxfh);
}

static inline int xnf_set_rxfh_old(struct net_device *dev, const u32 *indir, const u8 *key)
{
	struct ethtool_rxfh_param rxfh = { .indir = (u32 *)indir, .key = (u8 *)key };

	return xnf_set_rxfh(dev, &rxfh, NULL);
}
#define XNF_RXFH_OPS XNF_RXFH_KEY_OPS(xnf_get_rxfh_old, xnf_set_rxfh_old)
#elif XNF_HAS_ethtool_rxfh_indir
/* Only the table can be asked for and set, not the key. */
static inline int xnf_get_rxfh_indir(struct net_device *dev, u32 *indir)
{
	struct ethtool_rxfh_param rxfh = { .indir = indir };

	(void)xnf_get_rxfh_key_size;
	return xnf_get_rxfh(dev, &rxfh);
}

static inline int xnf_set_rxfh_indir(struct net_device *dev, const u32 *indir)
{
	struct ethtool_rxfh_param rxfh = { .indir = (u32 *)indir };

	return xnf_set_rxfh(dev, &rxfh, NULL);
}
#define XNF_RXFH_OPS							\
	.get_rxfh_indir_size	= xnf_get_rxfh_indir_size,		\
	.get_rxfh_indir		= xnf_get_rxfh_indir,			\
	.set_rxfh_indir		= xnf_set_rxfh_indir,
#else
#error "xen-netfront: no known form of ethtool_ops.get_rxfh in this kernel"
#endif

#define XNF_ETHTOOL_RXFH_OPS XNF_RXFH_FIELDS_OPS XNF_RX_RING_COUNT_OPS XNF_RXFH_OPS
#endif

#endif
