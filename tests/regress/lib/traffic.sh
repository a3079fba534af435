# shellcheck shell=bash
# Traffic that several tests want: load in the background, and a TCP stream each way over one
# connection.

# big_bursts GUEST: TCP sends at least 20 segments at a time, on both ends. Each exit of a PVH guest
# costs a millisecond under an emulated CPU; TCP that starts slow then sends two segments at a time,
# stays slow (2 Mbit/s, either driver) and makes minutes out of seconds.
big_bursts() {
	echo 20 > /proc/sys/net/ipv4/tcp_min_tso_segs
	guest_exec "$1" 'echo 20 > /proc/sys/net/ipv4/tcp_min_tso_segs'
}

# load_start GUEST: UDP both ways, for ever, whatever errors come; a fixed neighbour so that dom0
# goes on while the guest has no interface
load_start() {
	local g=$1 ip mac
	ip=$(guest_ip "$g")
	mac=$(xs "$(fe_path "$g")/mac")
	ip neigh replace "$ip" lladdr "$mac" dev xenbr0 nud permanent
	traffic blast "$ip" 7001 5000 &
	echo $! > "$STATE/load.$g"
	guest_exec "$g" 'traffic blast 10.99.0.1 7001 5000 >/dev/null 2>&1 & echo $! > /run/load'
}
load_stop() {
	kill "$(cat "$STATE/load.$1")" 2>/dev/null
	wait "$(cat "$STATE/load.$1")" 2>/dev/null
	ip neigh del "$(guest_ip "$1")" dev xenbr0 2>/dev/null
	guest_exec "$1" 'kill $(cat /run/load)'
}

# pump_start GUEST: a TCP connection with data both ways and every byte compared
pump_start() {
	big_bursts "$1"
	guest_exec "$1" 'traffic pump-listen 7002 /run/pump.log > /run/pump.out 2>&1 & echo $! > /run/pump.pid'
	nap 0.5
	# its status in a file: who stops it may be another shell than who started it; a namesake
	# before it may have left one
	rm -f "$STATE/pump.$1.rc"
	{ traffic pump "$(guest_ip "$1")" 7002 "$TEST_DIR/$1.pump" > "$STATE/pump.$1.out" 2>&1 &
	  echo $! > "$STATE/pump.$1.pid"; wait $!; echo $? > "$STATE/pump.$1.rc"; } > /dev/null 2>&1 &
	pump_moves "$1" 30
}
# pump_received GUEST: bytes that dom0 and the guest have got so far
pump_received() {
	local here there
	here=$(tail -n 1 "$TEST_DIR/$1.pump" | cut -d' ' -f2)
	there=$(guest_exec "$1" -t 20 'tail -n 1 /run/pump.log' | cut -d' ' -f2)
	echo "${here:-0} ${there:-0}"
}
# pump_moves GUEST SECONDS: both directions make progress within so long
pump_moves() {
	local a b c d end=$((SECONDS + $2))
	read -r a b < <(pump_received "$1")
	while [ $SECONDS -lt $end ]; do
		nap 0.7
		read -r c d < <(pump_received "$1")
		[ "$c" -le "$a" ] || [ "$d" -le "$b" ] || return 0
	done
	echo "in $2 s dom0 received $((c - a)) bytes, the guest $((d - b))"
	cat "$STATE/pump.$1.out"
	return 1
}
# pump_stop GUEST: ends it; fails when a byte differed or the connection broke
pump_stop() {
	local rc there
	if [ -e "$STATE/pump.$1.rc" ]; then
		echo "dom0's end had stopped by itself, status $(cat "$STATE/pump.$1.rc"):"; cat "$STATE/pump.$1.out"
		return 1
	fi
	there=$(guest_exec "$1" 'kill -0 $(cat /run/pump.pid) 2>/dev/null || { echo "the guest end had stopped by itself:"; cat /run/pump.out; exit 1; }') ||
		{ echo "$there"; kill "$(cat "$STATE/pump.$1.pid")"; return 1; }
	kill "$(cat "$STATE/pump.$1.pid")"
	wait_for 10 test -s "$STATE/pump.$1.rc" || { echo "dom0's end does not stop"; return 1; }
	rc=$(cat "$STATE/pump.$1.rc")
	guest_exec "$1" 'kill $(cat /run/pump.pid) 2>/dev/null; true'
	cat "$STATE/pump.$1.out"
	return "$rc"
}
