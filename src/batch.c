// SPDX-License-Identifier: GPL-2.0
/*
 * Several xenstore requests at a time.
 *
 * A request is a round trip to another domain, and nearly all of it is
 * waiting.  The kernel has one request a caller, so requests that do not
 * depend on each other are made by several workers: after a resume the guest
 * is back on the network in half the time.
 *
 * Locking: none; the caller owns the batch.
 *
 * Invariant: nobody else uses a batch when xnf_batch_run() has returned.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "xnf.h"

#define BATCH_LANES	10u

enum xnf_batch_kind {
	XNF_BATCH_READ,
	XNF_BATCH_WRITE,
	XNF_BATCH_REMOVE,
	XNF_BATCH_LIST,
	XNF_BATCH_BEGIN,
};

/* One xenstore request. */
struct xnf_batch_op {
	const char *dir;
	char key[40];
	char *result;		/* of a read */
	char **list;		/* of a listing, with @value names */
	unsigned int value;	/* to write, or the id of a transaction */
	int err;
	enum xnf_batch_kind kind;
};

struct xnf_batch_lane {
	struct work_struct work;
	struct xnf_batch *batch;
	unsigned int first;
};

struct xnf_batch {
	struct xenbus_transaction xbt;
	struct xnf_batch_lane lane[BATCH_LANES];
	unsigned int nr;
	unsigned int max;
	struct xnf_batch_op op[];
};

/**
 * xnf_batch_alloc() - an empty batch
 * @xbt: transaction that its requests belong to
 * @max: most requests it can take
 *
 * Return: the batch, or NULL if memory is short.
 * Context: process.
 */
struct xnf_batch *xnf_batch_alloc(struct xenbus_transaction xbt,
				  unsigned int max)
{
	struct xnf_batch *b = kvcalloc(1, sizeof(*b) + max * sizeof(b->op[0]),
				       GFP_KERNEL);

	if (!b)
		return NULL;
	b->xbt = xbt;
	b->max = max;
	return b;
}

static void batch_abort_transaction(const struct xnf_batch_op *op)
{
	struct xenbus_transaction xbt = { .id = op->value };

	if (op->kind == XNF_BATCH_BEGIN && !op->err)
		xenbus_transaction_end(xbt, 1);
}

/**
 * xnf_batch_free() - end of a batch, with what was read and not taken
 * @b: batch that was run, or NULL
 *
 * A transaction that was begun and not taken ends without effect.
 */
void xnf_batch_free(struct xnf_batch *b)
{
	unsigned int i;

	if (!b)
		return;
	for (i = 0; i < b->nr; i++) {
		batch_abort_transaction(&b->op[i]);
		kfree(b->op[i].result);
		kfree(b->op[i].list);
	}
	kvfree(b);
}

static struct xnf_batch_op *batch_add(struct xnf_batch *b, const char *dir,
				      const char *key)
{
	struct xnf_batch_op *op;

	if (WARN_ON_ONCE(b->nr == b->max))
		return NULL;
	op = &b->op[b->nr++];
	op->dir = dir;
	snprintf(op->key, sizeof(op->key), "%s", key);
	return op;
}

/**
 * xnf_batch_read() - add a read
 * @b: batch with room
 * @dir: directory, must outlive the batch
 * @key: key below it
 */
void xnf_batch_read(struct xnf_batch *b, const char *dir, const char *key)
{
	batch_add(b, dir, key);
}

/**
 * xnf_batch_write() - add a write of a number
 * @b: batch with room
 * @dir: directory, must outlive the batch
 * @key: key below it
 * @value: number
 */
void xnf_batch_write(struct xnf_batch *b, const char *dir, const char *key,
		     unsigned int value)
{
	struct xnf_batch_op *op = batch_add(b, dir, key);

	if (!op)
		return;
	op->kind = XNF_BATCH_WRITE;
	op->value = value;
}

/**
 * xnf_batch_remove() - add a removal, of a key with all that is below it
 * @b: batch with room
 * @dir: directory, must outlive the batch
 * @key: key below it; that it is not there is no error
 */
void xnf_batch_remove(struct xnf_batch *b, const char *dir, const char *key)
{
	struct xnf_batch_op *op = batch_add(b, dir, key);

	if (op)
		op->kind = XNF_BATCH_REMOVE;
}

/**
 * xnf_batch_list() - add a listing
 * @b: batch with room
 * @dir: directory, must outlive the batch
 */
void xnf_batch_list(struct xnf_batch *b, const char *dir)
{
	struct xnf_batch_op *op = batch_add(b, dir, "");

	if (op)
		op->kind = XNF_BATCH_LIST;
}

/**
 * xnf_batch_begin() - begin a transaction along with the other requests
 * @b: batch with room
 *
 * It is another than the one that the batch belongs to.
 */
void xnf_batch_begin(struct xnf_batch *b)
{
	struct xnf_batch_op *op = batch_add(b, NULL, "");

	if (op)
		op->kind = XNF_BATCH_BEGIN;
}

static int batch_start_transaction(struct xnf_batch_op *op)
{
	struct xenbus_transaction xbt;
	int err = xenbus_transaction_start(&xbt);

	if (!err)
		op->value = xbt.id;
	return err;
}

