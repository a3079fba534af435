// SPDX-License-Identifier: GPL-2.0
/*
 * The store: a tree of short strings, watches on it, and transactions.
 *
 * Follows tools/xenstore/xenstored_{core,watch,transaction}.c of Xen: a watch
 * fires once when it is set and then for each change below it; removing a
 * folder fires for each node of it that is watched by name; a transaction sees
 * the store as it was when it began, and ends with EAGAIN if anything that it
 * read or wrote has changed since.  Leaves out permissions, quota, special
 * watches.
 */
#include <sim/peer.h>

#define NODES	400
#define OPS	160
#define TXNS	24

struct node {
	char path[88];
	char value[72];
	u64 gen;
};

struct tree {
	struct node node[NODES];
	unsigned int nr;
};

struct op {
	char path[88];
	char value[72];
	bool write, rm;
};

struct txn {
	u32 id;
	struct tree tree;
	struct op op[OPS];
	unsigned int nr_ops;
};

static struct tree store;
static struct txn *txns[TXNS];
static LIST_HEAD(watches);
static u64 generation = 1;
static u32 next_txn = 1;

static struct node *find(struct tree *t, const char *path)
{
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		if (!strcmp(t->node[i].path, path))
			return &t->node[i];
	return NULL;
}

static bool is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

static void fire(const char *path, bool exact)
{
	struct sim_store_watch *w, *next;

	list_for_each_entry_safe(w, next, &watches, list)
		if (exact ? !strcmp(path, w->path) : is_below(path, w->path))
			w->fire(w, path);
}

static void touch_parent(struct tree *t, const char *path)
{
	char parent[88];
	struct node *n;
	char *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return;
	*slash = '\0';
	n = find(t, parent);
	if (n) {
		n->gen = generation++;
		return;
	}
	if (t->nr == NODES)
		sim_fail("simulator", "the store has more than %d nodes", NODES);
	n = &t->node[t->nr++];
	snprintf(n->path, sizeof(n->path), "%s", parent);
	n->value[0] = '\0';
	n->gen = generation++;
	touch_parent(t, parent);
}

static void tree_write(struct tree *t, const char *path, const char *value)
{
	struct node *n = find(t, path);

	if (!n) {
		touch_parent(t, path);
		if (t->nr == NODES)
			sim_fail("simulator", "the store has more than %d nodes", NODES);
		n = &t->node[t->nr++];
		snprintf(n->path, sizeof(n->path), "%s", path);
	}
	snprintf(n->value, sizeof(n->value), "%s", value);
	n->gen = generation++;
}

/* Return: 0 or -ENOENT. */
static int tree_rm(struct tree *t, const char *path, bool tell)
{
	static char gone[NODES][88];
	unsigned int i, nr = 0, k;

	if (!find(t, path))
		return -ENOENT;
	for (i = 0; i < t->nr; i++)
		if (is_below(t->node[i].path, path) && strcmp(t->node[i].path, path))
			strcpy(gone[nr++], t->node[i].path);
	for (i = 0, k = 0; i < t->nr; i++)
		if (!is_below(t->node[i].path, path))
			t->node[k++] = t->node[i];
	t->nr = k;
	touch_parent(t, path);
	for (i = 0; tell && i < nr; i++)
		fire(gone[i], true);
	if (tell)
		fire(path, false);
	return 0;
}

static struct txn *txn_of(u32 id)
{
	unsigned int i;

	for (i = 0; id && i < TXNS; i++)
		if (txns[i] && txns[i]->id == id)
			return txns[i];
	return NULL;
}

static void note(struct txn *t, const char *path, const char *value, bool rm)
{
	struct op *op;

	if (t->nr_ops == OPS)
		sim_fail("simulator", "a transaction has more than %d requests", OPS);
	op = &t->op[t->nr_ops++];
	snprintf(op->path, sizeof(op->path), "%s", path);
	snprintf(op->value, sizeof(op->value), "%s", value ?: "");
	op->write = value;
	op->rm = rm;
}

int sim_store_read(u32 txn, const char *path, char *value, size_t size)
{
	struct txn *t = txn_of(txn);
	struct node *n = find(t ? &t->tree : &store, path);

	if (txn && !t)
		return -ENOENT;
	if (t)
		note(t, path, NULL, false);
	if (!n)
		return -ENOENT;
	if (value)
		snprintf(value, size, "%s", n->value);
	return 0;
}

int sim_store_number(const char *path, int fallback)
{
	char value[72];

	return sim_store_read(0, path, value, sizeof(value)) ? fallback : atoi(value);
}

