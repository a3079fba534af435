# shellcheck shell=bash
# AF_XDP in copy mode with a program that works: a UDP echo server on an XDP socket gets each
# datagram that dom0 sends and the guest's own stack none of them; every byte comes back; it goes on
# after the connection was made anew and after a move (TYPE=pvh: live migration, pv: save and
# restore); all is as before when it ends.
# timeout: 600
. /lab/tests/lib/move.sh
. /lab/tests/lib/xdp.sh
out=$(guest_create g1 memory=192) || fatal "guest up" "$out"
ip=$(guest_ip g1)
no_port() { guest_exec g1 "awk '/^Udp: [0-9]/ {print \$3}' /proc/net/snmp"; }
unheard=$(no_port)
guest_exec g1 'xsk eth0 0 400 > /run/xsk 2>&1 & echo $! > /run/xsk.pid
	for i in $(seq 50); do grep -q ready /run/xsk && exit 0; kill -0 $! || break; sleep 0.2; done; cat /run/xsk; exit 1' > "$TEST_DIR/xsk" ||
	fatal "an AF_XDP socket in copy mode, its program in native mode" "$(< "$TEST_DIR/xsk")"
ok "an AF_XDP socket in copy mode, its program in native mode"
wait_for 20 told 1 || not_ok "connected with a program" "$(fe_keys g1)"
check "UDP of every size from 1 to 1472 bytes there and back through the socket" timeout 200 traffic sweep "$ip" 7 1 1472
check "all else reaches the stack: ping" ping -c 2 -W 5 "$ip"
guest_exec g1 'ip link set eth0 down; ip link set eth0 up; netup eth0' > /dev/null
wait_for 20 told 1
check "again after down and up" timeout 100 traffic sweep "$ip" 7 1 300
if [ "$TYPE" = pv ]; then move=save_and_restore; else move=guest_migrate; fi
dom0_first
check "$move" $move g1
wait_for 20 told 1 || not_ok "connected with a program after that" "$(fe_keys g1)"
wait_ping "$ip" 60
check "again after that" timeout 100 traffic sweep "$ip" 7 1 300
served=$(ethtool_sum xdp_redirect)
guest_exec g1 'kill $(cat /run/xsk.pid); wait_gone xsk 10; cat /run/xsk' > "$TEST_DIR/xsk"
got=$(sed -n 's/^received \([0-9]*\) sent .*/\1/p' "$TEST_DIR/xsk")
if [ "${got:-0}" -ge 2072 ] && [ "$served" -ge "$got" ]; then ok "the program received $got datagrams, ethtool counts $served frames redirected"
else not_ok "the program received each datagram" "ethtool: $served redirected; $(< "$TEST_DIR/xsk")"; fi
if [ "$(no_port)" = "$unheard" ]; then ok "the guest's stack saw none of them"; else not_ok "the guest's stack saw none of them" "$(no_port) for no port, $unheard before"; fi
if wait_for 20 told ""; then ok "offloads are offered again when it has ended"; else not_ok "offloads are offered again when it has ended" "$(fe_keys g1)"; fi
check "ping at the end" wait_ping "$ip" 15
check "unload" guest_exec g1 -t 60 'timeout 40 modprobe -r xen_netfront'
