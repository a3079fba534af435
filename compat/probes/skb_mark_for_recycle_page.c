/* skb_mark_for_recycle(skb, page, pool).  Upstream v5.14 only. */
/* needs: skb_mark_for_recycle */
#include <linux/skbuff.h>

void xnf_probe_skb_mark_for_recycle_page(struct sk_buff *skb, struct page *page, struct page_pool *pool);
void xnf_probe_skb_mark_for_recycle_page(struct sk_buff *skb, struct page *page, struct page_pool *pool)
{
	skb_mark_for_recycle(skb, page, pool);
}
