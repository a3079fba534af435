// SPDX-License-Identifier: GPL-2.0
/*
 * XDP: programs, redirected frames, the registration of receive queues.
 *
 * Follows net/core/xdp.c and kernel/bpf/devmap.c: what is redirected sits in a
 * list until xdp_do_flush() and is then given to ndo_xdp_xmit of the target,
 * which gives back what it took; the rest is given back here.  Leaves out
 * multi-buffer frames, memory models other than ordinary pages, maps.
 */
#include <sim/net.h>

#define BULK	16

static struct xdp_frame bulk[BULK];
static unsigned int nr_bulk;
static struct net_device *target;

int xdp_rxq_info_reg(struct xdp_rxq_info *rxq, struct net_device *dev, u32 queue, unsigned int napi_id)
{
	(void)queue;
	(void)napi_id;
	rxq->dev = dev;
	rxq->registered = true;
	return sim_memory_short && sim_one_in(sim_memory_short) ? -ENOMEM : 0;
}

int xdp_rxq_info_reg_mem_model(struct xdp_rxq_info *rxq, enum xdp_mem_type type, void *allocator)
{
	(void)rxq;
	(void)type;
	(void)allocator;
	return 0;
}

void xdp_rxq_info_unreg(struct xdp_rxq_info *rxq)
{
	rxq->registered = false;
}

u32 bpf_prog_run_xdp(struct bpf_prog *prog, struct xdp_buff *b)
{
	u32 verdict;

	sim_yield();
	verdict = prog->run(prog, b->data, (u8 *)b->data_end - (u8 *)b->data);
	sim_yield();
	/* The program itself may be put meanwhile: its memory stays for a grace period. */
	if (sim_is_freed(b->rxq))
		sim_fail("memory", "a program's queue goes while %s runs it", sim_current->name);
	return verdict;
}

void bpf_prog_put(struct bpf_prog *prog)
{
	if (prog->refs <= 0)
		sim_fail("accounting", "an XDP program is put that nobody holds");
	prog->refs--;
}

int xdp_do_redirect(struct net_device *dev, struct xdp_buff *b, struct bpf_prog *prog)
{
	struct xdp_frame *f = &bulk[nr_bulk];

	(void)prog;
	if (nr_bulk == BULK)
		return -ENOBUFS;
	f->data = b->data;
	f->len = (u8 *)b->data_end - (u8 *)b->data;
	f->page = virt_to_page(b->data);
	f->flags = 0;
	target = dev;
	nr_bulk++;
	return 0;
}

void xdp_return_frame_rx_napi(struct xdp_frame *f)
{
	put_page(f->page);
}

void xdp_do_flush(void)
{
	struct xdp_frame copy[BULK], *frames[BULK];
	unsigned int i, n = nr_bulk;
	int sent;

	if (!n)
		return;
	memcpy(copy, bulk, sizeof(copy));
	nr_bulk = 0;
	for (i = 0; i < n; i++)
		frames[i] = &copy[i];
	sent = target->netdev_ops->ndo_xdp_xmit(target, n, frames, XDP_XMIT_FLUSH);
	for (i = max(sent, 0); i < n; i++)
		xdp_return_frame_rx_napi(frames[i]);
}
