# shellcheck shell=bash
# The rig of frames.sh: ends (dom0 is number 1, guests theirs), the table of what is sent between
# two of them, and the verdicts.

export PATH=$PATH:/more/bin
# KINDS: only what matches this expression, and plain frames
: "${KINDS:=.}"
FRAMES_SECONDS=4			# that a kind may take to arrive
declare -A FRAMES_KEY FRAMES_PUB NO	# NO: why a kind is not there

# Xen's own script takes many processes for each interface; on a busy machine libxl ends it after 10
# s.
printf '%s\n' '#!/bin/bash' '[ "$1" = online ] || exit 0' 'ip link set "$vif" master "xenbr${vif##*.}" up &&' \
	'exec xenstore-write "$XENBUS_PATH/hotplug-status" connected' > /etc/xen/scripts/vif-frames
chmod 755 /etc/xen/scripts/vif-frames

# number END; in_end END SCRIPT: runs it there
number() { if [ "$1" = dom0 ]; then echo 1; else cat "$STATE/$1.n"; fi; }
in_end() { if [ "$1" = dom0 ]; then bash -c "$2"; else guest_exec "$1" -t "${3:-60}" "$2"; fi; }
frames_mac() { if [ "$1" = dom0 ]; then echo 02:99:00:00:00:01; else printf '00:16:3e:00:00:%02x\n' "$(number "$1")"; fi; }
frames_device() { if [ "$1" = dom0 ]; then echo xenbr0; else echo eth0; fi; }

# frames_up END...: all of them at once, for each has a way to each other one
frames_up() {
	local e f out head macs='' kind text want
	want=$({ frames_table dom0 dom0; router_lines forwarded a b c d; router_lines NATed a "" c; } | grep -E "$KINDS" | cut -d: -f1 | sort -u)
	case $want in *packet*|*"VXLAN over a VLAN"*) want+=$'\nVLAN\nQinQ\nIPIP' ;; esac
	case $want in *by\ a\ VLAN*) want+=$'\nforwarded\nNATed' ;; esac
	want="|${want//$'\n'/|}|"
	ip link set xenbr0 address "$(frames_mac dom0)"
	for e; do
		FRAMES_KEY[$e]=$(wg genkey); FRAMES_PUB[$e]=$(wg pubkey <<< "${FRAMES_KEY[$e]}")
		macs+="MAC_$(number "$e")=$(frames_mac "$e") PUB_$(number "$e")=${FRAMES_PUB[$e]} "
	done
	for e; do
		head="N=$(number "$e") KEY=${FRAMES_KEY[$e]} WANT='$want' PEERS='"
		for f; do [ "$f" = "$e" ] || head+="$(number "$f") "; done
		if [ "$e" = dom0 ]; then head+="' D0=xenbr0 D1=xenbr1"; else head+="' D0=eth0 D1=eth1"; fi
		out=$(in_end "$e" "$head $macs
$(< /lab/tests/lib/frames-end)" 120 2>&1) || { echo "$e: $out"; return 1; }
		while IFS=: read -r kind text; do
			case $kind in
			"no "*) NO[${kind#no }]="$e:$text" ;;
			?*) echo "$e: $kind:$text"; return 1 ;;
			esac
		done <<< "$out"
	done
}
# dom0's end goes, for the next test of its kind makes the same again
frames_down() {
	local d
	kill "$(cat /run/frames/pid)" 2>/dev/null
	pkill -f 'frames pppoe'
	for d in /sys/class/net/{t[0-9]*.*,f[0-9]*,ppp[0-9]*}; do [ ! -e "$d" ] || ip link del "${d##*/}" 2>/dev/null; done
	ip xfrm state flush; ip xfrm policy flush
	ip addr del 10.101.27.1/32 dev lo 2>/dev/null; ip addr del fd01:27::1/128 dev lo 2>/dev/null
	! ip -f mpls route show > /dev/null 2>&1 || ip -f mpls route flush dev lo 2>/dev/null
	[ ! -e /sbin/modprobe ] || echo /sbin/modprobe > /proc/sys/kernel/modprobe
}

