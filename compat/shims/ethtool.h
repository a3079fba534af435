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
 * Link settings: kernels without get_link_ksettings ask with struct ethtool_cmd.  The name of the
 * driver's callback is a macro that renames its definition; the bare name, as used in ethtool_ops,
 * is the translation below.  src/Kbuild shows this to ethtool.c only.
 */
#if !XNF_HAS_struct_ethtool_link_ksettings
struct ethtool_link_ksettings {
	struct {
		u32 speed;
		u8 duplex;
		u8 port;
		u8 autoneg;
	} base;
};

#define ethtool_link_ksettings_zero_link_mode(ks, mode) do {} while (0)
#endif

#if !XNF_HAS_ethtool_ops_get_link_ksettings
#define get_link_ksettings get_settings
#ifdef XNF_COMPAT_ETHTOOL
static int xnf_get_link_ksettings_new(struct net_device *dev, struct ethtool_link_ksettings *ks);
static inline int xnf_get_link_ksettings(struct net_device *dev, struct ethtool_cmd *cmd)
{
	struct ethtool_link_ksettings ks = {};
	int err = xnf_get_link_ksettings_new(dev, &ks);

	ethtool_cmd_speed_set(cmd, ks.base.speed);
	cmd->duplex = ks.base.duplex;
	cmd->port = ks.base.port;
	cmd->autoneg = ks.base.autoneg;
	return err;
}
#define xnf_get_link_ksettings(dev, ks) xnf_get_link_ksettings_new(dev, ks)
#endif
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

#endif
