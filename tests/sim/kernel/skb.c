// SPDX-License-Identifier: GPL-2.0
/*
 * Packets.
 *
 * Follows net/core/skbuff.c: a head with headroom and the shared info behind
 * it, fragments with a reference each on their page.  Leaves out clones, frag
 * lists, destructors beyond a socket's charge, recycling.
 *
 * Invariants: nothing is written outside of a head; a packet is freed once.
 */
#include <sim/net.h>

#define HEADROOM	64

static unsigned int in_use;

static struct sk_buff *make(void *head, unsigned int size, struct page *page)
{
	struct sk_buff *skb = sim_kmalloc(sizeof(*skb), GFP_ATOMIC | __GFP_ZERO | __GFP_NOFAIL, sim_here);

	skb->head = head;
	skb->data = head;
	skb->end = size;
	skb->page = page;
	skb->users = 1;
	INIT_LIST_HEAD(&skb->list);
	memset(skb_shinfo(skb), 0, sizeof(struct skb_shared_info));
	in_use++;
	return skb;
}

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	unsigned int room = SKB_DATA_ALIGN(size);
	void *head = sim_kmalloc(room + sizeof(struct skb_shared_info), gfp, sim_here);

	return head ? make(head, room, NULL) : NULL;
}

struct sk_buff *build_skb(void *data, unsigned int size)
{
	sim_point();
	if (sim_memory_short && sim_one_in(sim_memory_short))
		return NULL;
	return make(data, size - SKB_DATA_ALIGN(sizeof(struct skb_shared_info)),
		    virt_to_page(data));
}

struct sk_buff *napi_alloc_skb(struct napi_struct *n, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len + HEADROOM, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, HEADROOM);
	skb->dev = n->dev;
	return skb;
}

static void free_it(struct sk_buff *skb)
{
	struct skb_shared_info *info;
	unsigned int i;

	if (!skb)
		return;
	sim_point();
	if (--skb->users)
		return;
	info = skb_shinfo(skb);
	for (i = 0; i < info->nr_frags; i++)
		put_page(info->frags[i].page);
	if (skb->sk)
		skb->sk->charged--;
	if (skb->page)
		put_page(skb->page);
	else
		kfree(skb->head);
	in_use--;
	kfree(skb);
}

void kfree_skb(struct sk_buff *skb)
{
	free_it(skb);
}

void consume_skb(struct sk_buff *skb)
{
	free_it(skb);
}

void dev_kfree_skb_any(struct sk_buff *skb)
{
	free_it(skb);
}

void dev_consume_skb_any(struct sk_buff *skb)
{
	free_it(skb);
}

void napi_consume_skb(struct sk_buff *skb, int budget)
{
	(void)budget;
	free_it(skb);
}

void skb_reserve(struct sk_buff *skb, unsigned int len)
{
	skb->data += len;
	skb->tail += len;
}

void *skb_put(struct sk_buff *skb, unsigned int len)
{
	void *to = skb->head + skb->tail;

	if (skb->data_len)
		sim_fail("packet", "skb_put() behind fragments");
	skb->tail += len;
	skb->len += len;
	if (skb->tail > skb->end)
		sim_fail("packet", "skb_over_panic: %u bytes too many", skb->tail - skb->end);
	return to;
}

void *skb_put_data(struct sk_buff *skb, const void *data, unsigned int len)
{
	return memcpy(skb_put(skb, len), data, len);
}

void *__skb_pull(struct sk_buff *skb, unsigned int len)
{
	if (len > skb_headlen(skb))
		sim_fail("packet", "__skb_pull() of %u bytes from %u", len, skb_headlen(skb));
	skb->len -= len;
	return skb->data += len;
}

void *__skb_push(struct sk_buff *skb, unsigned int len)
{
	skb->data -= len;
	skb->len += len;
	if (skb->data < skb->head)
		sim_fail("packet", "skb_under_panic");
	return skb->data;
}