# both KIND K [NOT4|NOT6]: TCP and UDP of both families
both() {
	[ "${3:-}" = NOT4 ] || printf '%s\t%s\n' "$1: TCP" "tcp 10.101.$2.$P" "$1: UDP" "udp 10.101.$2.$P"
	[ "${3:-}" = NOT6 ] || printf '%s\t%s\n' "$1: TCP over IPv6" "tcp fd01:$2::$P" "$1: UDP over IPv6" "udp fd01:$2::$P"
}
# frames_table FROM TO: each line's name begins with the kind
frames_table() {
	local N P from=$1 to=$2
	N=$(number "$from"); P=$(number "$to")
	local a="10.99.0.$P" b="fd99:0::$P" p
	p="$(frames_device "$from") $(frames_mac "$to")"
	printf '%s\t%s\n' "plain: TCP" "tcp $a" "plain: TCP over IPv6" "tcp $b" "plain: UDP" "udp $a" "plain: UDP over IPv6" "udp $b"
	printf '%s\t%s\n' "fragments: UDP" "udp $a 1473 5000 20001" "fragments: UDP over IPv6" "udp $b 1453 5000 20001" \
		"segmentation: UDP" "segments $a" "segmentation: UDP over IPv6" "segments $b"
	printf '%s\t%s\n' "destination options: TCP" "tcp-dst $b" "destination options: UDP" "udp-dst $b" \
		"hop-by-hop options: TCP" "tcp-hop $b" "hop-by-hop options: UDP" "udp-hop $b"
	printf '%s\t%s\n' "SCTP: a stream" "sctp $a" "SCTP: a stream over IPv6" "sctp $b"
	both VLAN 5; both QinQ 6; both "VLAN of a macvlan" 7; both "VLAN of a bond" 8; both "VLAN by a bridge" 9
	printf '%s\t%s\n' "VLAN: segmentation" "segments 10.101.5.$P" "VLAN: fragments" "udp 10.101.5.$P 1473 5000 20001" "VLAN: SCTP" "sctp 10.101.5.$P" \
		"VLAN: destination options, TCP" "tcp-dst fd01:5::$P"
	both VXLAN 20; both GENEVE 21; both GRE 22; both "GRE with checksums" 33; both "GRE over IPv6" 29; both IPIP 23 NOT6; both SIT 24 NOT4
	both "VXLAN over a VLAN" 30; both WireGuard 25; both IPsec 26; both MPLS 27; both PPPoE 28
	printf '%s\t%s\n' "packet: UDP" "packet udp4 $p 10.99.0.$N $a" "packet: UDP over IPv6" "packet udp6 $p fd99:0::$N $b" \
		"packet: UDP behind IP options" "packet options4 $p 10.99.0.$N $a" "packet: TCP to be segmented" "packet segments4 $p 10.99.0.$N $a" \
		"packet: another protocol's checksum" "packet other $p 10.99.0.$N $a" "packet: a checksum from an odd place on" "packet odd $p 10.99.0.$N $a" \
		"packet: VLAN, UDP" "packet vlan-udp4 $p 10.101.5.$N 10.101.5.$P 5" "packet: VLAN, UDP over IPv6" "packet vlan-udp6 $p fd01:5::$N fd01:5::$P 5" \
		"packet: VLAN, TCP to be segmented" "packet vlan-segments4 $p 10.101.5.$N 10.101.5.$P 5" \
		"packet: QinQ, UDP" "packet qinq-udp4 $p 10.101.6.$N 10.101.6.$P 6" \
		"packet: UDP in IPIP" "packet ipip $p 10.99.0.$N $a 0 10.101.23.$N 10.101.23.$P"
}

# frames_send FROM WHERE TABLE FILE: what became of each line of TABLE, to STATE/FILE; WHERE: the
# address that answers for the other end
frames_send() {
	local n limit=$((FRAMES_SECONDS * SLOW))
	n=$(wc -l < "$3")
	case $1 in
	dom0) frames run "$2" $limit < "$3" ;;
	ns:*) ip netns exec "${1#ns:}" frames run "$2" $limit < "$3" ;;
	*) guest_exec "$1" -t $((n * (FRAMES_SECONDS + 1) + 30)) "frames run $2 $limit << 'END'