static void batch_run_op(const struct xnf_batch *b, struct xnf_batch_op *op)
{
	switch (op->kind) {
	case XNF_BATCH_READ:
		op->result = xenbus_read(b->xbt, op->dir, op->key, NULL);
		if (!IS_ERR(op->result))
			break;
		/* That it is not there is an answer. */
		if (PTR_ERR(op->result) != -ENOENT)
			op->err = PTR_ERR(op->result);
		op->result = NULL;
		break;
	case XNF_BATCH_WRITE:
		op->err = xenbus_printf(b->xbt, op->dir, op->key, "%u",
					op->value);
		break;
	case XNF_BATCH_REMOVE:
		op->err = xenbus_rm(b->xbt, op->dir, op->key);
		if (op->err == -ENOENT)
			op->err = 0;
		break;
	case XNF_BATCH_LIST:
		op->list = xenbus_directory(b->xbt, op->dir, "", &op->value);
		if (IS_ERR(op->list))
			op->list = NULL;
		break;
	case XNF_BATCH_BEGIN:
		op->err = batch_start_transaction(op);
		break;
	}
}

/* Each lane takes every BATCH_LANES-th request. */
static void batch_run_lane(struct xnf_batch *b, unsigned int first)
{
	unsigned int i;

	for (i = first; i < b->nr; i += BATCH_LANES)
		batch_run_op(b, &b->op[i]);
}

static void batch_lane_work(struct work_struct *work)
{
	struct xnf_batch_lane *lane = container_of(work,
						   struct xnf_batch_lane,
						   work);

	batch_run_lane(lane->batch, lane->first);
}

/**
 * xnf_batch_run() - make all requests of a batch, in any order
 * @b: batch
 *
 * Return: 0 or the first error of a request; a read that fails has no result,
 * and one of a key that is not there does not fail.
 * Context: process; any lock that no worker of the system takes.
 */
int xnf_batch_run(struct xnf_batch *b)
{
	unsigned int i, lanes = min(b->nr, BATCH_LANES);

	for (i = 1; i < lanes; i++) {
		struct xnf_batch_lane *lane = &b->lane[i];

		lane->batch = b;
		lane->first = i;
		INIT_WORK(&lane->work, batch_lane_work);
		queue_work(system_percpu_wq, &lane->work);
	}
	batch_run_lane(b, 0);
	for (i = 1; i < lanes; i++)
		flush_work(&b->lane[i].work);
	for (i = 0; i < b->nr; i++)
		if (b->op[i].err)
			return b->op[i].err;
	return 0;
}

/**
 * xnf_batch_holds() - does xenstore hold what a batch would write?
 * @b: batch of writes, not to be run
 *
 * One request after the other: it is asked seldom.
 *
 * Context: process.
 */
bool xnf_batch_holds(const struct xnf_batch *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		const struct xnf_batch_op *op = &b->op[i];

		if (op->kind == XNF_BATCH_WRITE &&
		    xenbus_read_unsigned(op->dir, op->key, ~op->value) !=
		    op->value)
			return false;
	}
	return true;
}

static struct xnf_batch_op *batch_find(struct xnf_batch *b,
				       enum xnf_batch_kind kind,
				       const char *dir, const char *key)
{
	unsigned int i;

	for (i = 0; b && i < b->nr; i++)
		if (b->op[i].kind == kind && b->op[i].dir == dir &&
		    !strcmp(b->op[i].key, key))
			return &b->op[i];
	return NULL;
}

/**
 * xnf_batch_take() - the result of a read
 * @b: batch that was run, or NULL
 * @dir: the pointer that was given to xnf_batch_read()
 * @key: key below it
 * @value: filled in: the value, to be freed by the caller, or NULL
 *
 * Return: true if the batch has read that key; each is given once.
 */
bool xnf_batch_take(struct xnf_batch *b, const char *dir, const char *key,
		    char **value)
{
	struct xnf_batch_op *op = batch_find(b, XNF_BATCH_READ, dir, key);

	if (!op)
		return false;
	*value = op->result;
	op->result = NULL;
	op->dir = NULL;
	return true;
}

/**
 * xnf_batch_names() - the result of a listing
 * @b: batch that was run, or NULL
 * @dir: the pointer that was given to xnf_batch_list()
 * @count: filled in: how many names
 *
 * Return: the names, the batch's own, or NULL if they are not known.
 */
char **xnf_batch_names(struct xnf_batch *b, const char *dir,
		       unsigned int *count)
{
	struct xnf_batch_op *op = batch_find(b, XNF_BATCH_LIST, dir, "");

	if (!op)
		return NULL;
	*count = op->value;
	return op->list;
}

/**
 * xnf_batch_transaction() - the transaction of xnf_batch_begin()
 * @b: batch that was run, or NULL
 * @xbt: filled in: the transaction, to be ended by the caller
 *
 * Return: true if one was begun; it is given once.
 */
bool xnf_batch_transaction(struct xnf_batch *b, struct xenbus_transaction *xbt)
{
	struct xnf_batch_op *op = batch_find(b, XNF_BATCH_BEGIN, NULL, "");

	if (!op || op->err)
		return false;
	xbt->id = op->value;
	op->err = -EALREADY;
	return true;
}
