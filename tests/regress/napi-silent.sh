# shellcheck shell=bash disable=SC2034,SC2154
# What an admin asks of an interface whose backend answers to nothing is refused within a bound,
# with a reason, or in force; never taken and lost: -L, rxhash, an XDP program. The same for a
# backend that grants fewer queues than are asked for.
# usage: tests/backend/run --test napi-silent.sh
# timeout: 300
. /lab/tests/lib/vifd.sh
[ "$DRIVER" = ours ] || skip_all "in-tree has no -L"
out=$(guest_create g1 params=max_queues=2) || fatal "guest up" "$out"
id=$(guest_id g1) log=$TEST_DIR/vifd.log
# what a silent backend maps when it is asked for other rings
allow_message 'still in use'
# asked BOUND COMMAND: "STATUS QUEUES WORDS" of it, and how long it took on another line; "hangs"
# when it does not end
asked() {
	guest_exec g1 -t 60 "rm -f /tmp/status; ($2 > /tmp/said 2>&1; echo \$? > /tmp/status) < /dev/null > /dev/null 2>&1 & a=\$EPOCHREALTIME
		for ((n = 0; n < $1 * 10 * $SLOW; n++)); do [ ! -s /tmp/status ] || break; sleep 0.1; done
		set -- /sys/class/net/eth1/queues/tx-*
		echo \"\$([ -s /tmp/status ] && echo \$(< /tmp/status) || echo hangs) \$# \$(tr '\n' ' ' < /tmp/said)\"
		awk -v a=\$a -v b=\$EPOCHREALTIME 'BEGIN {printf \"%.1f s\n\", b - a}'"
}
# -L 2: refused with words about it, or two queues are there
honest() { # honest TEXT
	local said status queues words
	said=$(asked 20 'ethtool -L eth1 combined 2')
	read -r status queues words <<< "$said"
	note "$1: $said"
	if [ "$status" != hangs ] && { [ "$status" = 0 ] && [ "$queues" = 2 ] || { [ "$status" != 0 ] && [ "$queues" = 1 ] && [ -n "$words" ]; }; }; then
		ok "$1: -L 2 is in force or refused"
	else not_ok "$1: -L 2 is in force or refused" "status, queues, words: $said"; fi
}
echo "# a sound backend" > /lab/scenarios/sound
daemon /lab/scenarios/sound
check "traffic, with one queue" traffic 30 || exit 0
honest "a backend that has one queue"
check "traffic" traffic 30
sound
detach_vifd
daemon /lab/scenarios/silent-5-6-reload
check "traffic before the silence" traffic 30 || exit 0
honest "a silent backend"
for what in 'ethtool -K eth1 rxhash on' 'xdp load pass p; ip -force link set dev eth1 xdpdrv pinned /sys/fs/bpf/p'; do
	said=$(asked 20 "$what")
	note "$what: $said"
	if [[ $said == hangs* ]]; then not_ok "a silent backend: $what returns" "$said"; else ok "a silent backend: $what returns"; fi
done
sound
check "traffic once it answers" traffic 40
check "detach" detach_vifd
