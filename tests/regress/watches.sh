# shellcheck shell=bash disable=SC2034,SC2154
# What may set up or remove a watch while Xen suspends the guest: the watch thread alone. Whoever
# else does waits for the end of the suspend with xs_watch_rwsem, for which the suspend waits before
# it begins: the guest is gone. Two vCPUs, two vifs, and each backend has a key
# "carrier", so that there are four watches of ours.
#   suspend  a move (TYPE=pv: save and restore, pvh: live migration), ROUNDS times; the guest's
#            kernel shows who touches watches between the sleep of the devices and their waking
#   unload   the same, while a process in the guest loads and unloads the driver without a pause
# usage: tests/lab/run tests/regress/watches.sh[:ROUNDS=3][,PARTS=suspend]
# timeout: 900
. /lab/tests/lib/move.sh
: "${ROUNDS:=3}" "${PARTS:=suspend+unload}"
if [ "$TYPE" = pv ]; then move=save_and_restore; else move=guest_migrate; fi
requires xenstore-watch
xenstore-watch -n 1000000 /local/domain/0/backend/vif 2>/dev/null | while read -r path; do
	[ "${path##*/}" != feature-sg ] || xenstore-write "${path%/*}/carrier" 1
done & watcher=$!
out=$(guest_create g1 vifs=2 vcpus="$TWO_QUEUES_CPUS" queues=1) || fatal "guest up" "$out"
dom0_first
check "answers" wait_ping "$(guest_ip g1)" 30

# touched: of a trace, who sets up or removes a watch while devices sleep, but for the watch thread
touched() {
	awk '/ sleep: / { asleep = 1 } / wake: / { asleep = 0 }
		/ watch: / && asleep && $1 !~ /^xenwatch-/ { print "while devices sleep:", $0 }
		/ (sleep|wake): / { n[$4 == "sleep:" ? "sleep:" : "wake:"]++ }
		END { if (!n["wake:"]) print "the trace shows no wake" }' "$TEST_DIR/$1"
}
suspend() {
	local n out
	guest_trace g1 'echo > kprobe_events
		echo "p:sleep dpm_suspend_start" >> kprobe_events; echo "p:wake dpm_resume_end" >> kprobe_events
		echo "p:watch register_xenbus_watch" >> kprobe_events; echo "p:watch2 unregister_xenbus_watch" >> kprobe_events
		echo > trace; echo 1 > events/kprobes/enable; echo 1 > tracing_on' > "$TEST_DIR/kprobes" 2>&1 ||
		{ skip "suspend: who touches watches" "the guest's kernel has no kprobes"; return; }
	for ((n = 1; n <= ROUNDS; n++)); do
		check "suspend: $move, round $n" $move g1 || return
		check "suspend: answers, round $n" wait_ping "$(guest_ip g1)" 30
	done
	trace_stop g1 watches; sed -i 's/ watch2: / watch: /' "$TEST_DIR/watches"
	check "suspend: the driver's own watches are seen to go" test "$(grep -c 'xenwatch-.* watch: (unregister' "$TEST_DIR/watches")" -ge $((4 * ROUNDS))
	out=$(touched watches)
	if [ -z "$out" ]; then ok "suspend: only the watch thread touches watches meanwhile"
	else not_ok "suspend: only the watch thread touches watches meanwhile" "$out"; fi
}
unload() {
	local n
	guest_exec g1 'echo 0 > /tmp/loads; rm -f /tmp/stop /tmp/stopped
		setsid bash -c "while [ ! -e /tmp/stop ]; do modprobe -r xen_netfront && modprobe xen_netfront || sleep 0.1; echo x >> /tmp/loads; done; echo x > /tmp/stopped" > /tmp/reloads 2>&1 < /dev/null &'
	nap 4
	for ((n = 1; n <= ROUNDS; n++)); do
		check "unload: $move, round $n" $move g1 || return
	done
	check "unload: the driver was loaded and unloaded meanwhile" guest_exec g1 -t 60 'touch /tmp/stop; for ((n = 0; n < 400; n++)); do [ ! -e /tmp/stopped ] || break; sleep 0.1; done
		cat /tmp/reloads; echo "stopped: $(cat /tmp/stopped), lines: $(wc -l < /tmp/loads)"; [ -e /tmp/stopped ] && [ "$(wc -l < /tmp/loads)" -gt 1 ]'
	guest_exec g1 'modprobe xen_netfront; netup eth0'
	check "unload: answers" wait_ping "$(guest_ip g1)" 30
}
[[ $PARTS != *suspend* ]] || suspend
[[ $PARTS != *unload* ]] || unload
pkill -P $$ xenstore-watch; kill $watcher 2>/dev/null
true