$(< "$3")
END" ;;
	esac > "$STATE/$4" 2>&1
	[ "$(grep -cE '^(ok|lost|unfinished) ' "$STATE/$4")" = "$n" ] || { echo "of $n lines:"; grep -vE '^ok ' "$STATE/$4"; return 1; }
}
# frames_run FROM TO: all of the table; results in STATE/frames.FROM.TO
frames_run() {
	local begin=$SECONDS out
	frames_table "$1" "$2" | grep -E "^plain|$KINDS" > "$STATE/table"
	out=$(frames_send "$1" "10.99.0.$(number "$2")" "$STATE/table" "frames.$1.$2") || fatal "frames are sent from $1 to $2" "$out"
	note "$1 to $2: $((SECONDS - begin)) s"
}

# promised FILE NAME: what our driver does beyond in-tree's: a checksum that netback does not look
# for is finished before it is sent
promised() {
	case $DRIVER:$1:$2 in
	ours:frames.g1.*:"packet: another protocol's checksum"|ours:frames.g1.*:"packet: a checksum from an odd place on"|ours:frames.g1.*:"packet: UDP in IPIP") ;;
	*) return 1 ;;
	esac
}

# frames_verdicts WAY...: a verdict for each line of the last table. WAY: FILE, YARDSTICK's files,
# what the way is called; separated by "|". A line is not ok where a way loses what all of its
# yardsticks deliver, which run the in-tree driver.
frames_verdicts() {
	local -A got known
	local way file yard text name names=() f line bad notes y
	for way; do
		IFS='|' read -r file yard text <<< "$way"
		for f in $file $yard; do
			while IFS= read -r line; do
				name=${line#* }; name=${name%%$'\t'*}
				got[$f|$name]=ok
				case $line in
				lost*) got[$f|$name]="lost; ${line#*$'\t'}" ;;
				# The sum of a frame that did not leave the host: its data is as it
				# was sent, and a guest cannot know where it goes.
				unfinished*) case $f in frames.dom0.*) ;; *) got[$f|$name]="lost; its checksum was not finished" ;; esac ;;
				esac
				[ -n "${known[$name]:-}" ] || { known[$name]=1; names+=("$name"); }
			done < "$STATE/$f"
		done
	done
	for name in "${names[@]}"; do
		[ -z "${NO[${name%%:*}]:-}" ] || { skip "$name" "${NO[${name%%:*}]}"; continue; }
		bad='' notes=''
		for way; do
			IFS='|' read -r file yard text <<< "$way"
			f=${got[$file|$name]:-not sent}; [ "$f" != "not sent" ] || continue
			y=ok; for line in $yard; do [ "${got[$line|$name]}" = ok ] || y=${got[$line|$name]}; done
			case $f:$y in
			ok:ok) ;;
			ok:*) notes+="$name, $text: arrives; with the in-tree driver: $y"$'\n' ;;
			*:ok) bad+="$text: $f; with the in-tree driver it arrives"$'\n' ;;
			*) case $name in
				plain:*) bad+="$text: $f; with the in-tree driver as well"$'\n' ;;
				*) if promised "$file" "$name"; then bad+="$text: $f; the in-tree driver loses it, ours finishes it"$'\n'; fi
				   notes+="$name, $text: $f; with the in-tree driver as well: $y"$'\n' ;;
				esac ;;
			esac
		done
		if [ -n "$bad" ]; then not_ok "$name" "${bad%$'\n'}"; else ok "$name"; fi
		[ -z "$notes" ] || note "${notes%$'\n'}"
	done
}

# ---- a guest as router ---------------------------------------------------------------------------
# Two namespaces of dom0: a is on its first network, b on its second, also by a VLAN there.

