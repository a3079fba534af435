# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Images that nobody can list: bootc, ostree, unified kernel images. What runs tells what was in it.

check_unseen_machine()
{
	running=$(uname -r)
	[ "$(running_driver)" = intree ] && our=$(our_file "$running") && ! held "$running" && [ ! -s "$RUN/fallback" ] &&
		[ ! -e "$RUN/swap" ] && [ "$(chosen_file "$running")" = "$our" ] || return 0
	! intree_asked || return 0
	booted=$(awk '$1 == "btime" { print $2 }' /proc/stat)
	installed=$(stat -c %Z "$our")
	[ "${installed:-0}" -lt "${booted:-0}" ] || return 0
	found warning intree-booted "our driver was installed before this boot, and the distribution's was loaded: a boot image holds it that is not ours to see" \
		"xen-netfrontctl apply   # for later boots: write that image anew with what made it (rpm-ostree, bootc, ukify)"
}