/* Moves bytes from the first fragment into the head. */
bool pskb_may_pull(struct sk_buff *skb, unsigned int len)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (len <= skb_headlen(skb))
		return true;
	if (len > skb->len)
		return false;
	while (skb_headlen(skb) < len && info->nr_frags) {
		skb_frag_t *f = &info->frags[0];
		unsigned int n = min(len - skb_headlen(skb), f->size);

		if (skb->tail + n > skb->end)
			return false;
		memcpy(skb->head + skb->tail, page_address(f->page) + f->off, n);
		skb->tail += n;
		skb->data_len -= n;
		f->off += n;
		f->size -= n;
		if (!f->size) {
			put_page(f->page);
			memmove(f, f + 1, --info->nr_frags * sizeof(*f));
		}
	}
	return skb_headlen(skb) >= len;
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	int head = skb_headlen(skb), n;
	unsigned int i;

	if (sim_is_freed(skb))
		sim_fail("memory", "%s copies from a packet that is freed", sim_current->name);
	sim_build_moment();
	sim_point();
	if (offset + len > (int)skb->len)
		return -EFAULT;
	if (offset < head) {
		n = min(head - offset, len);
		memcpy(to, skb->data + offset, n);
		to += n;
		offset += n;
		len -= n;
	}
	offset -= head;
	for (i = 0; len && i < info->nr_frags; i++) {
		const skb_frag_t *f = &info->frags[i];

		if (offset >= (int)f->size) {
			offset -= f->size;
			continue;
		}
		n = min((int)f->size - offset, len);
		memcpy(to, page_address(f->page) + f->off + offset, n);
		to += n;
		len -= n;
		offset = 0;
	}
	return 0;
}

void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int off,
		     int size, unsigned int truesize)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	(void)truesize;
	if (i >= MAX_SKB_FRAGS)
		sim_fail("packet", "fragment %d of a packet", i);
	info->frags[i].page = page;
	info->frags[i].off = off;
	info->frags[i].size = size;
	info->nr_frags = i + 1;
	skb->len += size;
	skb->data_len += size;
}

/* One's complement sum over @len bytes from @offset on. */
static u16 sum(const struct sk_buff *skb, unsigned int offset)
{
	unsigned int len = skb->len - offset, i;
	u8 *copy = malloc(len + 1);
	u32 s = 0;

	skb_copy_bits(skb, offset, copy, len);
	copy[len] = 0;
	for (i = 0; i < len; i += 2)
		s += copy[i] << 8 | copy[i + 1];
	free(copy);
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

int skb_checksum_help(struct sk_buff *skb)
{
	unsigned int start = skb_checksum_start_offset(skb);
	unsigned int at = start + skb->csum_offset;
	u16 s;

	if (!pskb_may_pull(skb, at + 2))
		return -ENOMEM;
	s = ~sum(skb, start);
	skb->data[at] = s >> 8;
	skb->data[at + 1] = s;
	skb->ip_summed = CHECKSUM_NONE;
	return 0;
}

/* What traffic.c sends is IPv4 and UDP or TCP; all else is not known. */
int skb_checksum_setup(struct sk_buff *skb, bool recalculate)
{
	unsigned int ihl;

	(void)recalculate;
	if (skb->protocol != htons(ETH_P_IP) || !pskb_may_pull(skb, 20))
		return -EPROTO;
	ihl = (skb->data[0] & 15) * 4;
	if (ihl < 20 || !pskb_may_pull(skb, ihl + 8))
		return -EPROTO;
	if (skb->data[9] != 17 && skb->data[9] != 6)
		return -EPROTO;
	skb->csum_start = skb->data - skb->head + ihl;
	skb->csum_offset = skb->data[9] == 17 ? 6 : 16;
	return 0;
}

void skb_set_hash(struct sk_buff *skb, u32 hash, enum pkt_hash_types type)
{
	(void)type;
	skb->hash = hash;
}

unsigned int sim_skbs_in_use(void)
{
	return in_use;
}
