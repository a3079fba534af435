# shellcheck shell=bash
# What save/restore and migration have in common: look before and after, the announcement on the
# wire, queues around the rings. Needs lib/traffic.sh.

# dom0_first: dom0 gets eight parts of the CPU that it shares with guests, or moving a busy guest
# takes two minutes
dom0_first() { xl sched-credit2 -d 0 -w 2048; }
dom0_equal() { xl sched-credit2 -d 0 -w 256; }

# save_and_restore GUEST
save_and_restore() {
	guest_save "$1" /tmp/saved && guest_restore "$1" /tmp/saved; local rc=$?
	rm -f /tmp/saved
	return $rc
}

# identity GUEST: what has to stay the same
identity() {
	guest_exec "$1" 'cat /sys/class/net/eth0/address /sys/class/net/eth0/mtu; ip -o addr show dev eth0 | awk "{print \$3, \$4}" | sort'
}

# When dom0's backends switch their state, by the clock that tcpdump uses: a kprobe, for a watch
# would be late.
backend_trace_start() {
	local t=/sys/kernel/tracing
	[ -d $t/events ] || mount -t tracefs none $t
	echo mono > $t/trace_clock
	echo 'p:xnfstate xenbus_switch_state state=%si:u32' > $t/kprobe_events
	echo > $t/trace
	echo 1 > $t/events/kprobes/xnfstate/enable
}
# backend_connected_at: wall clock seconds of the last switch to Connected (4)
backend_connected_at() {
	python3 - <<-'END'
		import re, time
		offset = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
		last = None
		for line in open('/sys/kernel/tracing/trace'):
		    m = re.search(r' (\d+\.\d+): xnfstate: .*state=4$', line.rstrip())
		    if m:
		        last = float(m.group(1))
		print('%.6f' % (last + offset) if last else 'never')
	END
}
backend_trace_stop() {
	echo 0 > /sys/kernel/tracing/events/kprobes/xnfstate/enable
	echo > /sys/kernel/tracing/kprobe_events
}

# announcements FILE MAC IP AFTER: gratuitous ARPs of that address in the capture: "before after"
# the time, in packets
announcements() {
	tcpdump -tt -n -e -r "$TEST_DIR/$1" arp 2>/dev/null | awk -v mac="$2" -v ip="$3" -v t="$4" '
		index($0, mac) && ($0 ~ "(Request who-has|Announcement|Reply) " ip "[ ,]" ) && ($0 ~ "(tell " ip "[, ]|Announcement " ip "|Reply " ip " is-at)") && / Broadcast|ff:ff:ff:ff:ff:ff/ {
			if ($1 >= t) after++; else before++ }
		END { print before + 0, after + 0 }'
}

# queues_in_order TRACE: each queue's stop comes before its rings go, its start after they are back.
# Prints what is wrong.
queues_in_order() {
	awk '
		match($0, /xnf_(tx_stop|tx_start|rings_down|rings_up): /) {
			ev = substr($0, RSTART, RLENGTH - 2); q = $0; sub(/.*queue=/, "", q); sub(/ .*/, "", q); n[ev]++
			if (ev == "xnf_tx_stop") stopped[q] = 1
			if (ev == "xnf_tx_start") { if (rings[q] == "down") print "queue " q " started while its rings were away: " $0; stopped[q] = 0 }
			if (ev == "xnf_rings_down") { if (!stopped[q]) print "rings of queue " q " went while it ran: " $0; rings[q] = "down" }
			if (ev == "xnf_rings_up") { if (rings[q] == "down" && !stopped[q]) print "rings of queue " q " came while it ran: " $0; rings[q] = "up" }
		}
		END {
			for (e in want) ;
			split("xnf_tx_stop xnf_rings_down xnf_rings_up xnf_tx_start", want, " ")
			for (i = 1; i <= 4; i++) if (!n[want[i]]) print "no event " want[i] " seen"
		}' "$TEST_DIR/$1"
}

# move_test GUEST HOW ROUNDS: HOW is a function that moves the guest
move_test() {
	local g=$1 how=$2 rounds=$3 i before after mac ip t counts wrong traced=
	dom0_first
	mac=$(xs "$(fe_path "$g")/mac"); ip=$(guest_ip "$g")
	guest_exec "$g" 'ip link set eth0 mtu 1400'
	before=$(identity "$g")
	check "TCP both ways before the first move" pump_start "$g" || return
	for ((i = 1; i <= rounds; i++)); do
		! trace_start "$g" || traced=1
		backend_trace_start
		capture_start xenbr0 "move$i.pcap" arp
		check "$how, round $i" "$how" "$g" || { capture_stop "move$i.pcap"; return; }
		check "TCP goes on both ways after round $i" pump_moves "$g" 60
		t=$(backend_connected_at)
		wait_for 15 eval 'counts=$(announcements "move$i.pcap" "$mac" "$ip" "$t"); [ "${counts#* }" -gt 0 ]'
		capture_stop "move$i.pcap"; backend_trace_stop
		counts=$(announcements "move$i.pcap" "$mac" "$ip" "$t")
		if [ "$t" != never ] && [ "${counts#* }" -gt 0 ] && [ "${counts% *}" = 0 ]; then
			ok "gratuitous ARP on the wire after the backend's Connected, round $i"
		else
			not_ok "gratuitous ARP on the wire after the backend's Connected, round $i" "Connected at $t; before it and after it: $counts
$(tcpdump -tt -n -e -r "$TEST_DIR/move$i.pcap" 2>/dev/null | tail -n 10)"
		fi
		if [ -n "$traced" ]; then
			trace_stop "$g" "trace$i"
			wrong=$(queues_in_order "trace$i")
			if [ -z "$wrong" ]; then ok "queues stop before the rings go and start after they are back, round $i"
			else not_ok "queues stop before the rings go and start after they are back, round $i" "$wrong"; fi
		fi
		after=$(identity "$g")
		if [ "$before" = "$after" ]; then ok "MAC, addresses and MTU stay, round $i"
		else not_ok "MAC, addresses and MTU stay, round $i" "before: $before
after: $after"; fi
	done
	[ -n "$traced" ] || not_ok "the driver shows its queues' stops and starts" "no tracepoints below events/xen_netfront"
	check "the connection survived, every byte as sent" pump_stop "$g"
}
