# shellcheck shell=bash disable=SC2034,SC2154
# Event channels are short: an interface takes those that there are. No state is written besides those of the handshake, no error node, one
# connection, one message; it answers; and with ethtool -L it is whole again once there are enough.
# usage: tests/lab/run tests/regress/shortage.sh[:SHORT=4+5]     so many ports from the interface's first one on, of nine
# timeout: 900
: "${SHORT:=4+5+1}"
ports() { xenstore-ls -f "$(fe_path g1)" | sed -n 's/.*event-channel[^=]*= "\(.*\)"/\1/p' | sort -n; }
out=$(guest_create g1 type=pv vcpus=2 queues=4) || fatal "guest up" "$out"
first=$(ports | head -n 1)
note "ports of a guest that has enough: $(ports | paste -s -d' ')"
guest_destroy g1
IFS=+ read -ra short <<< "$SHORT"
for n in "${short[@]}"; do
	# A load by hand, so that its first state is seen
	out=$(guest_create g1 type=pv vcpus=2 queues=4 up=0 config="max_event_channels = $((first + n - 1))") || { not_ok "$n ports: guest up" "$out"; continue; }
	id=$(guest_id g1)
	fe=$(fe_path g1)
	(while v=$(xs "$fe/state"); do [ "$v" = "$last" ] || echo "$v"; last=$v; done) > "$TEST_DIR/states-$n" 2> /dev/null & w=$!
	check "$n ports: load" guest_exec g1 -t 60 'dmesg -C; modprobe xen_netfront && netup eth0'
	check "$n ports: answers" wait_ping "$(guest_ip g1)" 20
	nap 10
	kill "$w"; wait "$w" 2> /dev/null
	check "$n ports: no Closing" eval '! grep -qx 5 "$TEST_DIR/states-$n"' || note "$(paste -s -d' ' "$TEST_DIR/states-$n")"
	check "$n ports: no error node" eval '[ -z "$(xs "/local/domain/$id/error/device/vif/0/error")" ]'
	check "$n ports: one connection" guest_exec g1 'ethtool -S eth0 | grep -qx " *connects: 1"'
	check "$n ports: said once" guest_exec g1 '[ $(dmesg | grep -c "are short") = 1 ]' || note "$(guest_exec g1 'dmesg | tail -n 5')"
	note "ports in use: $(ports | paste -s -d' ')"
	check "$n ports: ethtool -L with fewer queues has what it wants" guest_exec g1 -t 30 'ethtool -L eth0 combined 1'
	check "$n ports: answers after it" wait_ping "$(guest_ip g1)" 20
	guest_destroy g1
done
