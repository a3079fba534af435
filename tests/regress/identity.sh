# shellcheck shell=bash
# What a guest's software can see of an interface is the same with our driver as with the kernel's
# own: sysfs, every attribute of netlink, udev's properties, ethtool, names of interrupts and
# threads, sysctls, what is refused and with which words. Rules of udev, networkd, NetworkManager,
# netplan and cloud-init match by these. A difference needs an entry in the list below, with its
# reason.
# DRIVER=intree compares the kernel's driver with itself, where there must be no difference at all:
# that nothing here differs by chance.
# timeout: 500

# A difference that may be, and why: SIDE (< the kernel's own driver's, > ours), what, a tab, and
# the reason
differences() {
	cat <<-'END'
	^[<>] ethtool -i: version:	the one thing that is to tell the two drivers apart
	^[<>] module: (version|srcversion|taint|coresize|initsize) 	another module, from outside of the kernel's tree; udev and others match by none of these
	^> parameters: (close_timeout_ms|trace) 	ours has more to set
	^[<>] ethtool -[cglxtnu]: 	ours answers where the kernel's own says "not supported": moderation, rings, channels, receive hashing, self-test
	^[<>] ethtool -i: supports-test: 	ours has a self-test
	^[<>] module: refcnt 	an interface holds no reference to ours, so that it can be unloaded while there is one
	^> ethtool -S: 	ours counts more; none of the kernel's own counters is missing
	^[<>] ethtool (-k|-k after): receive-hashing: 	ours hashes what it receives
	^[<>] ethtool -K rxhash 	and so it can be switched
	^> interrupt( vif[0-9]*-ctrl: |: .* vif[0-9]*-ctrl)	the control ring, by which hashing and multicast are set, has an interrupt
	^< (sysfs: |udev walk: .*)rxbuf_(min|max|cur)	what is written there has had no effect since Linux 3.18, what is read is a constant
	^[<>] (down )?(netlink: 51|link6?: maxmtu) 	a frame of the protocol has at most 65535 bytes, its header and a tag among them: the kernel's own takes an MTU whose frames it drops
	^[<>] mtu 65535: 	the same
	END
}

# Two queues by the driver's own choice: as many as CPUs, if the backend has them
echo 4 > /sys/module/xen_netback/parameters/max_queues
bridge_up 0
out=$(guest_create g1 memory=192 vcpus=2 wait=0 && guest_create g2 memory=192 vcpus=2 driver=intree wait=0) || fatal "guests up" "$out"
allow_guest g2
for g in g1 g2; do out=$(guest_booted $g) || fatal "guests up" "$out"; done
# udev is dom0's; it goes over the network
udev() {
	ldd /usr/bin/udevadm | grep -o '/[^ ]*' | tar -C / -czhf /tmp/udev.tgz usr/bin/udevadm -T - 2> /dev/null &&
		guest_exec "$1" 'nc -l -p 7100 > /tmp/udev.tgz < /dev/null & true' && nap 0.5 && within 60 nc -N "$(guest_ip "$1")" 7100 < /tmp/udev.tgz &&
		guest_exec "$1" -t 60 'wait_gone nc 10; cd / && tar -xzkf /tmp/udev.tgz 2> /dev/null; mkdir -p /run/udev; udevadm --version'
}
for g in g1 g2; do check "udev in $g" udev $g; done

