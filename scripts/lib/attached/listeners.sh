# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Programs that hold an interface by its index: sockets bound to it, packet sockets, multicast
# groups. Only the program itself could put them back. Those that watch for new interfaces do.

# Who follows interfaces that come and go, or gets his handed back.
LISTENERS_FOLLOW='dhclient|dhcpcd|udhcpc|udhcpc6|NetworkManager|systemd-network|systemd-resolve|avahi-daemon|lldpd|ntpd|wpa_supplicant|wickedd[a-z0-9-]*|nm-dispatcher'

listeners_obstacles()
{
	net_sees "sockets bound to $1" ss -anp -tu
	listeners_bound "$1"
	listeners_packet "$1"
	listeners_groups "$1"
}

listeners_bound()
{
	# A busybox or an old ss knows not all of these; what it knows is enough.
	for kind in -tu -w; do
		ss -Hanp "$kind" 2>/dev/null || ss -anp "$kind" 2>/dev/null
	done | grep "%$1\\]\\{0,1\\}:" | awk -v follow="^($LISTENERS_FOLLOW)\$" -v name="$1" '
		{
			program = "a program"
			if (match($0, /\(\("[^"]*",pid=[0-9]+/)) {
				split(substr($0, RSTART, RLENGTH), part, /"|pid=/)
				if (part[2] ~ follow) next
				program = part[2] " (process " part[4] ")"
			}
			for (i = 1; i <= NF; i++) if ($i ~ "%" name "\\]?:") { where = $i; break }
			line = program " has a socket bound to " name " (" where ")"
			if (!seen[line]++) print line
		}'
}

listeners_packet()
{
	read -r index < "/sys/class/net/$1/ifindex" || return 0
	# sk RefCnt Type Proto Iface R Rmem User Inode
	awk -v index_="$index" '$5 == index_ { print $9 }' /proc/net/packet 2>/dev/null | sort -u | while read -r inode; do
		who=
		for process in /proc/[0-9]*; do
			for file in "$process"/fd/*; do
				[ "$(readlink "$file")" = "socket:[$inode]" ] || continue
				read -r who < "$process/comm"
				break 2
			done
		done 2>/dev/null
		echo "$who" | grep -qxE "$LISTENERS_FOLLOW" || echo "${who:-a program} reads packets of $1 (process ${process##*/})"
	done
}

# Of IPv4 and IPv6, by programs: the kernel's own, and those of who follows, left out.
listeners_groups()
{
	ignored="224.0.0.1"
	if listeners_run 'avahi-daemon|systemd-resolve'; then
		ignored="$ignored|224.0.0.251|224.0.0.252|ff02::fb|ff02::1:3"
	fi
	joined=$(ip -o addr show dev "$1" | sed -n 's/.* inet6\{0,1\} \([^/ ]*\).* autojoin.*/\1/p')
	ip maddr show dev "$1" 2>/dev/null | awk '$1 == "inet" || $1 == "inet6" { print $2 }' |
		grep -vE "^(${ignored})\$|^ff0[12]::[12]\$|^ff05::2\$|^ff02::1:ff|^224.0.0.2\$" | while read -r group; do
		echo "$joined" | grep -qxF "$group" || echo "a program has joined the group $group on $1"
	done
}

# listeners_run NAMES
listeners_run()
{
	cat /proc/[0-9]*/comm 2>/dev/null | grep -qxE "$1"
}
