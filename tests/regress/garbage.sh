# shellcheck shell=bash
# Garbage in xenstore and in module parameters: one line in dmesg names key, value and what the
# driver does instead; the guest runs on.
# timeout: 900
out=$(guest_create g1 up=0) || fatal "guest up" "$out"
fe=$(fe_path g1) be=$(be_path g1)
saved_mac=$(xs "$fe/mac")

# attempt TEXT REGEX [PARAMETERS]: load, see the interface work, unload, look for exactly one line
# of dmesg that matches REGEX
attempt() {
	local text=$1 regex=$2 params=${3:-} out
	out=$(guest_exec g1 -t 120 "dmesg -C; timeout 60 modprobe xen_netfront $params || exit 1; exec {n}<> <(:)
		for ((i = 0; i < 200; i++)); do [ -e /sys/class/net/eth0 ] && netup eth0 2>/dev/null && break; read -r -t 0.1 -u \$n; done
		ping -c 1 -W 10 10.99.0.1 >/dev/null || { echo 'no ping'; dmesg; exit 1; }
		timeout 40 modprobe -r xen_netfront || { echo 'no unload'; exit 1; }
		dmesg") || { not_ok "$text: the guest runs on" "$out"; return; }
	if [ "$(grep -cE "$regex" <<< "$out")" = 1 ]; then ok "$text: $(grep -E "$regex" <<< "$out" | sed 's/^\[[^]]*\] //')"
	else not_ok "$text: one line that matches /$regex/" "$(grep -v 'taint' <<< "$out" | tail -n 8)"; fi
	# the backend gets ready for the next one: InitWait, or Closed while it does
	wait_for 20 eval '[ "$(xs "$be/state")" = 2 ] || [ "$(xs "$be/state")" = 6 ]'
}
# netback writes the key when it probes; the value stays until the device goes
for value in 0 -1 many 4000000000; do
	xenstore-write -- "$be/multi-queue-max-queues" "$value"
	attempt "multi-queue-max-queues = $value" "multi-queue-max-queues.*[\"'= ]$value\\b.*using"
done
xenstore-write "$be/multi-queue-max-queues" 2
xenstore-rm "$fe/mac"
attempt "no mac" "mac is missing.*using"
xenstore-write "$fe/mac" "$saved_mac"
for value in abc 0 99999999; do
	xenstore-write "$fe/mtu" "$value"
	attempt "mtu = $value" "mtu.*\"$value\".*keeping"
done
xenstore-rm "$fe/mtu"
attempt "max_queues=1000" "max_queues.*1000.*using" max_queues=1000
attempt "close_timeout_ms=1" "close_timeout_ms.*[^0-9]1[^0-9].*using" close_timeout_ms=1
guest_exec g1 true && ok "the guest still answers" || not_ok "the guest still answers"
