# shellcheck shell=bash
# Interrupt moderation delays what is received, it never stops it: with times from one microsecond
# on, with and without a number of frames, and off again, each ping is answered and TCP moves both
# ways. The moderation's timer may fire at any moment of a poll, also at one at which kernels before
# 4.11 lose what it asks for.
# timeout: 900
# ROUNDS=N SECS=S: all of it N times, S seconds of TCP each way
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/stalls.sh
: "${ROUNDS:=1}" "${SECS:=2}"
out=$(guest_create g1) || fatal "a $TYPE guest with $KERNEL and driver $DRIVER comes up" "$out"
ip=$(guest_ip g1)
wait_ping "$ip" 10 > /dev/null
guest_exec g1 'ethtool -C eth0 rx-usecs 1 rx-frames 0' > /dev/null 2>&1 || [ "$DRIVER" = ours ] || skip_all "the in-tree driver has no moderation"
# The core of kernels before 5.7 lets everything through.
check "what there is not is refused" guest_exec g1 'for what in "adaptive-rx on" "rx-usecs-irq 7" "tx-usecs 7" "tx-frames-irq 7" "pkt-rate-low 7" "rx-usecs-high 7"; do
	! ethtool -C eth0 $what 2>/dev/null || echo "accepted: $what"; done | grep . && exit 1 || exit 0'
big_bursts g1
pings() {
	local out
	out=$(ping -i 0.2 -c 8 -W 2 "$ip" 2>&1)
	tail -n 1 <<< "$out"
	grep -q ' 0% packet loss' <<< "$out"
}
for ((r = 1; r <= ROUNDS; r++)); do
	# microseconds, frames
	for both in '1 0' '5 0' '20 0' '20 2' '50 0' '200 16' '0 0'; do
		read -r us frames <<< "$both"
		what="round $r, rx-usecs $us, rx-frames $frames"
		# ethtool refuses to set what is set already
		check "$what can be set" guest_exec g1 "ethtool -C eth0 rx-usecs $us rx-frames $frames || ethtool -c eth0 | grep -q '^rx-usecs:[^0-9]*$us\$'" || continue
		# A queue that is dead stays so: the rest would take minutes to say the same.
		check "$what: eight pings are answered" pings || break 2
		steady "$what: TCP to the guest" || break 2
		steady "$what: TCP from the guest" -R || break 2
	done
done
check "no queue was found stopped" never_stopped g1
