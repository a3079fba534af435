# shellcheck shell=bash disable=SC2034,SC2154
# An interface whose guest is short of something takes what there is and says so once, or says once
# why it does not work; it writes no state besides those of the handshake and no error node; and it
# is whole once there is enough, by itself or with ethtool -L. Memory is memory.sh's.
#   ports    event channels: LEFT so many ports from the interface's first one on, of nine (4+5+1)
#   grants   the guest's grant table is full but for so many entries: of a connection with two
#            queues these are, one after the other, a page for each of the rings of a queue and 256
#            entries for either, then the control ring and the page for what goes over it
#   watches  xenstore's quota of watches, of which the bus takes one for each device, and the driver
#            two, three if the backend has "carrier"
# usage: tests/lab/run tests/regress/shortage.sh[:PARTS=ports][,SHORT=4+5][,GRANTS=0+514]
# timeout: 1500
: "${PARTS:=ports+grants+watches}" "${SHORT:=4+5+1}" "${GRANTS:=0+1+2+200+258+400+513+514+515+700+1027+1028+1029+1030}"
ports() { xenstore-ls -f "$(fe_path g1)" | sed -n 's/.*event-channel[^=]*= "\(.*\)"/\1/p' | sort -n; }
no_error_node() { [ -z "$(xs "/local/domain/$(guest_id g1)/error/device/vif/0/error")" ]; }

short_of_ports() {
	local out first short n id fe w last
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
		check "$n ports: no error node" no_error_node
		check "$n ports: one connection" guest_exec g1 'ethtool -S eth0 | grep -qx " *connects: 1"'
		check "$n ports: said once" guest_exec g1 '[ $(dmesg | grep -c "are short") = 1 ]' || note "$(guest_exec g1 'dmesg | tail -n 5')"
		note "ports in use: $(ports | paste -s -d' ')"
		check "$n ports: ethtool -L with fewer queues has what it wants" guest_exec g1 -t 30 'ethtool -L eth0 combined 1'
		check "$n ports: answers after it" wait_ping "$(guest_ip g1)" 20
		guest_destroy g1
	done
}

