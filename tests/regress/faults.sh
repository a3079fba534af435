# shellcheck shell=bash disable=SC2034,SC2154
# A backend that does what it should not: each scenario of tests/backend/scenarios (those of
# /lab/scenarios.list) in one guest, on an interface of its own. Checked for each: the guest
# answers, every operation ends within its budget, no kernel complains, and once the backend is
# sound traffic flows again without an admin; then a detach completes. At the end the guest holds as
# many grants and event channels as before, and as much free memory.
# usage: tests/backend/run [-- SCENARIO...]
# timeout: 2400
. /lab/tests/lib/vifd.sh
BUDGET_MS=1000			# close_timeout_ms of the driver
LIMIT=8			# seconds: the budget of both interfaces, and a slow machine
TRAFFIC=30			# seconds until traffic flows: the driver waits 10 s at most between
				# tries
[ "$DRIVER" = ours ] && params=close_timeout_ms=$BUDGET_MS || params=
out=$(guest_create g1 vcpus="${VCPUS:-1}" ${params:+"params=$params"}) || fatal "guest up" "$out"
id=$(guest_id g1)

# operation NAME: seconds it took, or what is wrong
operation() {
	case $1 in
	reload) reload $LIMIT ;;
	restart) kill -9 "$pid"; wait "$pid" 2>/dev/null; daemon; nap 0.5 ;;
	detach) alive && kill -USR2 "$pid"; nap 1 ;;
	*) echo "operation $1?"; return 1 ;;
	esac
}
# complaints: what the guest's kernel said since the last time
complaints() {
	local said
	said=$(guest_exec g1 -t 20 'dmesg -c') || { echo "the guest does not answer"; return; }
	printf '%s\n' "$said" >> "$TEST_DIR/$name.dmesg.txt"
	printf '%s\n' "$said" | grep -E "$BAD" | { [ -z "$allow" ] && cat || grep -vE "$allow"; }
}

# A slow machine gets five rounds of pings to bring about what the driver is to count.
scenario() {
	local op count command out did='' wrong='' began=$EPOCHREALTIME
	name=$1 file=/lab/scenarios/$1 log=$TEST_DIR/$1.log
	op=$(sed -n 's/^op //p' "$file") allow=$(sed -n 's/^allow //p' "$file") count=$(sed -n 's/^count //p' "$file")
	command=$(sed -n 's/^guest //p' "$file")
	daemon "$file"
	out=$(guest_exec g1 -t 60 "for ((n = 0; n < 20; n++)); do [ -e /sys/class/net/eth1 ] && break; sleep 0.1; done
		for ((n = 0; n < 5; n++)); do
			$up_script
			ping -c 4 -i 0.3 -W 1 10.98.0.1 > /dev/null 2>&1
			[ -n '$count' ] && ! ethtool -S eth1 | grep -qE '$count: [1-9]' || break
		done
		[ -z '$count' ] || ethtool -S eth1")
	[ -z "$count" ] || grep -qE "$count: [1-9]" <<< "$out" || wrong="the driver did not count $count:
$out"
	! grep -qx late "$file" || answered "faults from now on" kill -HUP "$pid" || wrong="$wrong
the backend does not turn bad"
	[ -z "$command" ] || out=$(guest_exec g1 -t 90 "$guest_words; $command") || wrong="$wrong
in the guest: $command: status $?: $out"
	case $op in
	'') ;;
	reload) did=$(operation reload) || { wrong="$wrong
$did"; did=''; } ;;
	*) operation "$op" || wrong="$op" ;;
	esac
	sound
	if [ "$op" = detach ]; then
		nap 1; alive && kill -USR2 "$pid"
		out=$(detached_vifd) || wrong="$wrong
$out"
	else
		traffic $TRAFFIC || wrong="$wrong
no traffic within $TRAFFIC s of the backend being sound; states: $(states)
$(guest_exec g1 -t 20 'dmesg | tail -n 6')"
		detach_vifd > "$STATE/detach" || wrong="$wrong
$(< "$STATE/detach")"
	fi
	out=$(complaints)
	[ -z "$out" ] || wrong="$wrong
$out"
	note "$name took $(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}') s"
	if [ -z "$wrong" ]; then ok "$name: $(sed -n '1s/^# //p' "$file")${did:+; $did}"
	else not_ok "$name: $(sed -n '1s/^# //p' "$file")" "$wrong
$(tail -n 12 "$log")"; fi
}

# accounted BEFORE AFTER: grants and ports exactly, memory but for what caches of the kernel keep.
# The checkers of a debug kernel keep more (notes on each object that was ever there; with KASAN the
# freed ones, too): there kmemleak tells, at the end of the test.
SLACK=3072
memory=' and memory'; [ "$SLOW" = 1 ] || memory=
accounted() {
	echo "before: $1 kB; after: $2 kB"
	[ "${1%% free*}" = "${2%% free*}" ] && { [ -z "$memory" ] || [ $((${1##* } - ${2##* })) -lt $SLACK ]; }
}

# A sound one first, so that what a guest gets once is there before it is counted.
echo "# a sound backend" > /lab/scenarios/sound
guest_exec g1 'dmesg -C'
scenario sound
before=$(holds) || not_ok "what the guest holds before can be counted" "$before"
while read -r s; do
	guest_exec g1 -t 20 true >/dev/null || { not_ok "guest answers before $s" "$(tail -n 20 /var/log/xen/guest-g1.log)"; break; }
	scenario "$s"
	[ -z "$(sed -n 's/^allow //p' "/lab/scenarios/$s")" ] || allow_message "$(sed -n 's/^allow //p' "/lab/scenarios/$s")"
done < /lab/scenarios.list
check "the other interface answers at the end" wait_ping "$(guest_ip g1)" 15
after=$(holds) || not_ok "what the guest holds after can be counted" "$after"
note "$(accounted "$before" "$after")"
check "grants, event channels$memory are accounted for" accounted "$before" "$after"
