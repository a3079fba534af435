# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A client of DHCP for the guest of veth-guest.sh: a process called dhclient that takes the address
# away when it begins, and gives it back while /run/answers is there: the server. Sourced after
# veth-module.sh.
# shellcheck disable=SC2154  # place: of veth-guest.sh

mkdir "$place/clients"
# By a program of that name: what a shell runs has the shell's.
cp /bin/bash "$place/clients/dhclient"
cat > "$place/clients/client" << 'END'
ip -4 addr flush dev eth0
while :; do
	if [ -e /run/answers ]; then
		ip addr replace 192.0.2.10/24 dev eth0 valid_lft 600 preferred_lft 600
		ip route append default via 192.0.2.1 dev eth0 2> /dev/null
	fi
	/bin/sleep 0.5
done
END

# clients: their processes
clients()
{
	local p
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm" 2> /dev/null)" != dhclient ] || echo "${p#/proc/}"
	done
}

# leased OURS: begin, with the distribution's driver; the client runs, and has a lease of which some
# has gone by
leased()
{
	# The one of the guest before has no interface any more.
	# shellcheck disable=SC2046
	kill $(clients) 2> /dev/null
	begin intree "$1"
	touch /run/answers
	"$place/clients/dhclient" "$place/clients/client" -4 eth0 > /dev/null 2>&1 &
	for _ in $(seq 50); do [ -n "$(clients)" ] && ip -4 addr show dev eth0 | grep -q dynamic && break; sleep 0.2; done
	kill -STOP $!
	ip addr replace 192.0.2.10/24 dev eth0 valid_lft 500 preferred_lft 500
	ip route replace default via 192.0.2.1 dev eth0
	ping -c 1 -W 2 192.0.2.1 > /dev/null
	kill -CONT $!
}
