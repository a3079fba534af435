# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl apply: change the running driver to the installed one. The work is done by swap,
# apart from this session; here it is made sure that it can succeed, and its end is waited for.

# shellcheck source=scripts/lib/peers.sh
. "$XEN_NETFRONT_LIB/peers.sh"
# shellcheck source=scripts/lib/signatures.sh
. "$XEN_NETFRONT_LIB/signatures.sh"

# take_turn COMMAND: two changes at a time would undo each other, so one lock is taken before the
# first question and kept to the end; swap has one of its own, which lives as long as it does. One
# that has its verdict ends within seconds.
take_turn()
{
	mkdir -p "$RUN" || fail "$RUN cannot be written; nothing was changed"
	command exec 8>> "$RUN/lock" || fail "$RUN/lock cannot be written; nothing was changed"
	tries=20
	until locked 8; do
		tries=$((tries - 1))
		ending "$tries" ||
			fail "another change of driver is under way: $(cat "$RUN/lock.by" 2>/dev/null || echo unknown); see $RUN/swap/log; nothing was changed"
		sleep 0.5
	done
	while swap_runs; do
		tries=$((tries - 1))
		ending "$tries" ||
			fail "another change of driver is under way: process $(cat "$RUN/swap/pid" 2>/dev/null), begun by $(cat "$RUN/lock.by" 2>/dev/null || echo unknown); see $RUN/swap/log; nothing was changed"
		sleep 0.5
	done
	echo "xen-netfrontctl $1, process $$, since $(date -u +%H:%M:%S) UTC${SUDO_USER:+, for $SUDO_USER}" > "$RUN/lock.by" 2>/dev/null ||
		fail "$RUN cannot be written (full?); nothing was changed"
}

# ending TRIES: a change that has its verdict is waited for, so many times.
ending()
{
	[ "$1" -gt 0 ] && [ -e "$RUN/swap/verdict" ]
}

# locked FD: without flock (util-linux, busybox) swap's process alone is looked for.
locked()
{
	! command -v flock > /dev/null || flock -n "$1"
}

swap_runs()
{
	if command -v flock > /dev/null; then
		! (
			exec 9>> "$RUN/swap.lock"
			flock -n 9
		)
	else
		read -r pid 2>/dev/null < "$RUN/swap/pid" && grep -qs swap "/proc/$pid/cmdline"
	fi
}

# start_swap TARGET SECONDS PEERS: in a place that outlives this login. What a manager leaves
# running lives on in the unit. Sets turn, by which it is told from a swap that somebody else
# started at the same time.
start_swap()
{
	read -r turn _ < /proc/uptime
	turn=$$-$turn
	# shellcheck disable=SC2086  # peers are words
	if command -v systemd-run > /dev/null && [ -d /run/systemd/system ]; then
		systemd-run --quiet --unit="xen-netfront-swap-$$" --property=KillMode=process --setenv=XEN_NETFRONT_TURN="$turn" \
			"$XEN_NETFRONT_LIB/swap" "$1" "$2" $3 8>&- 2>/dev/null && return 0
	fi
	# shellcheck disable=SC2086
	XEN_NETFRONT_TURN=$turn setsid "$XEN_NETFRONT_LIB/swap" "$1" "$2" $3 < /dev/null > /dev/null 2>&1 8>&- &
}

# turn_of FILE: is it ours that is in there?
turn_of()
{
	read -r whose 2>/dev/null < "$1" && [ "$whose" = "$turn" ]
}

# swap_was_killed: it began, and neither it nor a verdict is there. Its worker has its lock as well,
# and goes on alone.
swap_was_killed()
{
	command -v flock > /dev/null && ! swap_runs && [ ! -e "$RUN/swap/verdict" ]
}

# killed_text: what it had done by then. What it writes down before the first change is not in its
# log.
killed_text()
{
	if grep -qs 'swapping to' "$RUN/swap/log"; then
		echo "the change of driver was killed and gave no verdict; the $(running_driver) driver has the devices; see $RUN/swap/log, and: xen-netfrontctl status"
	else
		echo "the change of driver was killed before it began; nothing was changed"
	fi
}

# follow_swap SECONDS: show its progress; the status says how it ended.
follow_swap()
{
	patience=$(($1 + 30))
	shown=0
	waited=0
	until turn_of "$RUN/swap/turn" && [ -e "$RUN/swap/verdict" ]; do
		waited=$((waited + 1))
		[ $waited -le $((patience * 2)) ] || break
		sleep 0.5
		! turn_of "$RUN/refused" || fail "another change of driver has begun meanwhile: process $(cat "$RUN/swap/pid" 2>/dev/null); see $RUN/swap/log; this one changed nothing"
		turn_of "$RUN/swap/turn" || continue
		lines=$(grep -c '' "$RUN/swap/log" 2>/dev/null)
		if [ "${lines:-0}" -gt "$shown" ]; then
			sed -n "$((shown + 1)),${lines}p" "$RUN/swap/log" | sed 's/^/  /'
			shown=$lines
		fi
		! swap_was_killed || fail "$(killed_text)"
	done
	turn_of "$RUN/swap/turn" || fail "the change of driver did not begin within $patience s, or another one came after it; see $RUN/swap/log"
	read -r word text 2>/dev/null < "$RUN/swap/verdict" || fail "the change of driver gave no answer within $patience s; see $RUN/swap/log"
	case $word in
	ok) echo "done: $text" ;;
	incomplete) fail "not complete: $text; see $RUN/swap/log" ;;
	rolled-back) fail "rolled back: $text" ;;
	*) fail "failed: $text; see $RUN/swap/log" ;;
	esac
}

