# shellcheck shell=bash
# RELOADS unloads and loads and MOVES live migrations (PVH) or saves and restores (PV) of one guest,
# under UDP both ways, with a second and a third interface plugged and unplugged in between. What
# the guest holds, measured each time with the driver unloaded, drifts by nothing: grants and event
# channels as Xen counts them, interrupts, keys in xenstore: exactly; memory: by its slope over the
# cycles. Run it by tests/soak/run, which brings the tool "held" and draws what it leaves: cycles,
# moves, held, memory.
# timeout: 5400
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
: "${RELOADS:=20}" "${MOVES:=2}"
# A batch of reloads is followed by its share of the moves and by a measurement; hotplug happens in
# every fourth one, for its first cycles.
BATCH=25
[ "$RELOADS" -ge 50 ] || BATCH=$(((RELOADS + 1) / 2))
[ -x /lab/held ] || skip_all "no /lab/held: run it through tests/soak/run"
if [ "$TYPE" = pv ]; then move=save_and_restore; else move=guest_migrate; fi

# The wire's view: pauses of what the guest sends, seen by a receiver in dom0
gaps_start() { traffic gaps 7001 "$TEST_DIR/gaps" 50 & echo $! > "$STATE/gaps"; }
# longest_gap SINCE: seconds
longest_gap() { awk -v since="$1" '$1 >= since && $2 > m {m = $2} END {printf "%.2f", m}' "$TEST_DIR/gaps"; }

