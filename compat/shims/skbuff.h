/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/skbuff.h> */
#ifndef XNF_SHIM_SKBUFF_H
#define XNF_SHIM_SKBUFF_H

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#if !XNF_HAS_skb_frag_off
static inline unsigned int skb_frag_off(const skb_frag_t *frag)
{
	return frag->page_offset;
}
#endif

#if !XNF_HAS_page_is_pfmemalloc
static inline bool page_is_pfmemalloc(const struct page *page)
{
	return page->pfmemalloc;
}
#endif

#if !XNF_HAS_eth_type_vlan
static inline bool eth_type_vlan(__be16 ethertype)
{
	return ethertype == htons(ETH_P_8021Q) || ethertype == htons(ETH_P_8021AD);
}
#endif

#if !XNF_HAS_skb_put_data
static inline void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	return memcpy(skb_put(skb, len), data, len);
}
#endif

/*
 * Tell the stack where the checksum of a received packet with CHECKSUM_PARTIAL goes; with
 * @recalculate the pseudo header is summed as well.  skb->data is at the network header.
 */
#if !XNF_HAS_skb_checksum_setup
static inline __sum16 *xnf_skb_transport_check(struct sk_buff *skb, unsigned int start, u8 proto)
{
	unsigned int header, check;

	if (proto == IPPROTO_TCP) {
		header = sizeof(struct tcphdr);
		check = offsetof(struct tcphdr, check);
	} else if (proto == IPPROTO_UDP) {
		header = sizeof(struct udphdr);
		check = offsetof(struct udphdr, check);
	} else {
		return NULL;
	}
	if (!pskb_may_pull(skb, start + header) || !skb_partial_csum_set(skb, start, check))
		return NULL;
	return (__sum16 *)(skb->data + start + check);
}

static inline int xnf_skb_checksum_setup_ipv4(struct sk_buff *skb, bool recalculate)
{
	unsigned int start;
	__sum16 *check;

	if (!pskb_may_pull(skb, sizeof(struct iphdr)) || ip_is_fragment(ip_hdr(skb)))
		return -EPROTO;
	start = ip_hdr(skb)->ihl * 4;
	check = xnf_skb_transport_check(skb, start, ip_hdr(skb)->protocol);
	if (!check)
		return -EPROTO;
	if (recalculate)
		*check = ~csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr,
					    skb->len - start, ip_hdr(skb)->protocol, 0);
	return 0;
}

static inline int xnf_skb_checksum_setup_ipv6(struct sk_buff *skb, bool recalculate)
{
	__be16 frag_off = 0;
	__sum16 *check;
	u8 proto;
	int start;

	if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)))
		return -EPROTO;
	proto = ipv6_hdr(skb)->nexthdr;
	start = ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), &proto, &frag_off);
	if (start < 0 || frag_off)
		return -EPROTO;
	check = xnf_skb_transport_check(skb, start, proto);
	if (!check)
		return -EPROTO;
	if (recalculate)
		*check = ~csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr,
					  skb->len - start, proto, 0);
	return 0;
}

static inline int skb_checksum_setup(struct sk_buff *skb, bool recalculate)
{
	if (skb->protocol == htons(ETH_P_IP))
		return xnf_skb_checksum_setup_ipv4(skb, recalculate);
	if (skb->protocol == htons(ETH_P_IPV6))
		return xnf_skb_checksum_setup_ipv6(skb, recalculate);
	return -EPROTO;
}
#endif

/* What the hash covers: addresses, or ports as well. */
#if !XNF_HAS_skb_set_hash
enum pkt_hash_types { PKT_HASH_TYPE_NONE, PKT_HASH_TYPE_L2, PKT_HASH_TYPE_L3, PKT_HASH_TYPE_L4 };

static inline void skb_set_hash(struct sk_buff *skb, u32 hash, enum pkt_hash_types type)
{
	skb->rxhash = hash;
	skb->l4_rxhash = type == PKT_HASH_TYPE_L4;
}
#endif

#endif
