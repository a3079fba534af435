# shellcheck shell=bash
# A slow backend is not a stuck one. An interface with a rate limit (xl's rate=, XAPI's ratelimit: a
# segment of 64 kB is 16 s in the ring at 4 KB/s), a guest that is paused with traffic on, a backend
# whose domain stands still: no message of a timeout, no new connection, and every byte arrives.
# PARTS: which of rate, pause, backend
# timeout: 900
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/uses.sh
. /lab/tests/lib/driverdomain.sh
: "${PARTS:=rate+pause+backend}" "${RATE:=8KB/s}" "${KB:=120}" "${PAUSE:=18}"
TIMEOUTS='WATCHDOG|timed out|reconnecting|stuck|no progress'
part() { case +$PARTS+ in *+$1+*) ;; *) return 1 ;; esac; }
out=$(guest_create g1 type=pv memory=192 vif="rate=$RATE") || fatal "guest up" "$out"
big_bursts g1
# without_a_word TEXT IFACE
without_a_word() {
	check "$1: nothing said of timeouts" quiet g1 "$TIMEOUTS"
	check "$1: the same connection, nothing dropped" undisturbed g1 "$2"
	[ "$DRIVER" = intree ] || note "$(counter g1 'tx[0-9]+_timeouts' "$2") kicks by the watchdog so far"
}

# upload TEXT BYTES-A-SECOND: KB from the guest, within twice the time that takes
upload() {
	local text=$1 begin sink got want=$((KB * 1024)) limit=$((20 + 2 * KB * 1024 / $2))
	timeout $((limit + 20)) nc -l -p 7100 > /tmp/up < /dev/null & sink=$!
	nap 0.5
	begin=$SECONDS
	guest_exec g1 "head -c ${KB}k /dev/urandom > /tmp/up; (nc -N 10.99.0.1 7100 < /tmp/up) > /dev/null 2>&1 < /dev/null & true"
	wait_for "$limit" eval "[ \$(stat -c %s /tmp/up) = $want ]"
	got=$(stat -c %s /tmp/up)
	if [ "$got" = "$want" ] && [ "$(md5sum < /tmp/up)" = "$(guest_exec g1 'md5sum < /tmp/up')" ]; then ok "$text: $KB kB arrive, in $((SECONDS - begin)) s"
	else not_ok "$text: $KB kB arrive, the same ones" "$got of $want bytes after $((SECONDS - begin)) s"; fi
	kill $sink 2>/dev/null; wait $sink 2>/dev/null
	rm -f /tmp/up
}
# BYTES,MICROSECONDS, as the toolstack wrote it
credit=$(xs "$(be_path g1)/rate")
a_second=$((${credit%,*} * 1000000 / ${credit#*,}))
if part rate; then
	upload "$RATE" $a_second
	without_a_word "$RATE" eth0
	# netback takes another rate while it is connected
	xenstore-write "$(be_path g1)/rate" "$((${credit%,*} / 2)),${credit#*,}"
	upload "half of that" $((a_second / 2))
	without_a_word "half of that" eth0
fi
# No limit from here on
xenstore-write "$(be_path g1)/rate" "4000000000,0"

if part pause; then
	check "TCP both ways" pump_start g1
	load_start g1
	nap 2
	check "the guest is paused for $PAUSE s" eval "xl pause g1 && nap $PAUSE && xl unpause g1"
	check "both directions go on" pump_moves g1 60
	load_stop g1
	check "every byte was right" pump_stop g1
	without_a_word "paused and back" eth0
fi

if part backend; then
	# at the end of the test its domain goes, with the rings mapped
	allow_message 'grants .*still in use by domain'
	check "a driver domain" driver_domain dd1 || exit 0
	check "an interface with its backend there" dd_attach g1 dd1 || exit 0
	check "traffic with it" dd_reach g1 20
	second=$(dd_name g1)
	guest_exec dd1 'echo 20 > /proc/sys/net/ipv4/tcp_min_tso_segs; traffic pump-listen 7002 /run/pump.log > /run/pump.out 2>&1 & true'
	nap 0.5
	guest_exec g1 "{ traffic pump $DD_NET.1 7002 /run/pump2.log > /run/pump2.out 2>&1 & echo \$! > /run/pump2; wait \$!; echo \$? > /run/pump2.rc; } > /dev/null 2>&1 &
		traffic blast $DD_NET.1 7001 5000 > /dev/null 2>&1 & echo \$! > /run/blast2"
	moves() { guest_exec g1 -t 70 'n() { tail -n 1 /run/pump2.log | cut -d" " -f2; }; a=$(n); for ((i = 0; i < 60; i++)); do sleep 1; b=$(n); [ ${b:-0} -gt ${a:-0} ] && exit 0; done; echo "received $a, and then $b"; cat /run/pump2.out; exit 1'; }
	check "TCP both ways, and datagrams" moves
	check "its domain stands still for $PAUSE s" eval "xl pause dd1 && nap $PAUSE && xl unpause dd1"
	check "TCP goes on" moves
	check "every byte was right" guest_exec g1 'kill $(cat /run/blast2 /run/pump2); for ((i = 0; i < 50; i++)); do [ -e /run/pump2.rc ] && break; sleep 0.1; done; cat /run/pump2.out; [ "$(cat /run/pump2.rc)" = 0 ]'
	without_a_word "a backend that stood still" "$second"
	without_a_word "the other interface" eth0
fi
