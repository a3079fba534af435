/* SPDX-License-Identifier: GPL-2.0 */
/* <linux/skbuff.h> */
#ifndef XNF_SHIM_SKBUFF_H
#define XNF_SHIM_SKBUFF_H

#include <linux/skbuff.h>

#if !XNF_HAS_skb_frag_off
static inline unsigned int skb_frag_off(const skb_frag_t *frag)
{
	return frag->page_offset;
}
#endif

#if !XNF_HAS_skb_put_data
static inline void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	return memcpy(skb_put(skb, len), data, len);
}
#endif

#endif
