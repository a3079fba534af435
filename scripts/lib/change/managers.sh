# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of swap
# Handing the interfaces back to their managers after a change of driver.
# Sourced by swap, whose words and variables it uses; see there. POSIX sh.

# hand_back_one NAME DIR: to its managers, if it has any; all of them together have until
# managers_until.
hand_back_one()
{
	[ -s "$2/manager" ] || return 0
	log "$1 goes back to $(cut -d' ' -f1 "$2/manager" | tr '\n' ' ')"
	look_at_clock
	managers_left=$((managers_until - now))
	[ $managers_left -ge 1 ] || managers_left=1
	net_hand_back "$1" "$2" $managers_left 2>> "$WORK/log" || late="$late $1 ($(cut -d' ' -f1 "$2/manager" | tr '\n' ' '))"
}

# hand_back SECONDS SECONDS: to the managers of each interface, and see that it works after it, too:
# a client of DHCP begins with taking the address away. The first is how long to wait for them, the
# second for the network after it. Sets why on failure, and late when it works, but a manager has
# not got its interface back.
hand_back()
{
	late=
	look_at_clock
	managers_until=$((now + $1))
	while read -r _ name; do
		hand_back_one "$name" "$WORK/$name"
		# Whoever had it down and up again may have taken along what stands on it.
		[ ! -s "$WORK/$name/manager" ] || {
			uppers_make "$name" "$WORK/$name"
			net_restore_uppers "$name" "$WORK/$name"
		} 2>> "$WORK/log"
		while read -r _ upper _; do
			hand_back_one "$upper" "$WORK/$name/on/$upper" < /dev/null
		done < "$WORK/$name/uppers"
	done < "$WORK/names"
	network_works "$2" || {
		why="after the interfaces were handed back: $why"
		: > "$WORK/not-handed-back"
		return 1
	}
}

# patience: how long managers may take: what is left before the watchdog steps in, and time to look.
patience()
{
	for_managers=$(($(seconds_left) - seconds / 3 - check_seconds - 2))
	[ $for_managers -ge 5 ] || for_managers=5
	echo $for_managers
}

# put_back_again: the managers failed; what is ours to give is given once more.
put_back_again()
{
	while read -r _ name; do
		net_restore "$name" "$WORK/$name" 2>> "$WORK/log"
	done < "$WORK/names"
	network_works "$check_seconds"
}
