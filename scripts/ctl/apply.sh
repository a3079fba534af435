# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl apply: change the running driver to the installed one. The work is done by swap, apart from this
# session; here it is made sure that it can succeed, and its end is waited for.

# ping_once ADDRESS
ping_once()
{
	case $1 in
	*:*) ping -6 -c 1 -W 1 -n "$1" > /dev/null 2>&1 || ping6 -c 1 -W 1 -n "$1" > /dev/null 2>&1 ;;
	*) ping -c 1 -W 1 -n "$1" > /dev/null 2>&1 ;;
	esac
}

# candidates: who should answer when the network works: gateways, and whoever logged in over it.
candidates()
{
	ip -4 route show default | sed -n 's/.* via \([^ ]*\) .*/\1/p'
	ip -6 route show default | sed -n 's/.* via \(fe80[^ ]*\) dev \([^ ]*\).*/\1%\2/p; s/.* via \([^ ]*\) .*/\1/p'
	echo "${SSH_CONNECTION:-}" | cut -d' ' -f1
}

# answering PEER...: those that answer now.
answering()
{
	for peer; do
		ping_once "$peer" && echo "$peer"
	done | sort -u | tr '\n' ' '
}

# check_alone: two changes at a time would undo each other. One that has its verdict ends within seconds.
check_alone()
{
	tries=20
	while read -r pid 2>/dev/null < "$RUN/swap/pid" && grep -qs swap "/proc/$pid/cmdline"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "another change of driver is under way (process $pid); see $RUN/swap/log"
		sleep 0.5
	done
}

# start_swap TARGET SECONDS PEERS: in a place that outlives this login.
start_swap()
{
	check_alone
	mkdir -p "$RUN"
	rm -f "$RUN/swap/verdict"
	# shellcheck disable=SC2086  # peers are words
	if command -v systemd-run > /dev/null && [ -d /run/systemd/system ]; then
		systemd-run --quiet --unit="xen-netfront-swap-$$" "$XEN_NETFRONT_LIB/swap" "$1" "$2" $3 2>/dev/null && return 0
	fi
	# shellcheck disable=SC2086
	setsid "$XEN_NETFRONT_LIB/swap" "$1" "$2" $3 < /dev/null > /dev/null 2>&1 &
}

# follow_swap SECONDS: show its progress; the status says how it ended.
follow_swap()
{
	patience=$(($1 + 30))
	shown=0
	waited=0
	while [ ! -e "$RUN/swap/verdict" ] && [ $waited -lt $((patience * 2)) ]; do
		sleep 0.5
		waited=$((waited + 1))
		lines=$(grep -c '' "$RUN/swap/log" 2>/dev/null)
		if [ "${lines:-0}" -gt "$shown" ]; then
			sed -n "$((shown + 1)),${lines}p" "$RUN/swap/log" | sed 's/^/  /'
			shown=$lines
		fi
	done
	read -r word text 2>/dev/null < "$RUN/swap/verdict" || fail "the change of driver gave no answer within $patience s; see $RUN/swap/log"
	case $word in
	ok) echo "done: $text" ;;
	rolled-back) fail "rolled back: $text" ;;
	*) fail "failed: $text; see $RUN/swap/log" ;;
	esac
}

# check_obstacles FORCE: what would be lost ends the command, unless FORCE is 1.
check_obstacles()
{
	obstacles=$(for device in $(vif_devices); do
		interface=$(interface_of "$device") && net_obstacles "$interface"
	done)
	grep -qsE '^[^ ]+ / (nfs|nfs4) ' /proc/mounts && obstacles="$obstacles
the root file system is on the network"
	[ -z "$obstacles" ] || [ "$1" = 1 ] || {
		echo "$obstacles" | sed '/^$/d; s/^/  /' >&2
		fail "this would be lost; nothing was changed. Reboot instead, or use --force"
	}
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

# change_driver TARGET NAME SECONDS [PEER...]: find out who answers now, swap, show how it went.
change_driver()
{
	target=$1
	name=$2
	seconds=$3
	shift 3
	if [ $# -gt 0 ]; then
		answers=$(answering "$@")
		[ -n "$answers" ] || fail "none of these answers a ping now: $*; nothing was changed"
	else
		# shellcheck disable=SC2046
		answers=$(answering $(candidates))
	fi
	if [ -n "$answers" ]; then
		echo "changing to $name; goes back unless one of these answers after: $answers"
	else
		echo "changing to $name; no gateway answers a ping, so only the link is checked (see --peer)"
	fi
	start_swap "$target" "$seconds" "$answers"
	follow_swap "$seconds"
}

ctl_apply()
{
	# shellcheck source=scripts/lib/netstate.sh
	. "$XEN_NETFRONT_LIB/netstate.sh"
	peers=
	seconds=$SWAP_SECONDS
	force=0
	reload=0
	while [ $# -gt 0 ]; do
		case $1 in
		--peer) peers="$peers ${2:?--peer needs an ADDRESS}" && shift ;;
		--timeout) seconds=${2:?--timeout needs SECONDS} && shift ;;
		--reload) reload=1 ;;
		--force) force=1 ;;
		*) wrong_usage "apply does not know '$1'" ;;
		esac
		shift
	done
	check_timeout "$seconds"
	need_root apply

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
	change_driver ours "version $version" "$seconds" $peers
}
