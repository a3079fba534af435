# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Who looks after an interface: asking them, and handing it back. Each has a file in managers/.

# net_manager X: who looks after it, one "NAME WORD..." a line, or nothing.
net_manager()
{
	for manager in $NET_MANAGERS; do
		words=$("${manager}_has" "$1" 2>/dev/null)
		[ -n "$words" ] || continue
		echo "$manager $words"
		! command -v "${manager}_alone" > /dev/null || break
	done
	return 0
}

# net_ask COMMAND...: a manager, who may hang: no answer in 5 s is none, status 124.
net_ask()
{
	command -v "$1" > /dev/null || return 127
	if command -v timeout > /dev/null; then
		LC_ALL=C timeout 5 "$@" < /dev/null
	else
		LC_ALL=C "$@" < /dev/null
	fi
}

# net_apart COMMAND...: as a process that lives on when the change of driver has ended, and holds
# nothing of it.
net_apart()
{
	if [ -d /run/systemd/system ] && command -v systemd-run > /dev/null; then
		net_number=$((${net_number:-0} + 1))
		setsid systemd-run --quiet --scope --unit="xen-netfront-client-$$-$net_number" -- "$@" < /dev/null > /dev/null 2>&1 9>&- 7>&- &
	else
		setsid "$@" < /dev/null > /dev/null 2>&1 9>&- 7>&- &
	fi
}

# net_hand_back X DIR [SECONDS]: have the managers take the interface up again, and wait until each
# has it. It works already; this keeps leases alive. Status 1 when one has not got it in time.
net_hand_back()
{
	[ -s "$2/manager" ] || return 0
	# shellcheck disable=SC2034  # of net_renewed
	net_dir=$2
	while read -r who words; do
		# shellcheck disable=SC2086  # words
		"${who}_hand_back" "$1" $words < /dev/null
	done < "$2/manager"
	read -r net_until _ < /proc/uptime
	net_until=$((${net_until%.*} + ${3:-20}))
	net_late=
	while read -r who words; do
		# shellcheck disable=SC2086
		until "${who}_done" "$1" $words < /dev/null; do
			read -r net_now _ < /proc/uptime
			if [ "${net_now%.*}" -ge $net_until ]; then
				net_late="$net_late $who"
				break
			fi
			sleep 0.3
		done
	done < "$2/manager"
	# What a manager took away on its way and does not know of.
	net_restore_again "$1" "$2"
	[ -z "$net_late" ] || {
		echo "$1:$net_late did not take it back in ${3:-20} s" >&2
		return 1
	}
}

# net_restore_again X DIR: what the admin added by hand, after a manager had the interface:
# addresses without an end, and routes that came from nobody else.
net_restore_again()
{
	grep -v ' valid_lft [0-9]' "$2/addresses" | sed "s/^/addr replace /; s/\$/ dev $1/" | ip -force -batch - > /dev/null 2>&1
	for family in -4 -6; do
		# A default route may have another gateway now, or another source.
		if ip $family route show default dev "$1" 2>/dev/null | grep -q .; then some=^default; else some=^nothing; fi
		net_missing $family "$1" "$2/routes${family#-}" | grep -v -e "$some" -e ' proto dhcp' -e ' proto ra' -e ' proto kernel' |
			sed 's/^/route append /' | ip $family -force -batch - > /dev/null 2>&1
	done
}
