# shellcheck shell=bash
# No queue ever stands still: TCP both ways, one stream and four, MTU 1500 and 9000, on two queues.
# A stream that carries nothing for two seconds in a row has lost an event; so has a queue that was
# found stopped (counted by our driver, told by the kernel's watchdog). Kernels before 4.11 lose a
# napi_schedule() that comes while NAPI runs (no NAPI_STATE_MISSED): that is where this can break.
# timeout: 1200
# ROUNDS=N SECS=S: all of it N times, S seconds each
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/stalls.sh
: "${ROUNDS:=1}" "${SECS:=3}"
out=$(guest_create g1 vcpus="$TWO_QUEUES_CPUS" queues=2) || fatal "a $TYPE guest with $KERNEL and driver $DRIVER comes up" "$out"
ip=$(guest_ip g1) vif=$(vif_of g1)
check "ping" wait_ping "$ip" 10
big_bursts g1
guest_exec g1 'traffic echo 7 >/dev/null 2>&1 & true'
set_mtu() { ip link set "$vif" mtu "$1" && ip link set xenbr0 mtu "$1" && guest_exec g1 "ip link set eth0 mtu $1"; }
for ((r = 1; r <= ROUNDS; r++)); do
	for mtu in 1500 9000; do
		set_mtu $mtu || fatal "MTU $mtu can be set"
		# A queue that is dead stays so: the rest would take minutes to say the same.
		what="round $r, MTU $mtu"
		steady "$what, TCP to the guest" && steady "$what, TCP from the guest" -R &&
			steady "$what, four streams to the guest" -P 4 && steady "$what, four streams from the guest" -P 4 -R || break 2
	done
	check "round $r: datagrams of all kinds of sizes there and back" within 120 traffic sweep "$ip" 7 1 60000 997
done
check "no queue was found stopped" never_stopped g1
