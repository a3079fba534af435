# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# The guest's part of hot-plug: tells of interfaces on the Xen bus that come and go. The commands
# that do it are run by whoever has a toolstack. "wait" is a line of the file ask: "new" waits for
# one that was not there at the beginning, "gone vif-N" until that one is away.

interfaces_of_hotplug()
{
	echo "$NETIF"
}

vifs_with_interface()
{
	for device in $(vif_devices); do
		if interface_of "$device" > /dev/null; then echo "$device"; fi
	done
}

newcomer()
{
	new=$(vifs_with_interface | grep -vxF -f "$out/vifs" | head -n 1)
	[ -n "$new" ]
}
gone()
{
	[ ! -e "$BUS/devices/$1" ] && ! ls -d "/sys/class/net/$2" > /dev/null 2>&1
}

test_hotplug()
{
	begin
	vifs_with_interface > "$out/vifs"
	echo 0 > "$out/answered"
	asked=0
	while :; do
		read -r number what more 2>/dev/null < "$out/ask" || { nap 0.2; continue; }
		[ "$number" != end ] || break
		[ "$number" != "$asked" ] || { nap 0.2; continue; }
		asked=$number
		begin
		case $what in
		new)
			if eventually "$STEP" newcomer; then
				interface=$(interface_of "$new")
				result ok "the new interface is there, $more"
				ip link set dev "$interface" up
				if eventually "$STEP" carrier "$interface"; then
					result ok "it has a link, $more"
				else
					result not-ok "it has a link, $more" "$(ip -o link show dev "$interface" 2>&1)"
				fi
				echo "$asked $new $interface $(cat "/sys/class/net/$interface/address")" > "$out/answer"
			else
				result not-ok "the new interface is there, $more" "none within $STEP s: $(vif_devices | tr '\n' ' ')"
				echo "$asked none" > "$out/answer"
			fi
			;;
		gone)
			# shellcheck disable=SC2086  # words: device, interface, cycle
			set -- $more
			if eventually "$STEP" gone "$1" "$2"; then
				result ok "it is gone, $3"
			else
				result not-ok "it is gone, $3" "$1 ($2) is still there after $STEP s"
			fi
			echo "$asked" > "$out/answer"
			;;
		esac
		cp "$out/answer" "$out/answered"
	done
	try "the others as before" comes_back 15
}
