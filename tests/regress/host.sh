# shellcheck shell=bash
# The kit for other people's hosts (kit/): run from dom0, where the toolstack is, against our driver
# and then against the kernel's own, it finds ours sound, and of the other what is known of it;
# compare says so. And in the guest, by nobody's help: without a remote shell or a toolstack.
# PARTS=both+inside: some of it
# timeout: 3600
: "${PARTS:=both+inside}"
kit=/lab/tests/kit/xen-netfront-test
cat > "$STATE/move" <<'END_MOVE'
#!/bin/sh
rm -f "/run/lab/console.$1" /run/lab/*/"$1.id"
exec xl migrate -s '' "$1" 'xl migrate-receive'
END_MOVE
cat > "$STATE/back" <<'END_MOVE'
#!/bin/sh
rm -f "/run/lab/console.$1" /run/lab/*/"$1.id"
xl save "$1" /tmp/saved && xl restore /tmp/saved; rc=$?
rm -f /tmp/saved
exit $rc
END_MOVE
chmod 755 "$STATE/move" "$STATE/back"
[ "$TYPE" != pv ] || cp "$STATE/back" "$STATE/move"
# report_of GUEST EXPRESSION: true of its report r; verdict(TEST, NAME) is a result's, "" when there
# is none
report_of() {
	python3 - "$TEST_DIR/$1.json" "$2" <<-'END'
		import json, sys
		r = json.load(open(sys.argv[1]))
		def verdict(test, name):
		    return ''.join(x['verdict'] for x in r['results'] if x['test'] == test and x['name'] == name)
		if not eval('(%s)' % sys.argv[2]):
		    sys.exit('%s is not true of %s' % (sys.argv[2], json.dumps({k: v for k, v in r.items() if k != 'results'}) +
		             ''.join('\n%s: %s: %s %s' % (x['test'], x['name'], x['verdict'], x.get('detail', '')) for x in r['results'] if x['verdict'] != 'ok')))
	END
}
# run_kit GUEST TEST...: from dom0, which is the remote end, too; output in TEST_DIR
run_kit() {
	local g=$1; shift
	NETIF=eth0 REMOTE_V4=10.99.0.1 REMOTE_TYPE=local POLL=3 $kit run --guest-command "gx $g 200" --output "$TEST_DIR/$g.json" --cycles 3 --mb 4 --set-mac \
		--move "$STATE/move $g" --moves 2 --attach "xl network-attach $g bridge=xenbr0 mac=00:16:3e:99:99:99" \
		--detach "xl network-detach $g \$XNT_HANDLE" --hotplugs 2 "$@" > "$TEST_DIR/$g.ktap" 2> "$TEST_DIR/$g.err"
}
both() {
	xl sched-credit2 -d 0 -w 2048
	out=$(guest_create ours driver=ours memory=240 vcpus=2 queues=2) || fatal "guest up" "$out"
	out=$(guest_exec ours 'ip route add 10.77.0.0/16 via 10.99.0.1; ip -o addr show dev eth0; ip route; ls /tmp /run')
	run_kit ours; rc=$?
	if [ $rc = 0 ]; then ok "our driver is sound: $(tail -n 1 "$TEST_DIR/ours.ktap")"; else not_ok "our driver is sound" "status $rc
$(grep -E -A 12 '^ *not ok' "$TEST_DIR/ours.ktap" | head -n 60; cat "$TEST_DIR/ours.err")"; fi
	check "what it skips is what there is not: $(grep -c SKIP "$TEST_DIR/ours.ktap")" eval '! grep SKIP "$TEST_DIR/ours.ktap" | grep -vE "VXLAN|GENEVE|GRE|IPIP|fixed, or not there"'
	check "the report names kernel, driver, backend and hypervisor" report_of ours \
		"r['kernel']['release'] == '$(cat "/lab/images/$KERNEL/kver")' and r['driver']['version'] and r['driver']['module'] == 'xen_netfront' and r['backend']['domain'] == '0' and
		r['backend']['features']['feature-sg'] == '1' and r['hypervisor']['version'].startswith('4.') and r['complete'] and r['summary']['passed'] > 80"
	now=$(guest_exec ours 'ip -o addr show dev eth0; ip route; ls /tmp /run')
	# An address that was put back skips the question whether somebody else has it.
	plain() { sed 's/^[0-9]*: //; s/ nodad / /' | sort; }
	check "the guest is as before" diff <(plain <<< "$out") <(plain <<< "$now")
	guest_destroy ours
	out=$(guest_create intree driver=intree memory=240 vcpus=2 queues=2) || fatal "guest up" "$out"
	allow_guest intree
	run_kit intree; rc=$?
	note "$(tail -n 1 "$TEST_DIR/intree.ktap")"
	check "of the kernel's own driver it finds that it cannot be unloaded while it is used" report_of intree "$rc == 1 and verdict('reload', 'the driver is unloaded') == 'not ok'"
	check "and that a MAC address of the admin's is lost in a move" report_of intree "verdict('moves', 'all that was set is kept, 1') == 'not ok'"
	check "and says that all is put back" report_of intree "verdict('reload', 'all is put back') == 'ok' and verdict('moves', 'all is put back') == 'ok'"
	out=$($kit compare --margin 150 "$TEST_DIR/intree.json" "$TEST_DIR/ours.json"); rc=$?
	echo "$out" > "$TEST_DIR/compare"
	if [ $rc != 1 ] && grep -q '^better .*reload: the driver is unloaded: not ok' <<< "$out"; then ok "compare: better with ours, and nothing worse: $(tail -n 1 <<< "$out")"
	else not_ok "compare: better with ours, and nothing worse" "status $rc
$out"; fi
	note "$out"
	$kit compare --margin 150 "$TEST_DIR/ours.json" "$TEST_DIR/intree.json" > /dev/null; rc=$?
	if [ $rc = 1 ]; then ok "compare: the other way round it is worse"; else not_ok "compare: the other way round it is worse" "status $rc"; fi
	guest_destroy intree
}
# From within: no server at the other end, no commands for the toolstack
inside() {
	out=$(guest_create g1 driver=ours memory=192) || fatal "guest up" "$out"
	guest_exec g1 "mkdir -p /tmp/kit; base64 -d <<< '$(tar -C /lab/tests/kit -cf - . | gzip -9 | base64)' | gzip -d | tar -C /tmp/kit -xf -"
	out=$(guest_exec g1 -t 1500 'cd /tmp && REMOTE_V4=10.99.0.1 kit/xen-netfront-test run --cycles 2 2>&1'); rc=$?
	echo "$out" > "$TEST_DIR/inside.ktap"
	if [ $rc = 0 ]; then ok "in the guest: $(tail -n 1 <<< "$out")"; else not_ok "in the guest" "status $rc
$(grep -E -A 12 '^ *not ok' <<< "$out" | head -n 40; tail -n 5 <<< "$out")"; fi
	check "it says before what it interrupts" grep -q 'reload: eth0: ARE GONE 2 times' <<< "$out"
	guest_exec g1 'cat /tmp/xen-netfront-report.json' > "$TEST_DIR/inside.json"
	check "its report" report_of inside "r['complete'] and verdict('reload', 'traffic') == 'ok' and verdict('traffic', 'TCP, 8 MB each way, same sums') == 'skip'"
	# A session by ssh over eth0, as its shell would show it
	out=$(guest_exec g1 'cd /tmp && SSH_CONNECTION="10.99.0.1 40000 10.99.0.'"$(cat "$STATE/g1.n")"' 22" REMOTE_V4=10.99.0.1 kit/xen-netfront-test run reload 2>&1'); rc=$?
	if [ $rc = 5 ] && grep -q 'refused, nothing was changed: this is run through eth0' <<< "$out"; then ok "it does not cut the connection it is run through"
	else not_ok "it does not cut the connection it is run through" "status $rc
$out"; fi
}
for part in ${PARTS//+/ }; do $part; done
