# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# The link itself: its flags, the size of its frames, and of the packets that are cut and put
# together for it.

# net_flags X: as a number. Promiscuous (0x100) and taking all groups (0x200) are what an admin set:
# sysfs has them also while a bridge or a macvlan wants them, `ip` has not.
net_flags()
{
	read -r flags < "/sys/class/net/$1/flags" || return 1
	flags=$((flags & ~0x300))
	words=$(ip -o link show dev "$1" 2>/dev/null)
	words=${words%%>*},
	case $words in *[\<,]PROMISC,*) flags=$((flags | 0x100)) ;; esac
	case $words in *[\<,]ALLMULTI,*) flags=$((flags | 0x200)) ;; esac
	printf '0x%x\n' "$flags"
}

# net_restore_flags X DIR: without ARP (0x80), without multicast (0x1000), promiscuous (0x100),
# taking all groups (0x200).
net_restore_flags()
{
	mask=$((0x1380))
	read -r before < "$2/flags" && read -r now < "/sys/class/net/$1/flags" || return 0
	[ $((before & mask)) = $((now & mask)) ] || echo $(((now & ~mask) | (before & mask))) > "/sys/class/net/$1/flags"
}

# net_restore_mtu X DIR TRIES: the backend may allow a large MTU only once it is connected, so this
# asks for some seconds.
net_restore_mtu()
{
	read -r mtu < "$2/mtu"
	tries=$3
	while read -r now < "/sys/class/net/$1/mtu" && [ "$now" != "$mtu" ]; do
		ip link set dev "$1" mtu "$mtu" 2>/dev/null && break
		tries=$((tries - 1))
		if [ $tries -eq 0 ]; then
			net_try ip link set dev "$1" mtu "$mtu"
			break
		fi
		sleep 0.25
	done
}

# net_sizes X: the largest packets that it takes before they are cut, and that it makes of several,
# "name size" a line.
net_sizes()
{
	ip -d -o link show dev "$1" 2>/dev/null | sed 's/[ \\][ \\]*/\n/g' |
		awk '/^g[sr]o_(ipv4_)?max_(size|segs)$/ { name = $0; getline; print name, $0 }'
}
