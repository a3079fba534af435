# shellcheck shell=bash
# Native XDP: for each verdict PACKETS frames (100000) from dom0's pktgen; the program's own count,
# ethtool's counter and the frames that came are the same number. Frames that go back or on arrive
# where they should. TCP from a sender with GSO works with a program attached; the program outlives
# a reload of the connection; an MTU that does not fit is refused with a reason; detaching gives
# offloads back; the guest's grants and free memory are as before.
# timeout: 1200
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
. /lab/tests/lib/xdp.sh
: "${PACKETS:=100000}"
# DELAY: nanoseconds from one to the next; a slow guest takes longer for each, and what it does not
# take in time netback drops
: "${DELAY:=20000}"
out=$(guest_create g1 vifs=2) || fatal "guest up" "$out"
ip=$(guest_ip g1); vif=$(vif_of g1); mac=$(xs "$(fe_path g1)/mac")
[ -e /proc/net/pktgen ] || modprobe pktgen
# given: frames that netback put into the ring. ran: what the program counted
given() { cat "/sys/class/net/$vif/statistics/tx_packets"; }
ran() { guest_exec g1 'xdp count p'; }
# both NAME: ethtool's counter and the program's own at one moment: read again while frames of the
# guest's own traffic come in between
both() {
	guest_exec g1 "sum() { ethtool -S eth0 | awk '/[rt]x[0-9]+_$1:/ {n += \$2} END {print n + 0}'; }
		for i in 1 2 3 4 5 6 7 8 9; do a=\$(sum); p=\$(xdp count p); [ \"\$a\" != \"\$(sum)\" ] || break; done; echo \$a \$p"
}
attach() { guest_exec g1 "xdp load $1 p ${2:-} && ip -force link set dev eth0 xdpdrv pinned /sys/fs/bpf/p"; }
detach() { guest_exec g1 'ip link set dev eth0 xdpdrv off'; }
sent() {
	local t
	for t in rem_device_all "add_device $vif"; do echo "$t" > /proc/net/pktgen/kpktgend_0; done
	for t in "count $((PACKETS + PACKETS / 20))" "clone_skb 0" "pkt_size 200" "delay $DELAY" "dst $ip" "dst_mac $mac"; do echo "$t" > "/proc/net/pktgen/$vif"; done
	echo start > /proc/net/pktgen/pgctrl
	nap 1
	echo rem_device_all > /proc/net/pktgen/kpktgend_0
}
verdict() { # verdict NAME COUNTER [IFINDEX]
	local a b c d r s out
	out=$(attach "$1" "${3:-}") || { not_ok "$1: attached" "$out"; return; }
	wait_for 20 told 1 || { not_ok "$1: connected with a program" "$(fe_keys g1)"; return; }
	nap 1
	read -r a d < <(both "$2"); r=$(given)
	sent
	read -r b c < <(both "$2"); s=$(given)
	a=$((b - a)) c=$((c - d)) s=$((s - r))
	# netback may drop what pktgen sends too fast; a frame between two of the counters is the
	# guest's own traffic
	if [ $a = $c ] && [ $c -ge "$PACKETS" ] && [ $((c - s)) -ge -3 ] && [ $((c - s)) -le 3 ]; then
		ok "$1: $c frames, by the program's count and by ethtool's; $s by netback's"
	else not_ok "$1: frames counted the same" "program $c, ethtool $a, netback $s, at least $PACKETS sent
$(guest_exec g1 'ethtool -S eth0 | grep -v ": 0$"; dmesg | tail -n 5')"; fi
}
# kB; what a program leaves behind at each frame would be megabytes. A debug kernel's checkers keep
# some, too.
slack=$((3072 * SLOW))
refs() { guest_exec g1 'ethtool -S eth0 | awk "/grants_kept/ {n += \$2} END {print n + 0}"'; }

free=$(guest_free g1)
verdict drop xdp_drop
verdict pass xdp_pass
allow_message 'Illegal XDP return value|XDP: '
verdict aborted xdp_aborted
before=$(< "/sys/class/net/$vif/statistics/rx_packets")
# What found the ring full counts as well: dom0 shares the one CPU with the guest.
before_tx=$(ethtool_sum xdp_tx)
verdict tx 'xdp_tx(_full)?'
sent_back=$(($(ethtool_sum xdp_tx) - before_tx))
after=$(< "/sys/class/net/$vif/statistics/rx_packets")
if [ $sent_back -ge $((PACKETS / 2)) ] && [ $((after - before)) -ge $sent_back ]; then ok "tx: $sent_back frames were sent back, $((after - before)) came to dom0"
else not_ok "tx: frames came back to dom0" "sent $sent_back, came $((after - before))"; fi
vif1=$(vif_of g1 1); idx=$(guest_exec g1 'ip link set eth1 up; cat /sys/class/net/eth1/ifindex'); nap 1
before=$(< "/sys/class/net/$vif1/statistics/rx_packets")
verdict redirect 'xdp_redirect(_fail)?' "$idx"
# dom0's count last: the program is still there, and a neighbour may say something at any time.
x=$(ethtool_sum xdp_xmit eth1); f=$(ethtool_sum xdp_xmit_full eth1); nap 0.2
after=$(< "/sys/class/net/$vif1/statistics/rx_packets")
if [ $((x + f)) -ge "$PACKETS" ] && [ $((after - before)) -ge "$x" ]; then ok "redirect: $x frames left by the other interface, $f found its ring full, $((after - before)) in dom0"
else not_ok "redirect: frames left by the other interface" "xmit $x, full $f, in dom0 $((after - before))"; fi

out=$(attach adjust) || fatal "a program that adjusts frames is attached" "$out"
wait_for 20 told 1 || fatal "connected with that program" "$(fe_keys g1)"
check "head, metadata and tail adjusted: ping" wait_ping "$ip" 15
check "TCP with GSO from dom0, both ways, while a program is attached" pump_start g1
nap 3
a=$(ran)
guest_exec g1 'ip link set eth0 down; ip link set eth0 up; netup eth0' >/dev/null
check "TCP goes on after down and up" pump_moves g1 30
b=$(ran)
if [ "$b" -gt "$a" ]; then ok "the program is still there"; else not_ok "the program is still there" "$a then $b"; fi
[ "$TYPE" != pv ] || { check "save and restore" save_and_restore g1
	check "TCP goes on after that" pump_moves g1 60
	a=$(ran); nap 2; b=$(ran)
	if [ "$b" -gt "$a" ]; then ok "the program runs there, too"; else not_ok "the program runs there, too" "$a then $b"; fi; }
check "every byte as sent" pump_stop g1
if out=$(guest_exec g1 'ip link set dev eth0 mtu 9000' 2>&1); then not_ok "MTU 9000 is refused while a program is attached" "$out"
else ok "MTU 9000 is refused while a program is attached"; fi
check "detach" detach
if wait_for 20 told ""; then ok "offloads are offered again"; else not_ok "offloads are offered again" "$(fe_keys g1)"; fi
guest_exec g1 'ip link set dev eth0 mtu 9000'
out=$(guest_exec g1 'xdp load pass p; ip link set dev eth0 xdpdrv pinned /sys/fs/bpf/p 2>&1')
case $out in *"MTU too large"*) ok "attach with MTU 9000 is refused with the reason" ;; *) not_ok "attach with MTU 9000 is refused with the reason" "$out" ;; esac
guest_exec g1 'ip link set dev eth0 mtu 1500'
check "ping at the end" wait_ping "$ip" 15
now=$(guest_free g1)
if [ $((free - now)) -lt $slack ]; then ok "no page kept: $now kB free, $free kB to begin with"
else not_ok "no page kept" "$now kB free, $free kB to begin with"; fi
if [ "$(refs)" = 0 ]; then ok "no grant kept"; else not_ok "no grant kept" "$(refs)"; fi
check "unload with a program attached" guest_exec g1 -t 60 'ip link set dev eth0 xdpdrv pinned /sys/fs/bpf/p && timeout 40 modprobe -r xen_netfront'
