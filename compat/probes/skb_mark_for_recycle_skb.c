/* skb_mark_for_recycle(skb).  Upstream v5.15 (57f05bc2ab24); v5.14 wanted page and pool as well. */
/* needs: skb_mark_for_recycle */
#include <linux/skbuff.h>

void xnf_probe_skb_mark_for_recycle_skb(struct sk_buff *skb);
void xnf_probe_skb_mark_for_recycle_skb(struct sk_buff *skb)
{
	skb_mark_for_recycle(skb);
}