router_rig() {
	local n
	printf '%s\n' "netns add fa" "netns add fb" "link add fa1 type veth peer name fa0 netns fa" "link add fb1 type veth peer name fb0 netns fb" \
		"link add ca netns fa type veth peer name cb netns fb" "link set fa1 master xenbr0 up" "link set fb1 master xenbr1 up" | ip -batch - || return 1
	printf '%s\n' "link set lo up" "link set fa0 up" "link set ca up" "addr add 10.98.0.1/30 dev ca" "addr add 10.99.0.201/24 dev fa0" \
		"addr add 10.99.0.203/24 dev fa0" "addr add fd99:0::201/64 dev fa0 nodad" "addr add fd99:0::203/64 dev fa0 nodad" | ip -n fa -batch - || return 1
	printf '%s\n' "link set lo up" "link set fb0 up" "link set cb up" "addr add 10.98.0.2/30 dev cb" "addr add 10.99.1.202/24 dev fb0" \
		"addr add fd99:1::202/64 dev fb0 nodad" "link add link fb0 name f11 type vlan id 11" "link set f11 up" "addr add 10.101.11.202/24 dev f11" \
		"addr add fd01:11::202/64 dev f11 nodad" | ip -n fb -batch - || return 1
	for n in fa fb; do ip netns exec $n frames serve > /dev/null 2>&1 & echo $! >> "$STATE/routers"; done
}
# router_is GUEST: both namespaces reach each other by it
router_is() {
	local r
	r=$(number "$1")
	guest_exec "$1" "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
		ip link del br0 2>/dev/null; ip link del bnd0 2>/dev/null; netup eth1
		ip link add link eth1 name f11 type vlan id 11 && ip link set f11 up && ip addr add 10.101.11.$r/24 dev f11 && ip addr add fd01:11::$r/64 dev f11 nodad" || return 1
	printf '%s\n' "route replace 10.99.1.0/24 via 10.99.0.$r" "route replace 10.101.11.0/24 via 10.99.0.$r" \
		"route replace fd99:1::/64 via fd99:0::$r" "route replace fd01:11::/64 via fd99:0::$r" | ip -n fa -batch - || return 1
	printf '%s\n' "route replace 10.99.0.0/24 via 10.99.1.$r" "route replace 10.99.0.203/32 via 10.101.11.$r" \
		"route replace fd99:0::/64 via fd99:1::$r" "route replace fd99:0::203/128 via fd01:11::$r" | ip -n fb -batch -
}
# router_nat GUEST: from now on it hides who sends
router_nat() {
	guest_exec "$1" 'export LD_LIBRARY_PATH=/more/so; /more/bin/nft -f - <<< "table ip nat { chain post { type nat hook postrouting priority 100; oifname { eth1, f11 } counter masquerade; }; }"'
}
# router_hides GUEST: the rule was used
router_hides() {
	guest_exec "$1" 'export LD_LIBRARY_PATH=/more/so; /more/bin/nft list ruleset' | grep -q 'counter packets [1-9]' || { echo "$1 has put no address for another"; return 1; }
}
# router_lines NAME V4 V6 VLAN4 VLAN6
router_lines() {
	printf '%s\t%s\n' "$1: TCP" "tcp $2" "$1: UDP" "udp $2" "$1: fragments" "udp $2 1473 5000 20001" "$1: segmentation" "segments $2" \
		"$1 by a VLAN: TCP" "tcp $4" "$1 by a VLAN: UDP" "udp $4"
	[ -z "$3" ] || printf '%s\t%s\n' "$1: TCP over IPv6" "tcp $3" "$1: UDP over IPv6" "udp $3" "$1 by a VLAN: TCP over IPv6" "tcp $5"
}
# router_wanted: KINDS has something for a router
router_wanted() { { router_lines forwarded a b c d; router_lines NATed a "" c; } | grep -qE "$KINDS"; }
# router_run GUEST: results in frames.GUEST.there, .back, .nat
router_run() {
	local out
	out=$(router_is "$1") || fatal "$1 is a router" "$out"
	router_lines forwarded 10.99.1.202 fd99:1::202 10.101.11.202 fd01:11::202 | grep -E "$KINDS" > "$STATE/table"
	out=$(frames_send ns:fa 10.98.0.2 "$STATE/table" "frames.$1.there") || fatal "frames are sent through $1" "$out"
	router_lines forwarded 10.99.0.201 fd99:0::201 10.99.0.203 fd99:0::203 | grep -E "$KINDS" > "$STATE/table"
	out=$(frames_send ns:fb 10.98.0.1 "$STATE/table" "frames.$1.back") || fatal "frames are sent back through $1" "$out"
	if out=$(router_nat "$1"); then
		router_lines NATed 10.99.1.202 "" 10.101.11.202 | grep -E "$KINDS" > "$STATE/table"
		out=$(frames_send ns:fa 10.98.0.2 "$STATE/table" "frames.$1.nat") || fatal "frames are sent through $1's NAT" "$out"
		[ ! -s "$STATE/table" ] || check "$1 puts its address for another's" router_hides "$1"
	else
		NO[NATed]="$1: $out"; : > "$STATE/frames.$1.nat"
	fi
}
router_down() {
	local p
	while read -r p; do kill "$p"; done < "$STATE/routers"
	ip netns del fa; ip netns del fb
}