# facts NAME: a line each
facts() {
	guest_exec "$1" -t 200 '
	# tell LABEL COMMAND...: each line of its output behind LABEL, and its status
	tell() { local l=$1 out rc; shift; out=$("$@" 2>&1); rc=$?; while IFS= read -r line; do printf "%s: %s\n" "$l" "$line"; done <<< "$out"; echo "$l: status $rc"; }
	# tree LABEL FOLDER DEPTH: its files with modes and values, without a process for each
	tree() {
		local f v m
		cd "$2" || return
		while read -r m f; do
			f=${f#./} v=
			case $m:$f in
			l*) printf "%s %s %s -> %s\n" "$1" "$f" "$m" "$(readlink "$f")"; continue ;;
			d*) printf "%s %s %s\n" "$1" "$f" "$m"; continue ;;
			?r*) case $f in statistics/*|*/byte_queue_limits/limit|*/inflight|*/stall_*) ;; *) { IFS= read -r -d "" v < "$f"; } 2> /dev/null; [ -n "$v" ] || v=$(cat "$f" 2>&1) ;; esac ;;
			esac
			v=${v%$'"'\n'"'}; printf "%s %s %s %s\n" "$1" "$f" "$m" "${v//$'"'\n'"'/|}"
		done < <(find . -mindepth 1 -maxdepth "$3" ! -path "./net/*" -exec stat -c "%A %n" {} +)
		cd /
	}
	tree sysfs: /sys/class/net/eth0/ 4
	tree device: /sys/class/net/eth0/device/ 1
	tree xenbus-driver: /sys/bus/xen/drivers/vif/ 1
	tree module: /sys/module/xen_netfront/ 1; tree parameters: /sys/module/xen_netfront/parameters 1
	echo "modinfo: $(modinfo -F alias xen_netfront | sort | paste -s -d,)"; lsmod | while read -r m _ _; do [ $m = xen_netfront ] && echo "module: lsmod $m"; done
	# its longest lines in parts
	parts() { "$@" | sed "s/ \(maxmtu [0-9]*\) */\n\1\n/; s/ numtxqueues/\nnumtxqueues/"; }
	tell link parts ip -d link show eth0; tell link6 parts ip -d addr show dev eth0
	tell netlink linkattrs eth0
	tell maddr ip maddr show dev eth0
	tell qdisc tc -d qdisc show dev eth0; tell class tc class show dev eth0
	for o in "" -i -k -c -g -l -P -T -a -x -n -m -e -d -u -t --show-eee --show-fec --show-priv-flags --show-tunnels --phy-statistics "--show-mm" "-S"; do
		if [ "$o" = -S ]; then tell "ethtool $o" sh -c "ethtool -S eth0 | sed \"s/:.*//\""; else tell "ethtool $o" ethtool $o eth0; fi
	done
	for b in net_id path_id net_setup_link; do tell "udev $b" udevadm test-builtin $b /sys/class/net/eth0; done
	tell "udev walk" udevadm info -a -p /sys/class/net/eth0
	grep eth0 /proc/net/dev | sed "s/:.*//; s/^/proc-net-dev: /"
	grep -E "vif|eth" /proc/interrupts | while read -r n rest; do
		n=${n%:} name=${rest##* }
		printf "interrupt: %s\n" "${rest##*[0-9]  }"
		for f in chip_name actions type name; do [ ! -r /sys/kernel/irq/$n/$f ] || echo "interrupt $name: $f $(< /sys/kernel/irq/$n/$f)"; done
		for f in smp_affinity_list affinity_hint; do [ ! -r /proc/irq/$n/$f ] || echo "interrupt $name: $f $(< /proc/irq/$n/$f)"; done
	done
	for d in ipv4/conf ipv4/neigh ipv6/conf ipv6/neigh; do tree sysctl: /proc/sys/net/$d/eth0 1 | sed "s|^sysctl:|sysctl $d|"; done
	echo 1 > /sys/class/net/eth0/threaded && for c in /proc/[0-9]*/comm; do { read -r n < $c; } 2>/dev/null; case $n in napi/*) echo "thread: ${n%-*}" ;; esac; done
	echo 0 > /sys/class/net/eth0/threaded
	# What is refused, and what is not
	for m in 67 68 1280 1500 9000 65535 65536 1500; do tell "mtu $m" ip link set eth0 mtu $m; done
	tell "multicast address" ip link set eth0 address 01:00:00:00:00:01
	for f in rx tx sg tso gso gro lro ufo rxhash ntuple rxvlan txvlan; do for v in off on; do tell "ethtool -K $f $v" ethtool -K eth0 $f $v; done; done
	tell "ethtool -k after" ethtool -k eth0
	tell "ethtool -G" ethtool -G eth0 rx 128; tell "ethtool -A" ethtool -A eth0 rx on; tell "ethtool -s speed" ethtool -s eth0 speed 1000 duplex full
	tell "ethtool -s wol" ethtool -s eth0 wol g; tell "ethtool -s msglvl" ethtool -s eth0 msglvl 7; tell "ethtool -p" timeout 3 ethtool -p eth0 1; tell "ethtool -r" ethtool -r eth0
	ip link set eth0 down; sleep 1
	for f in carrier operstate flags; do tell "down $f" cat /sys/class/net/eth0/$f; done
	tell "down ethtool" ethtool eth0; tell "down link" parts ip -d link show eth0; tell "down netlink" linkattrs eth0
	'
}
# plain NAME: without what is the guest's own: its addresses
plain() {
	local ip mac n
	ip=$(guest_ip "$1") mac=$(xs "$(fe_path "$1")/mac") n=$(printf %02x "$(cat "$STATE/$1.n")")
	# fd99::N is how ip writes the address of IPv6
	sed "s/$mac/MAC/g; s/${mac//:/}/MAC/g; s/\b${ip//./\\.}\b/IP/g; s/\b$(guest_ip6 "$1")\b/IP6/g; s/\bfd99::$((16#$n))\b/IP6/g; /^udev walk:.*ATTR{\(statistics\|queues.*\/byte_queue_limits\)/d; s/fe80::216:3eff:fe00:${n#0}\b/LINK-LOCAL/g
		s/33:33:ff:00:00:$n/33:33:ff:MAC/; s/ff02::1:ff00:${n#0}\b/ff02::1:MAC/" | sort
}
for g in g1 g2; do facts $g > "$TEST_DIR/$g.raw" || fatal "$g tells" "$(tail -n 5 "$TEST_DIR/$g.raw")"; plain $g < "$TEST_DIR/$g.raw" > "$TEST_DIR/$g.facts"; done
diff "$TEST_DIR/g2.facts" "$TEST_DIR/g1.facts" | grep '^[<>]' > "$TEST_DIR/differences"
same=$(comm -12 "$TEST_DIR/g1.facts" "$TEST_DIR/g2.facts" | wc -l)
check "there is something to compare: $same facts are the same" test "$same" -gt 500
check "the kernel's own driver tells its name" grep -x 'ethtool -i: driver: vif' "$TEST_DIR/g2.facts"
if [ "$DRIVER" = intree ]; then
	check "the kernel's driver differs in nothing from itself" eval '! grep . "$TEST_DIR/differences"'
	exit 0
fi

# Each difference has its entry, and each entry says what it is for
cp "$TEST_DIR/differences" "$TEST_DIR/unexplained"
while IFS=$'\t' read -r what why; do
	n=$(grep -cE "$what" "$TEST_DIR/differences")
	[ "$n" = 0 ] || note "$n with \"$what\": $why"
	grep -vE "$what" "$TEST_DIR/unexplained" > "$TEST_DIR/rest"; mv "$TEST_DIR/rest" "$TEST_DIR/unexplained"
done < <(differences)
# One verdict for each kind
kinds=$(sed 's/^\([<>]\) //; s/:.*//' "$TEST_DIR/unexplained" | sort -u)
while IFS= read -r kind; do
	[ -z "$kind" ] || not_ok "the same $kind" "$(sed -n "/^[<>] $kind:/p" "$TEST_DIR/unexplained" | head -n 30)"
done <<< "${kinds//\//.}"
[ -n "$kinds" ] || ok "no difference without a reason, $(wc -l < "$TEST_DIR/differences") with one"