# The table has room for one connection of two queues and what else the guest does; a process holds
# all but the last N entries.
FRAMES=4
free_grants() { echo $((FRAMES * 512 - $(guest_exec g1 grantsheld))); }
eat_grants() {
	guest_exec g1 "modprobe xen-gntalloc limit=4096 2> /dev/null; setsid eatgrants $1 > /run/eaten 2> /run/eaten.err < /dev/null &
		for ((i = 0; i < 100; i++)); do [ ! -s /run/eaten ] || exit 0; [ ! -s /run/eaten.err ] || break; sleep 0.1; done; cat /run/eaten.err; exit 1"
}
# expected LEFT: what the interface has with so many entries: "queues control-ring"
expected() {
	local n=$1 queues=0
	while [ "$queues" -lt 2 ] && [ "$n" -ge 514 ]; do queues=$((queues + 1)) n=$((n - 514)); done
	echo "$queues $((queues > 0 && n >= 2))"
}
short_of_grants() {
	local out n left nothing got
	out=$(guest_create g1 type=pv vcpus=2 queues=2 up=0 config="max_grant_frames = $FRAMES") || { not_ok "grants: guest up" "$out"; return; }
	guest_exec g1 'modprobe xen-gntalloc limit=4096' || { skip "grants" "the guest's kernel has no xen-gntalloc"; guest_destroy g1; return; }
	for n in ${GRANTS//+/ }; do
		left=$(free_grants)
		[ "${left:-0}" -gt $((n + 100)) ] || { not_ok "$n grants: the guest's table has room at first" "$left entries"; break; }
		out=$(eat_grants $((left - n)) 2>&1) || { not_ok "$n grants: a process takes all but these" "$out"; break; }
		read -r queues ctrl <<< "$(expected "$n")"
		guest_exec g1 'dmesg -C; modprobe xen_netfront; sleep 1; netup eth0'
		if [ "$queues" = 0 ]; then
			nap 11		# the time between two tries
			check "$n grants: said once, with the reason" guest_exec g1 '[ "$(dmesg | grep -c "cannot make queues (error -28)")" = 1 ]' || note "$(guest_exec g1 'dmesg | tail -n 5')"
		else
			check "$n grants: answers" wait_ping "$(guest_ip g1)" 20
			got="$(guest_exec g1 'ls -d /sys/class/net/eth0/queues/tx-* | wc -l') $(xs "$(fe_path g1)/ctrl-ring-ref" | grep -c .)"
			if [ "$got" = "$queues $ctrl" ]; then ok "$n grants: $queues of 2 queues, control ring: $ctrl"
			else not_ok "$n grants: $queues of 2 queues, control ring: $ctrl" "it has $got"; fi
			[ "$queues $ctrl" = "2 1" ] || check "$n grants: said once" guest_exec g1 '[ "$(dmesg | grep -c "are short")" = 1 ]' || note "$(guest_exec g1 'dmesg | tail -n 5')"
		fi
		check "$n grants: no error node" no_error_node
		guest_exec g1 'kill $(pidof eatgrants); for ((i = 0; i < 50; i++)); do pidof eatgrants > /dev/null || break; sleep 0.1; done'
		if [ "$queues" = 0 ]; then
			check "$n grants: with enough again it works by itself" wait_ping "$(guest_ip g1)" 20
		else
			check "$n grants: with enough again ethtool -L makes it whole" guest_exec g1 -t 30 '[ "$(ls -d /sys/class/net/eth0/queues/tx-* | wc -l)" = 2 ] || ethtool -L eth0 combined 2'
			check "$n grants: answers after it" wait_ping "$(guest_ip g1)" 20
		fi
		check "$n grants: two queues" guest_exec g1 '[ "$(ls -d /sys/class/net/eth0/queues/tx-* | wc -l)" = 2 ]'
		check "$n grants: unload" guest_exec g1 -t 40 'modprobe -r xen_netfront'
		nothing=$(free_grants)
		check "$n grants: none is lost" test "$nothing" = "$left" || note "$left entries before, $nothing after"
	done
	guest_destroy g1
}

# Watches until xenstored refuses, but for N: a process of the guest holds them. Bytes of struct
# xsd_sockmsg: XS_WATCH 4, XS_UNWATCH 5.
eat_watches() {
	guest_exec g1 -t 80 "cat > /run/eat <<'END'
		exec 9<> /dev/xen/xenbus
		send() { local p=eat/\$2 n=\$((\${#2} * 2 + 7)); printf \"\\\\\$1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\\\x\$(printf %x \$n)\\0\\0\\0\$p\\0t\$2\\0\" >&9; }
		for ((w = 0; w < 140; w++)); do send 4 \$w; done
		for ((w = 0; w < $1; w++)); do send 5 \$w; done
		sleep 1; echo done > /run/watches; exec sleep 600
END
		rm -f /run/watches; setsid bash /run/eat > /run/eat.log 2>&1 < /dev/null & end=\$((SECONDS + 60)); until [ -e /run/watches ]; do [ \$SECONDS -lt \$end ] || { tail -n 5 /run/eat.log /run/eat; exit 1; }; sleep 0.2; done"
}
short_of_watches() {
	local out n said watcher
	requires xenstore-watch
	xenstore-watch -n 100000 /local/domain/0/backend/vif 2>/dev/null | while read -r path; do
		[ "${path##*/}" != feature-sg ] || xenstore-write "${path%/*}/carrier" 1
	done & watcher=$!
	out=$(guest_create g1 type=pv vcpus=2 queues=1 up=0) || { not_ok "watches: guest up" "$out"; return; }
	for n in 0 1 2 3 4; do
		out=$(eat_watches "$n" 2>&1) || { not_ok "$n watches: a process takes all but these" "$out"; break; }
		guest_exec g1 'dmesg -C; modprobe xen_netfront; sleep 2; netup eth0' > /dev/null 2>&1
		if [ "$n" = 0 ]; then
			check "$n watches: no interface that the bus cannot watch" guest_exec g1 '[ ! -e /sys/class/net/eth0 ]'
		else
			check "$n watches: answers" wait_ping "$(guest_ip g1)" 20
			said=$((n < 4))
			check "$n watches: said $said times" guest_exec g1 "[ \$(dmesg | grep -c 'cannot watch') = $said ]" || note "$(guest_exec g1 'dmesg | tail -n 5')"
		fi
		guest_exec g1 'kill $(pgrep -f "sleep 600" 2> /dev/null || pidof sleep); sleep 1'
		# What the bus could not watch wants a load; what the driver could not, is tried
		# again each ten seconds.
		guest_exec g1 -t 40 '[ -e /sys/bus/xen/drivers/vif/vif-0 ] || { modprobe -r xen_netfront; modprobe xen_netfront; sleep 2; }; netup eth0'
		check "$n watches: with enough again: answers" wait_ping "$(guest_ip g1)" 20
		xenstore-write "$(be_path g1)/carrier" 0
		check "$n watches: the backend's word is heard again" wait_for 20 guest_exec g1 '[ "$(< /sys/class/net/eth0/carrier)" = 0 ]'
		xenstore-write "$(be_path g1)/carrier" 1
		check "$n watches: unload" guest_exec g1 -t 40 'modprobe -r xen_netfront'
	done
	pkill -P $$ xenstore-watch; kill $watcher 2> /dev/null
	allow_message 'watch_otherend|cannot watch'
	guest_destroy g1
}
[[ $PARTS != *ports* ]] || short_of_ports
[[ $PARTS != *grants* ]] || short_of_grants
[[ $PARTS != *watches* ]] || short_of_watches
