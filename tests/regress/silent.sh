# shellcheck shell=bash disable=SC2034,SC2154
# With the driver's default parameters: a backend that does not answer to Closing and Closed holds
# up an unload for 10 s and no longer; when the driver only asks for other rings, the carrier stays
# for 3 s, and the pages of the old ones are not pulled from under the backend. One that stays
# Closed does not hold up a load at all, and is connected to when it comes up.
# usage: tests/backend/run --test silent.sh      DRIVER=intree in front of it shows that the other
#                                                driver hangs
# timeout: 600
. /lab/tests/lib/vifd.sh
out=$(guest_create g1) || fatal "guest up" "$out"
id=$(guest_id g1) log=$TEST_DIR/vifd.log
[ "$DRIVER" = ours ] || allow_guest g1

# the silent backend still maps the rings when the budget is over
allow_message 'still in use'
faulty() { # faulty SCENARIO: an interface that had traffic before its backend goes silent
	daemon "/lab/scenarios/$1"
	guest_exec g1 -t 20 "for ((n = 0; n < 20; n++)); do [ -e /sys/class/net/eth1 ] && break; sleep 0.1; done"
}
# carrier_goes: an XDP program wants other rings; prints the seconds until the carrier is off
carrier_goes() {
	guest_exec g1 -t 60 "$guest_words"'
		a=$EPOCHREALTIME; xdp_attach pass || exit 1
		for ((n = 0; n < 300; n++)); do [ "$(< /sys/class/net/eth1/carrier)" = 1 ] || break; sleep 0.1; done
		awk -v a=$a -v b=$EPOCHREALTIME "BEGIN {printf \"%.1f\", b - a}"'
}
if [ "$DRIVER" = ours ]; then
	faulty silent-5-6-reload
	check "traffic before a program" traffic 20 || exit 0
	took=$(carrier_goes)
	if awk -v t="$took" -v s="$SLOW" 'BEGIN {exit !(t > 2.5 && t < 3 + 3 * s)}'; then ok "a silent backend costs the carrier after 3 s, packets wait until then: $took s"
	else not_ok "a silent backend costs the carrier after 3 s" "after '$took' s; $(states)"; fi
	overdue() { guest_dmesg g1 | grep -q 'has not closed within 10000 ms'; }
	check "it is complained about after 10 s" wait_for 12 overdue
	nap 2
	if out=$(guest_dmesg g1 | grep -E 'giving up|still in use'); then not_ok "rings that it maps are left to it" "$out"; else ok "rings that it maps are left to it"; fi
	sound
	check "traffic once it answers to the program's" traffic 20
	check "detach with the program" detach_vifd
fi
faulty silent-5-6-reload
check "traffic before" traffic 20 || exit 0
if out=$(reload 14); then ok "unload with a silent backend ends within the budget of 10 s: $out"
else not_ok "unload with a silent backend ends within the budget of 10 s" "$out; $(states)
$(tail -n 12 "$log")"; fi
[ "$DRIVER" = ours ] || { guest_destroy g1; kill -9 "$pid"; out=$(guest_create g1) || fatal "guest up again" "$out"; id=$(guest_id g1); }
sound
check "traffic once it answers" traffic 20
check "detach" detach_vifd
faulty silent-1
check "traffic before it stays Closed" traffic 20 || exit 0
closed() { [ "$(xs "/local/domain/0/backend/vifd/$id/1/state")" = 6 ]; }
if out=$(reload 14) && closed; then ok "load returns at once while the backend stays Closed: $out; $(states)"
else not_ok "load returns at once while the backend stays Closed" "$out; $(states)
$(tail -n 12 "$log")"; fi
sound
check "it connects when the backend comes up" traffic 20
check "detach" detach_vifd
