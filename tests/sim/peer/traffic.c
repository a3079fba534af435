// SPDX-License-Identifier: GPL-2.0
/*
 * What is sent, and whether it arrives as it was sent.
 *
 * Owns: the form of a frame.  Ethernet, IPv4, UDP or TCP, then a number, then
 * bytes that follow from the number, so any receiver can tell a frame that was
 * changed, cut, or made of pieces of two.  Checksum fields are left out: who
 * fills them depends on what was agreed.
 *
 * Invariants: a frame arrives once and unchanged; those of a flow that take
 * one queue arrive in order; one that was sent and did not arrive was counted.
 */
#include <sim/peer.h>

#define FRAMES		60000
#define MAGIC		0x584e4621u
#define FLOWS		4
#define UNREAD		40

static u8 delivered[FRAMES];	/* to the guest */
static u64 sent, arrived;
static u64 next_seq[FLOWS];

/* Bytes without a pattern, of which each frame has another part. */
static u8 noise[66000 + 8192];

static const u8 *bytes_of(u64 seq)
{
	unsigned int i;
	u32 x = 1;

	for (i = 0; !noise[0] && i < sizeof(noise); i++) {
		x = x * 1664525u + 1013904223u;
		noise[sizeof(noise) - 1 - i] = x >> 24 | 1;
	}
	return noise + (seq * 7919) % 8192;
}

