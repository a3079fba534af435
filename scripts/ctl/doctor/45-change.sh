# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# What apply, rollback and takeover would refuse now, in the same words: notes, which stop no
# roll-out.

check_change_machine()
{
	[ -n "$(vif_devices)" ] || return 0
	command -v ip > /dev/null || {
		found note change-refused "apply, rollback and takeover would refuse: addresses could not be put back (ip is not installed)" "$installer iproute2"
		return
	}
	if [ "$(id -u)" != 0 ]; then
		found note change-unseen "only root can see whether apply, rollback or takeover would refuse" "sudo xen-netfrontctl doctor"
		return
	fi
	# shellcheck source=scripts/lib/netstate.sh
	. "$XEN_NETFRONT_LIB/netstate.sh"
	# shellcheck source=/dev/null
	. "$XEN_NETFRONT_LIB/ctl/apply.sh"
	obstacles | while read -r obstacle; do
		[ -z "$obstacle" ] || found note change-refused "apply, rollback and takeover would refuse: $obstacle" "reboot"
	done
}
