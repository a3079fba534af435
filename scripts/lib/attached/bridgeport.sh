# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What a bridge or bond keeps of its port: settings, VLANs, addresses that an admin has written into
# its tables.

bridgeport_settings()
{
	for file in /sys/class/net/"$1"/brport/*; do
		case ${file##*/} in
		state | flush | *_timer | *_id | designated_* | change_ack | config_pending | port_* | backup_port) continue ;;
		esac
		[ ! -f "$file" ] || [ ! -w "$file" ] || grep -sH . "$file"
	done
	grep -sH . "/sys/class/net/$1/brport/backup_port"
}

# bridgeport_vlans X: "vid N [pvid] [untagged]" a line.
bridgeport_vlans()
{
	bridge vlan show dev "$1" 2>/dev/null | awk -v name="$1" '
		/^port/ { next }
		{
			if ($1 == name) { $1 = ""; $0 = $0 }
			if ($1 !~ /^[0-9]+$/) next
			print "vid " $1 (/PVID/ ? " pvid" : "") (/Untagged/ ? " untagged" : "")
		}'
}

bridgeport_fdb()
{
	bridge fdb show dev "$1" 2>/dev/null | awk -v own="$(cat "/sys/class/net/$1/address")" '
		/ self/ || $1 == own || !/ (permanent|static)/ { next }
		{
			line = $1
			for (i = 2; i <= NF; i++) if ($i == "vlan") line = line " vlan " $(i + 1)
			print line (/ static/ ? " static" : " permanent") (/ sticky/ ? " sticky" : "")
		}'
}

bridgeport_obstacles()
{
	[ -e "/sys/class/net/$1/master" ] || return 0
	if [ "$(cat "/sys/class/net/$1/master/bridge/vlan_filtering" 2>/dev/null)" = 1 ] && ! command -v bridge > /dev/null; then
		echo "VLANs of $1 in its bridge cannot be read (iproute2's bridge is not installed)"
	fi
	bridge vlan tunnelshow dev "$1" 2>/dev/null | grep -q '[0-9]  *[0-9]' && echo "$1 maps VLANs to tunnels (bridge vlan tunnelshow)"
	bridge mdb show 2>/dev/null | grep -q " port $1 .* permanent" && echo "$1 has groups of multicast that an admin set (bridge mdb)"
	return 0
}

bridgeport_save()
{
	rm -f "$2/brport" "$2/vlans" "$2/fdb" "$2/queue_id"
	[ -e "/sys/class/net/$1/master" ] || return 0
	cat "/sys/class/net/$1/bonding_slave/queue_id" > "$2/queue_id" 2>/dev/null
	[ -e "/sys/class/net/$1/brport" ] || return 0
	bridgeport_settings "$1" > "$2/brport"
	bridgeport_vlans "$1" > "$2/vlans"
	bridgeport_fdb "$1" > "$2/fdb"
}

# Before the link is up, so that nothing passes under other rules.
bridgeport_joined()
{
	if [ -s "$2/queue_id" ] && [ "$(cat "/sys/class/net/$1/bonding_slave/queue_id" 2>/dev/null)" != "$(cat "$2/queue_id")" ]; then
		ip link set dev "$1" type bond_slave queue_id "$(cat "$2/queue_id")" || net_lost "$2" "the queue of $1 in its bond"
	fi
	[ -s "$2/brport" ] || return 0
	net_set < "$2/brport"
	bridgeport_settings "$1" > "$2/brport.now"
	cmp -s "$2/brport" "$2/brport.now" || net_lost "$2" "settings of $1 as a port: $(awk 'NR == FNR { now[$0] = 1; next } !($0 in now)' \
		"$2/brport.now" "$2/brport" | sed 's,.*/,,' | tr '\n' ' ')"
	bridgeport_vlans "$1" > "$2/vlans.now"
	if ! cmp -s "$2/vlans" "$2/vlans.now"; then
		{
			sed -n "s/^vid \\([0-9]*\\).*/vlan del dev $1 vid \\1/p" "$2/vlans.now"
			sed "s/^/vlan add dev $1 /" "$2/vlans"
		} | bridge -force -batch - > /dev/null 2>&1
		bridgeport_vlans "$1" > "$2/vlans.now"
		cmp -s "$2/vlans" "$2/vlans.now" || net_lost "$2" "VLANs of $1 as a port"
	fi
	[ ! -s "$2/fdb" ] || {
		sed "s/^\\([^ ]*\\)/fdb replace \\1 dev $1 master/" "$2/fdb" | bridge -force -batch - > /dev/null 2>&1 ||
			net_lost "$2" "addresses in the bridge's table for $1"
	}
}
