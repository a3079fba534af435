# shellcheck shell=bash
# A program sends its own pages (MSG_ZEROCOPY) and a file's (sendfile): each byte arrives as it was,
# and the kernel tells of every page that it is done with it, also of those on the rings when the
# queues are changed, the guest is saved, the driver unloaded.
# timeout: 600
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
out=$(guest_create g1 type=pv vcpus=2 queues=2 memory=256) || fatal "guest up" "$out"
ip=$(guest_ip g1)
big_bursts g1
change_queues() { guest_exec g1 'ethtool -L eth0 combined 1 && sleep 1 && ethtool -L eth0 combined 2'; }
reload() { guest_reload g1 && wait_ping "$ip" 20; }

# sends TEXT SECONDS [COMMAND...]: while COMMAND runs
sends() {
	local text=$1 seconds=$2 listener sender sent copied; shift 2
	timeout $(((seconds + 120) * SLOW)) zerocopy listen 7300 > "$STATE/listen" 2>&1 & listener=$!
	nap 0.5
	guest_exec g1 -t $((seconds + 90)) "zerocopy send 10.99.0.1 7300 $seconds" > "$STATE/send" 2>&1 & sender=$!
	if [ $# -gt 0 ]; then
		nap 3
		check "$text: $*" "$@"
	fi
	if wait $sender; then ok "$text: the kernel is done with every page"; else not_ok "$text: the kernel is done with every page" "$(cat "$STATE/send")"; fi
	if wait $listener; then ok "$text: every byte is right"; else not_ok "$text: every byte is right" "$(cat "$STATE/listen")"; fi
	note "$(cat "$STATE/send" "$STATE/listen" | paste -s -d' ')"
	read -r _ sent _ _ _ copied < "$STATE/send"
	[ $# -gt 0 ] || check "$text: pages went without a copy" test "${copied:-0}" -lt "${sent:-0}"
}
sends "at rest" 6
[ "$DRIVER" != ours ] || sends "other queues" 8 change_queues
sends "save and restore" 15 save_and_restore g1
sends "reload" 15 reload

guest_exec g1 'head -c 3000k /dev/urandom > /tmp/file'
nc -l -p 7301 > /tmp/got < /dev/null & receiver=$!
nap 0.5
guest_exec g1 -t 40 'socat -u FILE:/tmp/file TCP:10.99.0.1:7301'
wait_for 20 eval '! kill -0 $receiver 2> /dev/null'
kill $receiver 2> /dev/null
check "a file's pages: all of them arrive" test "$(stat -c %s /tmp/got)" = 3072000
check "a file's pages: every byte is right" test "$(md5sum < /tmp/got)" = "$(guest_exec g1 'md5sum < /tmp/file')"
rm -f /tmp/got
check "TCP by sendfile, from iperf3" eval 'guest_exec g1 "iperf3 -s -D" > /dev/null; nap 1; timeout 60 iperf3 -c "$ip" -R -Z -n 2M'
check "unload and load afterwards" reload