plug() {	# plug I: a further interface, until the guest answers on it
	local mac
	mac=$(printf '00:16:3e:%02x:00:%02x' "$1" "$(cat "$STATE/g1.n")")
	bridge_up "$1"
	timeout 60 xl network-attach g1 "mac=$mac" "bridge=xenbr$1" || return 1
	guest_exec g1 -t 30 "for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/eth$1 ] && break; sleep 0.1; done; netup eth$1" || return 1
	wait_ping "$(guest_ip g1 "$1")" 20
}
unplug() {	# by its MAC: xl's own numbers go on counting
	local i
	i=$(xl network-list g1 | awk -v mac="$(printf '00:16:3e:%02x:' "$1")" 'index($3, mac) == 1 {print $1}')
	timeout 60 xl network-detach g1 "$i" || return 1
	guest_exec g1 -t 30 "for ((i = 0; i < 100; i++)); do [ ! -e /sys/class/net/eth$1 ] && exit 0; sleep 0.1; done; exit 1"
}
# reloads FROM TO VIFS
reloads() {
	guest_exec g1 -t $((($2 - $1 + 1) * 30)) "FROM=$1 TO=$2 VIFS=$3
$(cat /lab/tests/lib/reload-loop)" > "$STATE/cycles" || { cat "$STATE/cycles"; return 1; }
	grep '^cycle' "$STATE/cycles" >> "$TEST_DIR/cycles"
}
# hold CYCLES: what the guest holds without the driver, as a line of the files held and memory
hold() {
	local out
	out=$(guest_exec g1 -t 120 'timeout 60 modprobe -r xen_netfront || exit 1
		sync; sleep 1; echo 3 > /proc/sys/vm/drop_caches; sleep 0.5
		echo "interrupts $(grep -c xen-dyn /proc/interrupts)"
		awk "/^(MemFree|Slab|SUnreclaim|Percpu|KernelStack|VmallocUsed):/ {printf \"%s %s \", \$1, \$2} END {print \"\"}" /proc/meminfo
		awk "NR > 2 {print \"slab\", \$1, \$2, \$4}" /proc/slabinfo') || { echo "$out"; return 1; }
	echo "$1 $(/lab/held "$(guest_id g1)") $(grep ^interrupts <<< "$out") keys $(fe_keys g1 | wc -l)" >> "$TEST_DIR/held"
	echo "$1 $(grep ^MemFree <<< "$out")" >> "$TEST_DIR/memory"
	grep ^slab <<< "$out" | sed "s/^slab/$1/" >> "$TEST_DIR/slab"
	guest_exec g1 -t 90 'modprobe xen_netfront && for ((i = 0; i < 100; i++)); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done; netup eth0' &&
		wait_ping "$(guest_ip g1)" 20
}
grown_since_begin() {
	awk -v last="$done_cycles" '$1 == 0 {was[$2] = $3} $1 == last {print $3 - was[$2], $2}' "$TEST_DIR/slab" | sort -rn | head -n 4 | paste -s -d,
}
# moved_once N
moved_once() {
	local t=$EPOCHREALTIME inside
	dom0_first > /dev/null
	$move g1 || return 1
	wait_ping "$(guest_ip g1)" 60 || return 1
	dom0_equal > /dev/null
	inside=$(guest_exec g1 -t 20 "ethtool -S eth0 | awk '/ last_outage_ms:/ {print \$2}'")
	nap 0.5
	echo "$1 $(longest_gap "$t") ${inside:--}" >> "$TEST_DIR/moves"
}

out=$(guest_create g1 memory=152) || fatal "guest up" "$out"
load_start g1
gaps_start
out=$(reloads 1 3 1 && hold 0) || fatal "warm-up: three cycles and a measurement" "$out"
: > "$TEST_DIR/cycles"; : > "$TEST_DIR/slab"; rm "$TEST_DIR/held" "$TEST_DIR/memory"
out=$(hold 0) || fatal "measurement" "$out"
done_cycles=0 done_moves=0 batches=$(((RELOADS + BATCH - 1) / BATCH)) b=0 plugs=0
while [ "$done_cycles" -lt "$RELOADS" ]; do
	b=$((b + 1)) to=$((done_cycles + BATCH))
	[ $to -le "$RELOADS" ] || to=$RELOADS
	if [ $((b % 4)) = 1 ]; then
		out=$(plug 1 && plug 2) || { not_ok "second and third interface plugged, batch $b" "$out"; break; }
		plugs=$((plugs + 2)) few=$((done_cycles + 5 < to ? done_cycles + 5 : to))
		out=$(reloads $((done_cycles + 1)) "$few" 3) || { not_ok "unload, load, link and packets, cycles from $((done_cycles + 1)) on" "$out"; break; }
		done_cycles=$few
		out=$(unplug 2 && unplug 1) || { not_ok "third and second interface unplugged, batch $b" "$out"; break; }
	fi
	out=$([ "$done_cycles" = "$to" ] || reloads $((done_cycles + 1)) "$to" 1) || { not_ok "unload, load, link and packets, cycles from $((done_cycles + 1)) on" "$out"; break; }
	done_cycles=$to
	until [ $done_moves -ge $((MOVES * b / batches)) ]; do
		out=$(moved_once $((done_moves + 1))) || { not_ok "$move $((done_moves + 1))" "$out"; break 2; }
		done_moves=$((done_moves + 1))
	done
	out=$(hold "$done_cycles") || { not_ok "measurement after $done_cycles cycles" "$out"; break; }
	note "$done_cycles reloads, $done_moves moves, $plugs interfaces plugged and unplugged; $(tail -n 1 "$TEST_DIR/held" | cut -d' ' -f2-), $(tail -n 1 "$TEST_DIR/memory" | cut -d' ' -f2-)
slab caches that grew most, in objects: $(grown_since_begin)"
done
load_stop g1
kill "$(cat "$STATE/gaps")"
[ "$done_cycles" != "$RELOADS" ] || ok "$RELOADS reloads under traffic, each with link and packets both ways; $plugs interfaces plugged and unplugged"
[ $done_moves != "$MOVES" ] || ok "$MOVES times $move under traffic"
drifts=$(cut -d' ' -f2- "$TEST_DIR/held" | sort | uniq -c)
if [ "$(wc -l <<< "$drifts")" = 1 ]; then ok "drift by nothing, in $(wc -l < "$TEST_DIR/held") measurements:$(tail -n 1 "$TEST_DIR/held" | cut -d' ' -f2- | sed 's/^/ /')"
else not_ok "grants, event channels, interrupts and keys drift by nothing" "$(cat "$TEST_DIR/held")"; fi

# slopes FILE KEY VALUE: "NAME a cycle" for each name in column KEY, by least squares; the first
# measurement is left out
slopes() {
	awk -v k="$2" -v v="$3" '$1 > 0 {n[$k]++; x[$k] += $1; y[$k] += $v; xx[$k] += $1 * $1; xy[$k] += $1 * $v}
		END {for (i in n) {d = n[i] * xx[i] - x[i] * x[i]; if (d > 0) printf "%s %.3f\n", i, (n[i] * xy[i] - x[i] * y[i]) / d}}' "$1"
}
if [ "$RELOADS" -ge 200 ]; then
	# A page leaked a cycle would be 4 kB, one object 1
	free=$(slopes "$TEST_DIR/memory" 2 3 | cut -d' ' -f2) fixed=$(slopes "$TEST_DIR/memory" 6 7 | cut -d' ' -f2)
	check "free memory drifts by nothing: $free kB a cycle, limit -1" awk -v f="$free" 'BEGIN {exit !(f > -1)}'
	check "slab drifts by nothing: $fixed kB a cycle that the kernel cannot reclaim, limit 0.25" awk -v f="$fixed" 'BEGIN {exit !(f < 0.25)}'
	grown=$(slopes "$TEST_DIR/slab" 2 3 | awk '$2 >= 0.5')
	if [ -z "$grown" ]; then ok "no slab cache grows by half an object a cycle; most: $(slopes "$TEST_DIR/slab" 2 3 | sort -k 2 -n | tail -n 1)"
	else not_ok "no slab cache grows by half an object a cycle" "$grown"; fi
else
	lost=$(awk 'NR == 1 {f = $3} END {print f - $3}' "$TEST_DIR/memory")
	check "free memory is there but for 2 MB (fewer than 200 reloads show no trend): $lost kB less" test "$lost" -lt 2048
fi