int sim_store_write(u32 txn, const char *path, const char *value)
{
	struct txn *t = txn_of(txn);

	if (txn && !t)
		return -ENOENT;
	if (t) {
		note(t, path, value, false);
		tree_write(&t->tree, path, value);
		return 0;
	}
	tree_write(&store, path, value);
	fire(path, false);
	return 0;
}

int sim_store_printf(u32 txn, const char *path, const char *fmt, ...)
{
	char value[72];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	return sim_store_write(txn, path, value);
}

int sim_store_rm(u32 txn, const char *path)
{
	struct txn *t = txn_of(txn);

	if (txn && !t)
		return -ENOENT;
	if (!t)
		return tree_rm(&store, path, true);
	note(t, path, NULL, true);
	return tree_rm(&t->tree, path, false);
}

/* Return: how many names, or -ENOENT. */
int sim_store_list(u32 txn, const char *path, char (*names)[40], int max)
{
	struct txn *t = txn_of(txn);
	struct tree *tree = t ? &t->tree : &store;
	size_t len = strlen(path);
	unsigned int i;
	int n = 0;

	if (t)
		note(t, path, NULL, false);
	if (!find(tree, path))
		return -ENOENT;
	for (i = 0; i < tree->nr && n < max; i++) {
		const char *p = tree->node[i].path;

		if (!strncmp(p, path, len) && p[len] == '/' && !strchr(p + len + 1, '/'))
			snprintf(names[n++], 40, "%s", p + len + 1);
	}
	return n;
}

u32 sim_store_begin(void)
{
	struct txn *t = malloc(sizeof(*t));
	unsigned int i;

	for (i = 0; i < TXNS && txns[i]; i++)
		;
	if (i == TXNS)
		sim_fail("accounting", "more than %d transactions are open", TXNS);
	t->id = next_txn++;
	t->nr_ops = 0;
	t->tree.nr = store.nr;
	memcpy(t->tree.node, store.node, store.nr * sizeof(store.node[0]));
	txns[i] = t;
	/* Generations of the beginning: what the copy has for untouched nodes. */
	t->tree.node[NODES - 1].gen = generation;
	return t->id;
}

static bool changed_since(const struct txn *t, const char *path)
{
	struct node *n = find(&store, path);
	u64 begun = t->tree.node[NODES - 1].gen;

	return n && n->gen >= begun;
}

static bool conflicts(struct txn *t)
{
	unsigned int i;

	for (i = 0; i < t->nr_ops; i++) {
		const struct op *op = &t->op[i];

		if (changed_since(t, op->path))
			return true;
		/* It was there and is gone. */
		if (!op->write && !op->rm && find(&t->tree, op->path) &&
		    !find(&store, op->path)) {
			unsigned int k;

			for (k = 0; k < i; k++)
				if (t->op[k].write && is_below(t->op[k].path, op->path))
					break;
			if (k == i)
				return true;
		}
	}
	return false;
}

int sim_store_end(u32 txn, bool abort)
{
	struct txn *t = txn_of(txn);
	unsigned int i;
	int err = 0;

	if (!t)
		return -ENOENT;
	for (i = 0; txns[i] != t; i++)
		;
	txns[i] = NULL;
	if (!abort && conflicts(t))
		err = -EAGAIN;
	for (i = 0; !abort && !err && i < t->nr_ops; i++) {
		if (t->op[i].rm)
			tree_rm(&store, t->op[i].path, true);
		if (!t->op[i].write)
			continue;
		tree_write(&store, t->op[i].path, t->op[i].value);
		fire(t->op[i].path, false);
	}
	free(t);
	return err;
}

void sim_store_watch(struct sim_store_watch *w)
{
	list_add_tail(&w->list, &watches);
	w->fire(w, w->path);
}

void sim_store_unwatch(struct sim_store_watch *w)
{
	list_del(&w->list);
}

/* The guest's connection ends: it lives on another host now. */
void sim_store_forget_guest(void)
{
	struct sim_store_watch *w, *next;
	unsigned int i;

	list_for_each_entry_safe(w, next, &watches, list)
		if (w->guest) {
			list_del(&w->list);
			w->guest = false;
		}
	for (i = 0; i < TXNS; i++) {
		free(txns[i]);
		txns[i] = NULL;
	}
}

void sim_store_init(void)
{
	tree_write(&store, SIM_HOME "/domid", "1");
	tree_write(&store, SIM_HOME "/device/vif", "");
	tree_write(&store, SIM_HOME "/control/shutdown", "");
}
