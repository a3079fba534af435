# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of swap
# The worker of a change of driver: the change with all that belongs to it, and the way back.
# Sourced by swap, whose words and variables it uses; see there. POSIX sh.

# change TARGET SECONDS: one swap with all that belongs to it. Sets why on failure.
change()
{
	! superseded || exit 1
	replace_driver "$1" || return 1
	log "$1 driver has the devices"
	why="an interface did not come back"
	restore_all || return 1
	log "addresses, routes and settings restored"
	network_works "$2" || return 1
	why="the $(running_driver) driver is running"
	[ "$(running_driver)" = "$1" ]
}

# go_back REASON: to the driver that the kernel came with, with a verdict in any case
go_back()
{
	log "going back to the distribution's driver: $1"
	echo "$1" > "$WORK/why"
	case $target in
	beside | builtin) way_back=builtin ;;
	*) way_back=intree ;;
	esac
	if change $way_back "$check_seconds"; then
		back="$1; the distribution's driver is running and the network works"
	elif [ "$(running_driver)" != none ] && reattach && network_works "$check_seconds"; then
		back="$1; the driver from before is still running and the network works"
	else
		verdict failed "$1; going back failed too: $why"
		hand_back 1 1
		return
	fi
	# Who did not get it with the new driver is not waited for again.
	if [ -e "$WORK/not-handed-back" ]; then short=2; else short=5; fi
	if hand_back $short $short; then
		finish rolled-back "$back"
	elif put_back_again; then
		late=${late:-" $(tr '\n' ' ' < "$WORK/names")"}
		finish rolled-back "$back"
	else
		verdict failed "$1; going back failed too: $why"
	fi
}

# worker: in a process of its own; it ends with a verdict, or is given up by the watchdog
worker()
{
	role=worker
	# Whatever it starts has this lock, too: see its_steps_end.
	exec 7>> "$WORK/steps"
	! command -v flock > /dev/null || flock -n 7
	if change "$target" "$check_seconds" && hand_back "$(patience)" "$check_seconds"; then
		finish ok "$target driver is running and the network works"
	else
		go_back "$why"
	fi
}
