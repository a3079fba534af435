// SPDX-License-Identifier: GPL-2.0
/*
 * The module: its parameters, its start and its end.
 *
 * Locking: none; parameters may change at any time, and are read once for each
 * use.
 */
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/trace_events.h>
#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "xnf.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define QUEUES_DEFAULT_MAX	8u
#define QUEUES_MAX		64u
#define CLOSE_TIMEOUT_DEFAULT	10000u
#define CLOSE_TIMEOUT_MIN	100u
/* Tasks are frozen for a migration within 20 s, so waits must be shorter. */
#define CLOSE_TIMEOUT_MAX	15000u

static unsigned int xnf_max_queues;
module_param_named(max_queues, xnf_max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues,
		 "most queues of an interface, 1-64 (default 0: one a CPU, at most 8)");

bool xnf_trusted = true;
module_param_named(trusted, xnf_trusted, bool, 0644);
MODULE_PARM_DESC(trusted,
		 "0: show the backend nothing but packets (default 1)");

static unsigned int xnf_close_timeout_ms = CLOSE_TIMEOUT_DEFAULT;
module_param_named(close_timeout_ms, xnf_close_timeout_ms, uint, 0644);
MODULE_PARM_DESC(close_timeout_ms,
		 "longest wait, when the driver goes, for a backend that does not let go, 100-15000 (default 10000)");

static bool trace;
module_param(trace, bool, 0444);
MODULE_PARM_DESC(trace,
		 "1: switch the tracepoints on before the first device is taken (default 0)");

/**
 * xnf_queues_max() - parameter max_queues, within its limits
 *
 * The parameters may have been changed at run time to anything.
 *
 * Return: queues.
 * Context: any.
 */
unsigned int xnf_queues_max(void)
{
	unsigned int max = READ_ONCE(xnf_max_queues);

	return max && max <= QUEUES_MAX ? max : min(QUEUES_DEFAULT_MAX,
						    num_online_cpus());
}

/**
 * xnf_close_timeout() - parameter close_timeout_ms, within its limits
 *
 * Return: ms.
 * Context: any.
 */
unsigned int xnf_close_timeout(void)
{
	return clamp(READ_ONCE(xnf_close_timeout_ms), CLOSE_TIMEOUT_MIN,
		     CLOSE_TIMEOUT_MAX);
}

static void xnf_check_params(void)
{
	if (xnf_max_queues > QUEUES_MAX)
		pr_warn("max_queues = %u is outside 1-%u, using %u\n",
			xnf_max_queues, QUEUES_MAX, xnf_queues_max());
	xnf_max_queues = xnf_queues_max();
	if (xnf_close_timeout_ms != xnf_close_timeout())
		pr_warn("close_timeout_ms = %u is outside %u-%u, using %u\n",
			xnf_close_timeout_ms, CLOSE_TIMEOUT_MIN,
			CLOSE_TIMEOUT_MAX, xnf_close_timeout());
}

static int __init xnf_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;
	if (!xen_has_pv_nic_devices()) {
		pr_info("not used: this guest keeps its emulated network cards (xen_emul_unplug)\n");
		return -ENODEV;
	}
	xnf_check_params();
	if (trace)
		trace_set_clr_event("xen_netfront", NULL, 1);
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_init();
	err = xnf_devices_init();
	if (err)
		goto exit_debugfs;
	err = xnf_bus_register();
	if (err)
		goto exit_devices;
	if (XNF_BESIDE_BUILTIN)
		pr_info("the driver built into the kernel keeps its devices; to move one, unbind it from \"vif\" and bind it to \"" XNF_DRIVER_NAME "\" in /sys/bus/xen/drivers\n");
	return 0;

exit_devices:
	xnf_devices_exit();
	xnf_link_remove_retired();
exit_debugfs:
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_exit();
	return err;
}
module_init(xnf_init);

static void __exit xnf_exit(void)
{
	xnf_bus_unregister();
	xnf_devices_exit();
	xnf_link_remove_retired();
	if (XNF_FEATURE_debugfs)
		xnf_debugfs_exit();
}
module_exit(xnf_exit);

MODULE_DESCRIPTION("Xen virtual network interface frontend (DKMS)");
MODULE_VERSION(XNF_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