static void put32(u8 *p, u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static u32 get32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* @len: at least 64 */
void sim_fill_frame(u8 *frame, unsigned int len, u64 seq, bool to_guest)
{
	memset(frame, 0, 54);
	frame[0] = 2;
	frame[5] = to_guest;
	frame[6] = 2;
	frame[11] = !to_guest;
	frame[12] = 8;
	frame[14] = 0x45;
	put32(frame + 16, (len - 14) << 16);
	frame[23] = len > 4096 ? 6 : 17;
	put32(frame + 42, MAGIC);
	put32(frame + 46, seq);
	put32(frame + 50, len);
	memcpy(frame + 54, bytes_of(seq), len - 54);
}

static bool is_checksum(unsigned int i, unsigned int proto)
{
	unsigned int at = proto == 17 ? 40 : 50;

	return i == at || i == at + 1;
}

bool sim_frame_is_sound(const u8 *frame, unsigned int len, bool to_guest, u64 *seq)
{
	static u8 want[66000];
	unsigned int i;

	if (len < 64 || len > 65535 || get32(frame + 42) != MAGIC)
		return false;
	*seq = get32(frame + 46);
	sim_fill_frame(want, len, *seq, to_guest);
	for (i = 0; i < 54; i++)
		if (frame[i] != want[i] && !is_checksum(i, want[23]))
			return false;
	return !memcmp(frame + 54, want + 54, len - 54);
}

/* --- from the guest */
static struct sk_buff *make_linear(unsigned int len, u64 seq)
{
	struct sk_buff *skb = alloc_skb(len + 64, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, 64);
	sim_fill_frame(skb_put(skb, len), len, seq, false);
	return skb;
}

/* Page fragments of odd sizes; now and then two pages in a row for one. */
static void add_frags(struct sk_buff *skb, const u8 *from, unsigned int len)
{
	unsigned int n = 0, off, size, span;
	struct page *page;

	while (len) {
		span = len > 5000 && sim_one_in(4) ? 2 : 1;
		page = sim_alloc_pages(GFP_ATOMIC, span);
		off = sim_one_in(3) ? sim_chance(1000) : 0;
		size = min(len, (unsigned int)(span * PAGE_SIZE - off));
		if (n < MAX_SKB_FRAGS - 1 && sim_one_in(4) && len < 16000)
			size = min(size, 1 + sim_chance(size));
		memcpy(page_address(page) + off, from, size);
		skb_add_rx_frag(skb, n++, page, off, size, 0);
		from += size;
		len -= size;
		if (n == MAX_SKB_FRAGS)
			break;
	}
}

static struct sk_buff *make_paged(unsigned int len, u64 seq)
{
	unsigned int head = 54 + sim_chance(90);
	struct sk_buff *skb = alloc_skb(head + 64, GFP_ATOMIC);
	static u8 frame[66000];

	if (!skb)
		return NULL;
	sim_fill_frame(frame, len, seq, false);
	skb_reserve(skb, 64);
	skb_put_data(skb, frame, min(head, len));
	if (len > head)
		add_frags(skb, frame + head, len - head);
	return skb;
}

static unsigned int pick_len(const struct net_device *dev)
{
	switch (sim_chance(5)) {
	case 0:
		return 64 + sim_chance(190);
	case 1:
		return dev->features & NETIF_F_TSO ? 5000 + sim_chance(30000) : 1514;
	default:
		return 64 + sim_chance(min(dev->mtu, 3900u) - 50);
	}
}

static void set_checksum(struct sk_buff *skb)
{
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb->data - skb->head + 34;
	skb->csum_offset = skb->len > 4096 ? 16 : 6;
}

static struct sk_buff *make_frame(struct net_device *dev, unsigned int flow)
{
	unsigned int len = pick_len(dev);
	u64 seq = flow + FLOWS * next_seq[flow];
	struct sk_buff *skb;

	if (len > 1600 || ((dev->features & NETIF_F_SG) && sim_one_in(3)))
		skb = make_paged(len, seq);
	else
		skb = make_linear(len, seq);
	if (!skb)
		return NULL;
	next_seq[flow]++;
	skb->dev = dev;
	skb->flow = flow;
	skb->seq = seq;
	if (len > 4096) {
		skb_shinfo(skb)->gso_size = 1448;
		skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	}
	if (len > 4096 || sim_one_in(2))
		set_checksum(skb);
	return skb;
}

/* Frames go unless the device does meanwhile: rtnl is not held, so it is asked first. */
static void send_burst(unsigned int flow, struct sock *sk, unsigned int n)
{
	struct net_device *dev;
	struct sk_buff *skb;

	while (n--) {
		rcu_read_lock();
		dev = sim_net_first();
		skb = dev && (dev->flags & IFF_UP) ? make_frame(dev, flow) : NULL;
		if (skb) {
			if (sim_one_in(2)) {
				skb->sk = sk;
				sk->charged++;
			}
			sent++;
			dev_queue_xmit(skb);
		}
		rcu_read_unlock();
	}
}

void sim_sender(void *arg)
{
	unsigned int flow = (unsigned long)arg;
	struct sock *sk = calloc(1, sizeof(*sk));

	sim_current->freezable = true;
	while (sim_storms) {
		send_burst(flow, sk, 1 + sim_chance(sim_one_in(8) ? 300 : 12));
		sim_user_sleep(sim_chance(20) * SIM_MS + sim_chance(1000000));
	}
}

void sim_ping(void)
{
	static struct sock sk;

	send_burst(FLOWS - 1, &sk, 1);
}

/* A line of the kernel's log, for netconsole. */
void sim_print(void)
{
	struct net_device *dev = sim_net_first();
	struct sk_buff *skb;

	if (!dev || !(dev->flags & IFF_UP))
		return;
	skb = make_linear(150, FLOWS - 1 + FLOWS * next_seq[FLOWS - 1]);
	if (!skb)
		return;
	next_seq[FLOWS - 1]++;
	skb->dev = dev;
	sent++;
	sim_netpoll_send(dev, skb);
}

u64 sim_frames_sent(void)
{
	return sent;
}

/* --- to the guest: what arrives lies in a socket for a while, and is as it was */
static struct sk_buff *unread[UNREAD];
static unsigned int nr_unread;

static void read_one(struct sk_buff *skb)
{
	static u8 frame[66000];
	u64 seq;

	if (skb_copy_bits(skb, 0, frame, skb->len) ||
	    !sim_frame_is_sound(frame, skb->len, true, &seq))
		sim_fail("packet", "a frame changed after it was received");
	kfree_skb(skb);
}

static void keep(struct sk_buff *skb)
{
	struct sk_buff **place = &unread[nr_unread++ % UNREAD], *before = *place;

	*place = skb;
	if (before)
		read_one(before);
}

void sim_read_all(void)
{
	unsigned int i;

	for (i = 0; i < UNREAD; i++)
		if (unread[i])
			read_one(unread[i]);
	memset(unread, 0, sizeof(unread));
}

void sim_deliver(struct sk_buff *skb)
{
	static u8 frame[66000];
	u64 seq = 0;

	__skb_push(skb, ETH_HLEN);
	if (skb->len > sizeof(frame) || skb_copy_bits(skb, 0, frame, skb->len))
		sim_fail("packet", "a received frame of %u bytes cannot be read", skb->len);
	if (sim_netback_lied()) {
		kfree_skb(skb);
		return;
	}
	if (!sim_frame_is_sound(frame, skb->len, true, &seq))
		sim_fail("packet", "a frame of %u bytes arrived and was never sent", skb->len);
	if (seq >= FRAMES || delivered[seq]++)
		sim_fail("packet", "frame %llu arrived twice", seq);
	arrived++;
	keep(skb);
}

u64 sim_frames_delivered(void)
{
	return arrived;
}
