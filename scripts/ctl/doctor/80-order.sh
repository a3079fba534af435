# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Would modprobe choose our module before the distribution's?

check_order_kernel()
{
	[ "$way" = module ] && [ "$readable" = 1 ] || return 0
	chosen=$(chosen_file "$kernel")
	[ -e "$our" ] && [ "$chosen" != "$our" ] || return 0
	index=/lib/modules/$kernel/modules.dep
	# depmod leaves out a module that another of the same name comes before; one that came after
	# depmod is not known yet.
	if grep -q "^${our#/lib/modules/"$kernel"/}:" "$index" 2>/dev/null ||
		{ [ -n "$chosen" ] && [ -z "$(find "$our" -cnewer "$index" 2>&1)" ]; }; then
		found warning shadowed "modprobe would load ${chosen:-nothing}, not $our" "$(override_advice "$kernel" "$our")"
	elif [ -n "$chosen" ]; then
		found warning depmod-stale "modules.dep does not know $our" "depmod $kernel"
	else
		found critical depmod-stale "modules.dep knows no Xen network driver" "depmod $kernel"
	fi
}
