# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What clients of DHCP that are processes of their own have in common: they hold a socket of the
# interface that is gone, and go on with the same words. No manager itself: the files of those that
# are begin with a number.

# client_here PROCESS NAME: is it called that, and in this network namespace? Those of others are
# theirs.
client_here()
{
	comm=
	read -r comm < "$1/comm"
	[ "$comm" = "$2" ] && [ "$(readlink "$1/ns/net")" = "$(readlink /proc/self/ns/net)" ]
}

# client_processes NAME X: the processes called NAME that have X among their words, or no interface
# at all.
client_processes()
{
	for process in /proc/[0-9]*; do
		client_here "$process" "$1" || continue
		# Those that NetworkManager runs are its own.
		! grep -qa nm-dhcp-helper "$process/cmdline" || continue
		tr '\0' ' ' < "$process/cmdline" | tr ' ' '\n' | grep -qx -e "$2" -e "-i$2" -e "--interface=$2" && echo "${process##*/}"
	done 2>/dev/null
}

# client_unit PID: the unit whose main process it is, which starts it again in its own way.
client_unit()
{
	unit=$(sed -n 's,.*/\([^/]*\.service\)$,\1,p' "/proc/$1/cgroup" 2>/dev/null | head -n 1)
	[ -n "$unit" ] && [ "$(net_ask systemctl show -p MainPID "$unit" 2>/dev/null)" = "MainPID=$1" ] && echo "$unit"
}

# client_has NAME X: for each "PID,UNIT,ROOT,WORD,WORD..." with what read splits at written as octal
# digits.
client_has()
{
	for pid in $(client_processes "$1" "$2"); do
		root=$(readlink "/proc/$pid/root")
		printf '%s,%s,%s' "$pid" "$(client_unit "$pid")" "$root"
		tr ' \t\n,\\\0' '\1\2\3\4\5,' < "/proc/$pid/cmdline" | sed 's/^/,/; s/,$//'
		printf ' '
	done
}

# client_end PID
client_end()
{
	kill "$1" 2>/dev/null
	tries=20
	while kill -0 "$1" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || kill -9 "$1" 2>/dev/null
		sleep 0.1
	done
}

# client_again NAME X CLIENT...: starts each again, if it was one of a unit by this. What runs now
# is ended before: those of them, and others that an earlier try to hand the interface back has
# started.
client_again()
{
	for pid in $(client_processes "$1" "$2"); do
		[ -n "$(client_unit "$pid")" ] || client_end "$pid"
	done
	shift 2
	for client; do
		(
			set -f
			IFS=,
			# shellcheck disable=SC2086
			set -- $client
			unit=$2
			root=$3
			shift 3
			if [ -n "$unit" ]; then
				net_ask systemctl --no-block restart "$unit"
				exit
			fi
			count=$#
			while [ $count -gt 0 ]; do
				word=$(printf '%s.' "$1" | tr '\1\2\3\4\5' ' \t\n,\134')
				set -- "$@" "${word%.}"
				shift
				count=$((count - 1))
			done
			[ "$root" = / ] || set -- chroot "$root" "$@"
			net_apart "$@"
		)
	done
}

# client_leased X -4|-6|'': it has a lease from after the change, or, where leases have no end, an
# address.
client_leased()
{
	family=inet
	[ "$2" != -6 ] || family=inet6
	# shellcheck disable=SC2154  # of net_hand_back
	if grep -qs "^$family " "$net_dir/ends"; then
		net_renewed "$1" "$family"
	else
		ip -o addr show dev "$1" | grep -q " $family .*scope global"
	fi
}

# client_done NAME X CLIENT...
client_done()
{
	[ -n "$(client_processes "$1" "$2")" ] || return 1
	case "$3," in
	*,-6,*) client_leased "$2" -6 ;;
	*) client_leased "$2" -4 ;;
	esac
}