# obstacles: what would be lost, one line each.
obstacles()
{
	for device in $(vif_devices); do
		if interface=$(interface_of "$device"); then
			net_obstacles "$interface"
		else
			echo "$device has no interface that can be seen here: it may be in another network namespace, and would come back bare"
		fi
	done
	net_each machine
	command -v ping > /dev/null || echo "whether the network works after it cannot be seen (ping is not installed)"
}

# check_obstacles FORCE: what would be lost ends the command, unless FORCE is 1. What cannot be seen
# cannot be forced.
check_obstacles()
{
	command -v ip > /dev/null || fail "iproute2 (ip) is not installed, so addresses could not be put back; nothing was changed; install iproute2"
	for device in $(vif_devices); do
		interface=$(interface_of "$device") || continue
		{ ip addr show dev "$interface" && ip route show table all dev "$interface"; } > /dev/null 2>&1 ||
			fail "addresses and routes of $interface cannot be read (ip addr show dev $interface); nothing was changed"
	done
	obstacles=$(obstacles)
	[ -z "$obstacles" ] || [ "$1" = 1 ] || {
		echo "$obstacles" | sed '/^$/d; s/^/  /' >&2
		fail "this would be lost; nothing was changed. ${instead:-Reboot instead}, or use --force"
	}
	for device in $(vif_devices); do
		interface_of "$device" > /dev/null || fail "$device has no interface that can be seen here; bring it back first, --force does not help; nothing was changed"
	done
}

# What a swap may take unless --timeout says otherwise.
SWAP_SECONDS=50

check_timeout()
{
	case $1 in
	'' | *[!0-9]*) wrong_usage "--timeout wants whole seconds, not '$1'" ;;
	esac
	[ "$1" -ge 20 ] || wrong_usage "--timeout must be 20 or more: the way back needs time as well"
}

# find_witnesses [PEER...]: sets answers, those that answer now. The last of the checks: none of
# those that are named is a reason to refuse.
find_witnesses()
{
	if [ $# -gt 0 ]; then
		answers=$(answering "$@")
		[ -n "$answers" ] || fail "none of these answers a ping now: $*; nothing was changed"
	else
		answers=$(peers_found)
	fi
}

# change_driver TARGET NAME SECONDS: swap, when the witnesses are found, and show how it went.
change_driver()
{
	if [ -n "$answers" ]; then
		echo "changing to $2; goes back unless one of these answers after: $answers" | sed 's/arp:\([^ ]*\)/\1 (its MAC)/g'
	else
		echo "changing to $2; no gateway answers, so only the link is checked (see --peer)"
	fi
	start_swap "$1" "$3" "$answers"
	follow_swap "$3"
}

# change_option OPTION [VALUE]...: one of those that apply, rollback and takeover have in common.
# Sets peers, seconds or force, and words: how many it took. Status 1: it is none of them.
change_option()
{
	words=2
	case $1 in
	--peer)
		option_value "$@"
		peers="$peers $2"
		;;
	--timeout)
		option_value "$@"
		seconds=$2
		;;
	--force)
		force=1
		words=1
		;;
	*) return 1 ;;
	esac
}

ctl_apply()
{
	# shellcheck source=scripts/lib/netstate.sh
	. "$XEN_NETFRONT_LIB/netstate.sh"
	peers=
	seconds=$SWAP_SECONDS
	force=0
	reload=0
	when=
	while [ $# -gt 0 ]; do
		case $1 in
		--reload) reload=1 ;;
		--when)
			option_value "$@"
			when=$2
			shift
			# at TIME may be one word of the shell's or two.
			if [ "$when" = at ]; then
				option_value "--when at" "${2:-}"
				when="at $2"
				shift
			fi
			;;
		--due) when=due ;;
		*)
			change_option "$@" || wrong_usage "apply does not know '$1'"
			shift $((words - 1))
			;;
		esac
		shift
	done
	check_timeout "$seconds"
	if [ -n "$when" ]; then
		# shellcheck source=scripts/ctl/window.sh
		. "$XEN_NETFRONT_LIB/ctl/window.sh"
		[ "$when" != due ] || { window_due; return; }
		[ $reload = 0 ] || wrong_usage "--reload does not go with --when"
		window_check "$when"
		need_root apply
		# shellcheck disable=SC2086  # a list of words
		window_set "$when" "$seconds" "$force" $peers
		return
	fi
	need_root apply
	take_turn apply

	kernel=$(uname -r)
	[ -n "$(vif_devices)" ] || fail "this machine has no network device from Xen"
	case $(running_driver) in
	builtin | beside) fail "the running kernel's driver is built in; see: xen-netfrontctl takeover" ;;
	esac
	file=$(our_file "$kernel") || fail "our driver is not installed for $kernel; run: xen-netfrontctl doctor"
	[ "$(chosen_file "$kernel")" = "$file" ] || fail "modprobe would not load $file; run: xen-netfrontctl doctor"
	if signatures_enforced && ! signer_trusted "$file"; then
		fail "Secure Boot is on and the key that signed $file is not enrolled; run: xen-netfrontctl doctor"
	fi
	version=$(driver_version "$file")
	if [ "$(cat /sys/module/xen_netfront/version 2>/dev/null)" = "$version" ] && [ $reload = 0 ]; then
		echo "version $version is running already; --reload would load it again"
		return 0
	fi
	intree_file "$kernel" > /dev/null || [ $force = 1 ] ||
		fail "the distribution's driver is missing, so there would be no way back; run: xen-netfrontctl doctor"
	check_obstacles $force
	# shellcheck disable=SC2086
	find_witnesses $peers
	change_driver ours "version $version" "$seconds"
}
