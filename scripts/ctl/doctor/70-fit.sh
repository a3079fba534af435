# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of doctor.sh
# Can this kernel have our driver at all? Sets way: module, or beside for a built-in driver that
# ours takes over from at boot. It stays empty when nothing more can be asked about ours on this
# kernel.

check_fit_kernel()
{
	if held "$kernel"; then
		found warning held "held back by an earlier rollback --for-good" "xen-netfrontctl rollback --undo"
	elif [ "$(intree_kind "$kernel")" = builtin ]; then
		check_fit_builtin
	elif why=$(unfit "$kernel"); then
		found warning no-xen "$why" "reboot   # into another kernel"
	else
		way=module
	fi
}

# check_fit_builtin: after a takeover ours has the devices; the running kernel's next boot is the
# takeover's business then.
check_fit_builtin()
{
	if [ -e "$AT_BOOT" ]; then
		way=beside
	elif [ ! -e "$TAKEOVER" ] || [ "$(running_driver)" != beside ] || ! beside_file "$kernel" > /dev/null; then
		found warning builtin "the distribution's driver is built in, a module cannot replace it" "xen-netfrontctl takeover"
	fi
}
