# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Would takeover at boot give the devices to ours on this kernel, and did it, if it runs?

check_atboot_kernel()
{
	[ "$way" = beside ] && [ -n "$our" ] || return 0
	for which in all $(vif_devices); do
		why=$(refused "$kernel" "$version" "$which") || continue
		found warning at-boot-refused "takeover at boot does not try $(echo "$which" | sed 's/^all$/it/') again with version $version: $why" \
			"xen-netfrontctl takeover --yes --at-boot   # has it tried again; or install another version"
		return
	done
	[ "$kernel" = "$(uname -r)" ] && [ "$(running_driver)" = builtin ] && ! intree_asked && grep -qs '^left ' "$AT_BOOT_SAID" || return 0
	found warning at-boot-left "this boot left the devices to $(at_boot_state)" "xen-netfrontctl takeover --yes --at-boot"
}
