// SPDX-License-Identifier: GPL-2.0
/*
 * Grant references of a transmit ring: one for each slot, and no more.
 *
 * Chunks, pages that are copied to and stay granted, and fragments of packets
 * have them in common, so that a queue takes no more of the guest's grant
 * table than the in-tree driver does: what is short there is short for its
 * disks, too.  A chunk that is not in use gives its reference up for a fragment
 * when there is no other.
 *
 * Locking: who transmits takes, under the netdev tx lock; NAPI gives back, to
 * q->tx_chunks and q->tx_bare, without a lock (struct xnf_fifo).
 *
 * Invariant: a reference is in one of the two lists, in a slot that is built or
 * out, or lost to a backend that keeps a page mapped.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "xnf.h"

/**
 * xnf_txref_create() - references of a transmit ring, none of them in use
 * @q: queue whose ring is set up
 *
 * Return: 0, -ENOMEM or -ENOSPC; then nothing is left behind.
 * Context: process.
 */
int xnf_txref_create(struct xnf_queue *q)
{
	unsigned int i;
	int err = -ENOMEM;

	q->tx_refs = kvcalloc(XNF_TX_RING_SIZE, sizeof(*q->tx_refs),
			      GFP_KERNEL);
	q->tx_chunk = kvcalloc(XNF_TX_RING_SIZE, sizeof(*q->tx_chunk),
			       GFP_KERNEL);
	if (!q->tx_refs || !q->tx_chunk)
		goto free_arrays;
	err = xnf_grant_alloc(q->tx_refs, XNF_TX_RING_SIZE);
	if (err)
		goto free_arrays;
	q->tx_bare.head = 0;
	q->tx_bare.tail = 0;
	q->tx_chunks.head = 0;
	q->tx_chunks.tail = 0;
	q->tx_chunks_nr = 0;
	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		xnf_fifo_give(&q->tx_bare, i);
	return 0;

free_arrays:
	kvfree(q->tx_chunk);
	kvfree(q->tx_refs);
	q->tx_chunk = NULL;
	q->tx_refs = NULL;
	return err;
}

/*
 * Ends what reference @ref grants for good.  Returns false if the backend
 * still maps the chunk; then the reference is gone with it.
 */
static bool txref_free_chunk(struct xnf_queue *q, u16 ref)
{
	bool ended = xnf_grant_end(&q->tx_refs[ref], q->tx_chunk[ref]);

	put_page(q->tx_chunk[ref]);
	q->tx_chunk[ref] = NULL;
	WRITE_ONCE(q->tx_chunks_nr, q->tx_chunks_nr - 1);
	return ended;
}

/**
 * xnf_txref_destroy() - undo xnf_txref_create()
 * @q: queue whose slots are all ended
 *
 * Chunks that the backend still maps are left to the kernel, and counted.
 * Context: process.
 */
void xnf_txref_destroy(struct xnf_queue *q)
{
	unsigned int i;

	for (i = 0; i < XNF_TX_RING_SIZE; i++)
		if (q->tx_chunk[i])
			q->info->pages_still_mapped += !txref_free_chunk(q, i);
	xnf_grant_free(q->tx_refs, XNF_TX_RING_SIZE);
	kvfree(q->tx_chunk);
	kvfree(q->tx_refs);
	q->tx_chunk = NULL;
	q->tx_refs = NULL;
}

/**
 * xnf_txref_untake() - put back what was just taken
 * @fifo: q->tx_chunks or q->tx_bare, as the reference is now
 * @ref: reference
 *
 * Context: netdev tx lock of the queue; only who takes may do that.
 */
void xnf_txref_untake(struct xnf_fifo *fifo, u16 ref)
{
	unsigned int head = fifo->head - 1;

	fifo->item[head % XNF_TX_RING_SIZE] = ref;
	WRITE_ONCE(fifo->head, head);
}

/**
 * xnf_txref_take_chunk() - a page to copy to, and its reference
 * @q: live queue
 *
 * Return: index of the reference, whose page is in q->tx_chunk, or -ENOSPC or
 * -ENOMEM.
 * Context: netdev tx lock of the queue.
 */
int xnf_txref_take_chunk(struct xnf_queue *q)
{
	struct page *page;
	u16 ref;

	if (likely(xnf_fifo_used(&q->tx_chunks)))
		return xnf_fifo_take(&q->tx_chunks);
	if (unlikely(!xnf_fifo_used(&q->tx_bare)))
		return -ENOSPC;
	page = alloc_page(GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO);
	if (unlikely(!page))
		return -ENOMEM;
	ref = xnf_fifo_take(&q->tx_bare);
	gnttab_grant_foreign_access_ref(q->tx_refs[ref],
					q->info->xdev->otherend_id,
					xen_page_to_gfn(page), 0);
	q->tx_chunk[ref] = page;
	WRITE_ONCE(q->tx_chunks_nr, q->tx_chunks_nr + 1);
	return ref;
}

/**
 * xnf_txref_take_bare() - a reference that grants nothing yet
 * @q: live queue
 *
 * Return: index of the reference, or -ENOSPC.
 * Context: netdev tx lock of the queue.
 */
int xnf_txref_take_bare(struct xnf_queue *q)
{
	u16 ref;

	if (likely(xnf_fifo_used(&q->tx_bare)))
		return xnf_fifo_take(&q->tx_bare);
	if (unlikely(!xnf_fifo_used(&q->tx_chunks)))
		return -ENOSPC;
	ref = xnf_fifo_take(&q->tx_chunks);
	if (likely(txref_free_chunk(q, ref)))
		return ref;
	/* It was answered: the backend has no business there. */
	xnf_schedule_reset(q->info, "page still mapped");
	return -ENOSPC;
}
