# shellcheck shell=bash
# A backend that does what it should not: each scenario of tests/backend/scenarios (or of SCENARIOS) in one guest, on an interface of
# its own. Checked for each: the guest answers, every operation ends within its budget, no kernel complains, and once the backend is
# sound traffic flows again without an admin; then a detach completes.
# usage: tests/backend/run [SCENARIO...]
# timeout: 2400
[ -x /lab/vifd ] || skip_all "no /lab/vifd: run it through tests/backend/run"
BUDGET_MS=2000			# close_timeout_ms of the driver
LIMIT=12			# seconds: the budget of both interfaces, and a slow machine
TRAFFIC=30			# seconds until traffic flows: the driver waits 10 s at most between tries
cd /lab && tar -xf scenarios.tar
SCENARIOS=${SCENARIOS:-}
[ -n "$SCENARIOS" ] || SCENARIOS=$(find scenarios -type f ! -name README -printf "%f\n" | sort)
SCENARIOS=${SCENARIOS//+/ }
[ "$DRIVER" = ours ] && params=close_timeout_ms=$BUDGET_MS || params=
out=$(guest_create g1 ${params:+"params=$params"}) || fatal "guest up" "$out"
id=$(guest_id g1)

# daemon [SCENARIO]: starts the backend; its log is $log
daemon() {
	/lab/vifd "$id" 1 "$@" >> "$log" 2>&1 &
	pid=$!
}
alive() { kill -0 "$pid" 2>/dev/null; }
# The interface of our backend has this address; it gets its own once it is there.
up_script='for d in /sys/class/net/eth*; do [ "$(< $d/address)" != 00:16:3e:fe:00:02 ] || { i=${d##*/}
	ip link set $i up; ip addr replace 10.98.0.2/24 dev $i; }; done 2>/dev/null'
# traffic SECONDS: a ping is answered within that time
traffic() {
	guest_exec g1 -t $(($1 + 20)) "end=\$((SECONDS + $1)); while [ \$SECONDS -lt \$end ]; do $up_script
		ping -c 1 -W 1 10.98.0.1 >/dev/null 2>&1 && exit 0; sleep 0.5; done; exit 1"
}
# operation NAME: seconds it took, or what is wrong
operation() {
	local t=$EPOCHREALTIME out
	case $1 in
	reload)
		out=$(guest_exec g1 -t 60 'a=$EPOCHREALTIME; timeout 50 modprobe -r xen_netfront || { echo "unload: status $?"; exit 1; }
			b=$EPOCHREALTIME; timeout 50 modprobe xen_netfront || { echo "load: status $?"; exit 1; }
			c=$EPOCHREALTIME; netup eth0 >/dev/null 2>&1; awk -v a=$a -v b=$b -v c=$c "BEGIN {printf \"%.1f %.1f\", b - a, c - b}"') || { echo "$out"; return 1; }
		awk -v l=$LIMIT -v o="$out" 'BEGIN {split(o, t, " "); exit !(t[1] < l && t[2] < 4)}' ||
			{ echo "unload and load took $out s, limits $LIMIT and 4"; return 1; }
		echo "reload $out s" ;;
	restart) kill -9 "$pid"; wait "$pid" 2>/dev/null; daemon ;;
	detach) alive && kill -USR2 "$pid"; sleep 1 ;;
	*) echo "operation $1?"; return 1 ;;
	esac
	[ "${EPOCHREALTIME%.*}" -lt $((${t%.*} + 60)) ]
}
# complaints: what the guest's kernel said since the last time
complaints() {
	local said
	said=$(guest_exec g1 -t 20 'dmesg; dmesg -C') || { echo "the guest does not answer"; return; }
	printf '%s\n' "$said" >> "$TEST_DIR/$name.dmesg.txt"
	printf '%s\n' "$said" | grep -E "$BAD" | { [ -z "$allow" ] && cat || grep -vE "$allow"; }
}
# gone: folders removed, no interface left in the guest
gone() { ! xs "/local/domain/$id/device/vif/1/state" >/dev/null; }

scenario() {
	local op out did='' wrong=''
	name=$1 file=/lab/scenarios/$1 log=$TEST_DIR/$1.log
	op=$(sed -n 's/^op //p' "$file") allow=$(sed -n 's/^allow //p' "$file")
	daemon "$file"
	nap 1
	guest_exec g1 -t 20 "$up_script; ping -c 3 -i 0.3 -W 1 10.98.0.1" >/dev/null 2>&1
	[ -z "$op" ] || did=$(operation "$op") || wrong="$did"
	# Sound from here on: the same process, or another in its place.
	if alive; then kill -USR1 "$pid"; else daemon; fi
	if [ "$op" = detach ]; then
		nap 1; alive && kill -USR2 "$pid"
	else
		traffic $TRAFFIC || wrong="$wrong
no traffic within $TRAFFIC s of the backend being sound; states: frontend $(xs "/local/domain/$id/device/vif/1/state"), backend $(
			xs "/local/domain/0/backend/vifd/$id/1/state")
$(guest_exec g1 -t 20 'dmesg | tail -n 6')"
		alive || daemon
		kill -USR2 "$pid"
	fi
	wait_for 15 gone || { wrong="$wrong
detach not complete within 15 s"; xenstore-rm "/local/domain/$id/device/vif/1"; xenstore-rm "/local/domain/0/backend/vifd/$id/1"; nap 2; }
	alive && kill -9 "$pid"
	wait "$pid" 2>/dev/null
	out=$(complaints)
	[ -z "$out" ] || wrong="$wrong
$out"
	if [ -z "$wrong" ]; then ok "$name: $(sed -n '1s/^# //p' "$file")${did:+; $did}"
	else not_ok "$name: $(sed -n '1s/^# //p' "$file")" "$wrong
$(tail -n 12 "$log")"; fi
}

guest_exec g1 'dmesg -C'
for s in $SCENARIOS; do
	guest_exec g1 -t 20 true >/dev/null || { not_ok "guest answers before $s" "$(tail -n 20 /var/log/xen/guest-g1.log)"; break; }
	scenario "$s"
	[ -z "$(sed -n 's/^allow //p' "/lab/scenarios/$s")" ] || allow_message "$(sed -n 's/^allow //p' "/lab/scenarios/$s")"
done
check "the other interface answers at the end" wait_ping "$(guest_ip g1)" 15
