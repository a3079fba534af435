// SPDX-License-Identifier: GPL-2.0
/*
 * Self test (ethtool -t): is the connection in order, as far as it can be
 * seen without disturbing it?
 *
 * Locking: rtnl, under which live rings stay.
 */
#include <linux/netdevice.h>

#include "xnf.h"

enum xnf_test {
	XNF_TEST_LINK,
	XNF_TEST_RINGS,
	XNF_TEST_BUFFERS,
	XNF_TEST_BACKEND,
};

static bool selftest_link(struct xnf_info *info)
{
	return info->live && netif_carrier_ok(info->netdev);
}

/* Consumer first: what is read later can only be further on. */
static bool selftest_rings(struct xnf_info *info)
{
	unsigned int i, cons, prod;

	for (i = 0; i < info->nr_queues; i++) {
		const struct xnf_queue *q = &info->queues[i];

		if (READ_ONCE(q->rings_broken))
			return false;
		cons = READ_ONCE(q->rx.rsp_cons);
		prod = READ_ONCE(q->rx.sring->rsp_prod);
		if (!xnf_wire_prod_ok(prod, cons,
				      READ_ONCE(q->rx.req_prod_pvt)))
			return false;
		cons = READ_ONCE(q->tx.rsp_cons);
		prod = READ_ONCE(q->tx.sring->rsp_prod);
		if (!xnf_wire_prod_ok(prod, cons, READ_ONCE(q->tx_pushed)))
			return false;
	}
	return true;
}

/* A receive ring without requests gets nothing, whatever the backend does. */
static bool selftest_buffers(struct xnf_info *info)
{
	unsigned int i;

	for (i = 0; i < info->nr_queues; i++) {
		const struct xnf_queue *q = &info->queues[i];
		unsigned int cons = READ_ONCE(q->rx.rsp_cons);

		if (READ_ONCE(q->rx.req_prod_pvt) == cons)
			return false;
	}
	return true;
}

/* Without a control ring there is no question without a side effect. */
static bool selftest_backend(struct xnf_info *info)
{
	u32 data[3] = {};
	int err;

	if (!info->agreed.ctrl)
		return true;
	mutex_lock(&info->ctrl.lock);
	err = xnf_ctrl_request(info, XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE,
			       data);
	mutex_unlock(&info->ctrl.lock);
	return !err || err == -EOPNOTSUPP;
}

static const struct {
	const char *name;
	bool (*run)(struct xnf_info *info);
} selftests[XNF_TESTS] = {
	[XNF_TEST_LINK] = { "connected to the backend", selftest_link },
	[XNF_TEST_RINGS] = { "rings in order", selftest_rings },
	[XNF_TEST_BUFFERS] = { "receive slots posted", selftest_buffers },
	[XNF_TEST_BACKEND] = { "control ring answers", selftest_backend },
};

/**
 * xnf_test_name() - name of a test
 * @test: test
 */
const char *xnf_test_name(unsigned int test)
{
	return selftests[test].name;
}

/**
 * xnf_selftest() - run all tests
 * @info: device
 * @result: for each test 0 if it passed, else 1
 *
 * Without a connection the other tests have nothing to look at and fail too.
 *
 * Return: true if all passed.
 * Context: process, rtnl; sleeps 2 s at most.
 */
bool xnf_selftest(struct xnf_info *info, u64 result[XNF_TESTS])
{
	bool sound = true;
	unsigned int i;

	for (i = 0; i < XNF_TESTS; i++) {
		result[i] = !info->live || !selftests[i].run(info);
		sound &= !result[i];
	}
	return sound;
}
