# shellcheck shell=bash
# xen-netfrontctl timeline of a live migration, of save and restore, and of a reload: the steps come
# in the order of the protocol, with the states of both ends, and the transmit queues are seen to
# stop and to start again.
# The files of scripts/ are handed over by tests/check (--file); by hand:
#   tests/lab/run --file scripts/xen-netfrontctl --file scripts/ctl/timeline.sh \
#       --file scripts/lib/common.sh tests/regress/timeline.sh
# timeout: 600
for f in xen-netfrontctl timeline.sh common.sh; do [ -e "/lab/$f" ] || skip_all "no /lab/$f; its head says how to run this test"; done
out=$(guest_create g1 memory=192 queues=2) || fatal "guest up" "$out"
put() { guest_exec g1 "mkdir -p ${2%/*}; cat > $2 << 'END-OF-FILE'
$(< "/lab/$1")
END-OF-FILE"; }
check "the scripts reach the guest" eval 'put common.sh /usr/lib/xen-netfront/common.sh && put timeline.sh /usr/lib/xen-netfront/ctl/timeline.sh &&
	put xen-netfrontctl /usr/sbin/xen-netfrontctl && guest_exec g1 "chmod 755 /usr/sbin/xen-netfrontctl"'

# in_order TEXT FILE PATTERN...: these lines come in this order, others between them
in_order() {
	local text=$1 file=$2 line=0 n p; shift 2
	for p; do
		n=$(tail -n +$((line + 1)) "$file" | grep -n -m 1 -E -- "$p" | cut -d: -f1)
		[ -n "$n" ] || { not_ok "$text" "no \"$p\" after line $line of
$(< "$file")"; return 1; }
		line=$((line + n))
	done
	ok "$text"
}
# record NAME COMMAND...: a timeline while COMMAND runs here
record() {
	local name=$1; shift
	guest_exec g1 "rm -f /tmp/done; (xen-netfrontctl timeline --wait 120 --output /tmp/$name.trace > /tmp/$name 2>&1; touch /tmp/done) < /dev/null > /dev/null 2>&1 &
		for i in \$(seq 50); do grep -q recording /tmp/$name && break; sleep 0.2; done"
	"$@" || return 1
	guest_exec g1 -t 60 "for i in \$(seq 50); do [ ! -e /tmp/done ] || break; sleep 1; done; cat /tmp/$name" > "$TEST_DIR/$name"
	note "$(< "$TEST_DIR/$name")"
}
moved='resume: a new backend' queues=('tx-0 stopped: disconnect' 'tx-1 stopped: disconnect' 'queue 0: rings released')
back=('InitWait' 'connects to' 'queue 0: rings made' 'queue 1: rings made' 'tx-0 started: connect' 'tx-1 started: connect'
	'Connected .*frontend .*-> Connected' 'Connected +Connected .*backend .*-> Connected' 'carrier on' 'announces itself: gratuitous ARP'
	'transmit queues stopped for [0-9.]+ s' 'connected [0-9.]+ s after the resume')
check "a live migration is recorded" record migration guest_migrate g1
in_order "its timeline: resume, queues stopped, InitWait, connected, queues started, announced" "$TEST_DIR/migration" "$moved" "${queues[@]}" "${back[@]}"
if guest_exec g1 'xen-netfrontctl timeline --from /tmp/migration.trace --json' > "$TEST_DIR/migration.json" &&
	python3 -c 'import json, sys; e = json.load(sys.stdin)["events"]; k = [x["kind"] for x in e]
assert len(e) > 12 and k.count("xnf_tx_stop") == 2 and k.count("xnf_tx_start") == 2, k
assert "Connected" in [x["to"] for x in e if x["end"] == "backend"], e' < "$TEST_DIR/migration.json" 2> "$TEST_DIR/json.err"; then
	ok "the same as JSON"
else not_ok "the same as JSON" "$(cat "$TEST_DIR/json.err"; head -c 2000 "$TEST_DIR/migration.json")"; fi
restored() { guest_save g1 /tmp/g1.save && guest_restore g1 /tmp/g1.save && rm -f /tmp/g1.save; }
check "save and restore are recorded" record restore restored
in_order "their timeline is the same" "$TEST_DIR/restore" "$moved" "${queues[@]}" "${back[@]}"
guest_exec g1 -t 90 'xen-netfrontctl timeline -- sh -c "modprobe -r xen_netfront && modprobe xen_netfront && netup eth0" 2>&1' > "$TEST_DIR/reload"
note "$(< "$TEST_DIR/reload")"
in_order "the timeline of a reload" "$TEST_DIR/reload" 'remove of device/vif/0' 'frontend Connected -> Closing' 'backend .*-> Clos' \
	'frontend .*-> Closed' 'rings released' 'probe of device/vif/0' 'frontend Closed -> Initialising' 'backend .*-> InitWait' 'rings made' \
	'frontend Initialising -> Connected' 'backend .*-> Connected' 'carrier on' 'announces itself'
check "the trace buffer is as it was" guest_trace g1 '[ -z "$(cat set_event)" ] && grep -q "\[local\]" trace_clock && [ ! -e /run/modprobe.d/xen-netfront-timeline.conf ]'
