// SPDX-License-Identifier: GPL-2.0
/*
 * Stands in for the driver where only its packaging is tested: a module that carries what packaging
 * looks at (name, version, aliases, parameters) and compiles in two seconds on every kernel. Never
 * loaded.
 */
#include <linux/module.h>

static unsigned int max_queues;
module_param(max_queues, uint, 0444);
static bool trusted = true;
module_param(trusted, bool, 0444);
static unsigned int close_timeout_ms;
module_param(close_timeout_ms, uint, 0444);

static int __init standin_init(void)
{
	return 0;
}
module_init(standin_init);

static void __exit standin_exit(void)
{
}
module_exit(standin_exit);

MODULE_DESCRIPTION("Stand-in for package tests");
MODULE_LICENSE("GPL");
MODULE_VERSION(STANDIN_VERSION);
MODULE_ALIAS("xen:vif");
MODULE_ALIAS("xennet");
