# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl timeline: records what the driver's tracepoints say during a reload, a migration
# or a command, and prints both ends' states, queues, rings and announcements in order, with times.
# Needs our driver and tracefs. Uses the machine's one trace buffer, so it refuses to disturb
# somebody else's trace.

timeline_usage()
{
	cat << 'END'
usage: xen-netfrontctl timeline [OPTION...] [--wait SECONDS]     until an interface has connected anew: start the migration now
       xen-netfrontctl timeline [OPTION...] --reload             a reload of the driver, through "apply --reload"
       xen-netfrontctl timeline [OPTION...] -- COMMAND [ARG...]  while COMMAND runs
       xen-netfrontctl timeline [OPTION...] --from FILE          of a trace that --output kept

  --json            print JSON
  --plot FILE.png   draw it as well (needs gnuplot)
  --output FILE     keep the trace
END
}

# Where tracefs is; mounted if it can be.
timeline_tracefs()
{
	for place in /sys/kernel/tracing /sys/kernel/debug/tracing; do
		[ -e "$place/trace_pipe" ] && echo "$place" && return 0
	done
	mount -t tracefs none /sys/kernel/tracing 2>/dev/null && [ -e /sys/kernel/tracing/trace_pipe ] &&
		echo /sys/kernel/tracing && return 0
	fail "timeline needs tracefs, which this kernel does not offer (CONFIG_TRACING)"
}

# The power events show when tasks are frozen and thawed; kernels without them lose only these two
# lines.
timeline_events="events/xen_netfront/enable events/power/suspend_resume/enable"

timeline_begin()
{
	trace=$(timeline_tracefs) || exit 1
	[ "$(cat "$trace/current_tracer" "$trace/set_event")" = nop ] ||
		fail "somebody traces on this machine already; end that first (see $trace/set_event)"
	[ -d "$trace/events/xen_netfront" ] || [ "$timeline_how" = command ] || [ "$timeline_how" = reload ] ||
		fail "the running driver has no tracepoints: it is not ours, see: xen-netfrontctl status"
	timeline_clock=$(sed 's/.*\[\(.*\)\].*/\1/' "$trace/trace_clock")
	timeline_was_on=$(cat "$trace/tracing_on")
	echo mono > "$trace/trace_clock"
	echo > "$trace/trace"
	for event in $timeline_events; do
		[ ! -e "$trace/$event" ] || echo 1 > "$trace/$event"
	done
	timeline_quiet
	echo 1 > "$trace/tracing_on"
	# A reload takes the driver's events, and what was traced, along; the pipe has read it by
	# then. A module loaded meanwhile switches its events on itself.
	mkdir -p /run/modprobe.d
	echo "options xen_netfront trace=1" > /run/modprobe.d/xen-netfront-timeline.conf
	cat "$trace/trace_pipe" > "$1" &
	timeline_pipe=$!
	trap timeline_end EXIT
	trap 'exit 1' HUP INT TERM
}

# One doorbell each some packets would hide the rest.
timeline_quiet()
{
	[ ! -e "$trace/events/xen_netfront/xnf_doorbell/enable" ] ||
		echo 0 > "$trace/events/xen_netfront/xnf_doorbell/enable"
}

timeline_end()
{
	trap - EXIT HUP INT TERM
	rm -f /run/modprobe.d/xen-netfront-timeline.conf
	for event in $timeline_events; do
		[ ! -e "$trace/$event" ] || echo 0 > "$trace/$event"
	done
	kill "$timeline_pipe" 2>/dev/null
	wait "$timeline_pipe" 2>/dev/null
	echo > "$trace/trace"
	echo "$timeline_clock" > "$trace/trace_clock"
	echo "$timeline_was_on" > "$trace/tracing_on"
}

# timeline_await FILE SECONDS: until an announcement that nothing follows for two seconds.
timeline_await()
{
	waited=0
	while [ $waited -lt "$2" ]; do
		if grep -q ': xnf_announce: ' "$1"; then
			lines=$(wc -l < "$1")
			sleep 2
			[ "$(wc -l < "$1")" != "$lines" ] || return 0
		fi
		sleep 1
		waited=$((waited + 1))
	done
	echo "xen-netfrontctl: nothing connected within $2 s; this is what happened" >&2
	return 1
}

# timeline_facts FILE: one event a line, fields separated by tabs: time, who, interface, end, from,
# to, text, kind
timeline_facts()
{
	awk '
	function out(interface, end, from, to, text) {
		printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", time, who, interface, end, from, to, text, kind
	}
	# of " name=VALUE", up to the end of the line
	function value(name, rest, at) {
		at = index($0, " " name "=")
		return at ? substr($0, at + length(name) + 2) : ""
	}
	!match($0, /[ ][0-9]+\.[0-9]+: [a-z_]+: /) { next }
	{
		head = substr($0, RSTART + 1, RLENGTH - 1)
		body = substr($0, RSTART + RLENGTH)
		split(head, part, ": ")
		time = part[1]
		kind = part[2]
		who = $0
		sub(/^ +/, "", who)
		sub(/ +\[[0-9]+\].*/, "", who)
		sub(/-[0-9]+ *(\(.*\))?$/, "", who)
		split(body, word, " ")
		queue = word[2]
		sub(/^queue=/, "", queue)
	}
	kind == "xnf_state" { out(word[1], word[2], word[3], word[5], word[2] " " word[3] " -> " word[5]) }
	kind == "xnf_probe" { out(word[1], "", "", "", "probe of " word[2]) }
	kind == "xnf_remove" { out(word[1], "", "", "", "remove of " word[2]) }
	kind == "xnf_resume" { out(word[1], "", "", "", "resume: a new backend, the old rings are gone") }
	kind == "xnf_connect" { out(word[1], "", "", "", "connects to " word[2]) }
	kind == "xnf_rings_up" { out(word[1], "", "", "", "queue " queue ": rings made, event channels " value("why")) }
	kind == "xnf_rings_down" { out(word[1], "", "", "", "queue " queue ": rings released") }
	kind == "xnf_tx_stop" { out(word[1], "", "", "", "tx-" queue " stopped: " value("why")) }
	kind == "xnf_tx_start" { out(word[1], "", "", "", "tx-" queue " started: " value("why")) }
	kind == "xnf_fault" { out(word[1], "", "", "", "queue " queue ": fault " value("why")) }
	kind == "xnf_carrier" { out(word[1], "", "", "", "carrier " word[2]) }
	kind == "xnf_reset" || kind == "xnf_announce" {
		text = body
		sub(/^[^ ]+ /, "", text)
		out(word[1], "", "", "", (kind == "xnf_reset" ? "reset: " : "announces itself: ") text)
	}
	kind == "suspend_resume" && body ~ /^(freeze_processes|thaw_processes|dpm_suspend|dpm_resume)/ {
		sub(/\[[^]]*\]/, "", body)
		out("", "", "", "", "kernel: " body)
	}' "$1" | sort -s -n -k 1,1
}

# The states of both ends beside each event; which interface it is about, if there are several.
timeline_text()
{
	awk -F '\t' '
	{ count++; for (i = 1; i <= 8; i++) f[count, i] = $i; if ($3 != "") names[$3] = 1 }
	END {
		if (!count) { print "nothing happened"; exit 1 }
		for (name in names) several++
		for (n = count; n; n--) if (f[n, 4] != "") state[f[n, 3], f[n, 4]] = f[n, 5]
		printf "%10s  %-16s %-14s %-14s %s\n", "seconds", "by", "frontend", "backend", "event"
		for (n = 1; n <= count; n++) {
			dev = f[n, 3]
			if (f[n, 4] != "") state[dev, f[n, 4]] = f[n, 6]
			printf "%10.6f  %-16.16s %-14s %-14s %s%s\n", f[n, 1] - f[1, 1], f[n, 2], shown(dev, "frontend"),
				shown(dev, "backend"), (several > 1 && dev != "" ? dev " " : ""), f[n, 7]
			note(n, dev)
		}
		for (name in names) {
			if (name in gap) printf "%s: transmit queues stopped for %.3f s\n", name, gap[name]
			if (name in dark) printf "%s: carrier off for %.3f s\n", name, dark[name]
			if (name in late) printf "%s: connected %.3f s after the resume\n", name, late[name]
		}
	}
	function shown(dev, end) { return (dev, end) in state ? state[dev, end] : "" }
	function note(n, dev) {
		if (f[n, 8] == "xnf_tx_stop" && f[n, 7] !~ /ring full/ && !(dev in stop)) stop[dev] = f[n, 1]
		if (f[n, 8] == "xnf_tx_start" && dev in stop) { gap[dev] = f[n, 1] - stop[dev]; delete stop[dev] }
		if (f[n, 7] == "carrier off") off[dev] = f[n, 1]
		if (f[n, 7] == "carrier on" && dev in off) { dark[dev] = f[n, 1] - off[dev]; delete off[dev] }
		if (f[n, 8] == "xnf_resume") woke[dev] = f[n, 1]
		if (f[n, 7] == "carrier on" && dev in woke) { late[dev] = f[n, 1] - woke[dev]; delete woke[dev] }
	}'
}

timeline_json()
{
	awk -F '\t' '
	function quoted(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); return "\"" text "\"" }
	BEGIN { printf "{\"events\":[" }
	NR == 1 { first = $1 }
	{
		printf "%s{\"seconds\":%.6f,\"by\":%s,\"interface\":%s,\"kind\":%s,\"end\":%s,\"from\":%s,\"to\":%s,\"text\":%s}",
			(NR > 1 ? "," : ""), $1 - first, quoted($2), quoted($3), quoted($8), quoted($4), quoted($5), quoted($6), quoted($7)
	}
	END { print "]}" }'
}

# timeline_plot FACTS FILE.png
timeline_plot()
{
	command -v gnuplot > /dev/null || fail "--plot needs gnuplot; install it, or copy the trace (--output) to a machine that has it"
	data=$(mktemp -d) || exit 1
	for end in frontend backend; do
		awk -F '\t' -v end=$end '
			BEGIN { split("Unknown Initialising InitWait Initialised Connected Closing Closed Reconfiguring Reconfigured", n, " ")
				for (i in n) number[n[i]] = i - 1 }
			NR == 1 { first = $1 }
			$4 == end && !seen++ { print 0, number[$5] }
			$4 == end { print $1 - first, number[$6] }
			END { if (NR) print $1 - first, "" }' "$1" | awk 'NF > 1 { y = $2 } { print $1, y }' > "$data/$end"
	done
	awk -F '\t' 'NR == 1 { first = $1 } $8 == "xnf_tx_stop" { print $1 - first, -0.5 }' "$1" > "$data/stop"
	awk -F '\t' 'NR == 1 { first = $1 } $8 == "xnf_tx_start" { print $1 - first, -0.5 }' "$1" > "$data/start"
	for mark in stop start; do
		[ -s "$data/$mark" ] || echo "NaN NaN" > "$data/$mark"
	done
	gnuplot << END
set terminal pngcairo size 1000,420
set output "$2"
set xlabel "seconds"
set yrange [-1:7]
set ytics ("Unknown" 0, "Initialising" 1, "InitWait" 2, "Initialised" 3, "Connected" 4, "Closing" 5, "Closed" 6)
set key outside top horizontal
set grid y
plot "$data/frontend" with steps lw 3 title "frontend", "$data/backend" with steps lw 2 dt 2 title "backend", \
	"$data/stop" with points pt 5 lc rgb "red" title "queues stopped", "$data/start" with points pt 5 lc rgb "dark-green" title "queues started"
END
	status=$?
	rm -rf "$data"
	[ $status = 0 ] || fail "gnuplot failed"
}

ctl_timeline()
{
	timeline_how=wait seconds=600 json=0 plot='' keep='' from=''
	while [ $# -gt 0 ]; do
		case $1 in
		--json) json=1 ;;
		--reload) timeline_how=reload ;;
		--wait | --plot | --output | --from)
			[ $# -ge 2 ] || wrong_usage "timeline $1 needs a value"
			case $1 in
			--wait) seconds=$2 ;;
			--plot) plot=$2 ;;
			--output) keep=$2 ;;
			--from) from=$2 timeline_how=file ;;
			esac
			shift ;;
		-h | --help) timeline_usage; return 0 ;;
		--) shift; timeline_how='command'; break ;;
		*) wrong_usage "timeline does not know '$1'" ;;
		esac
		shift
	done
	case $seconds in
	'' | *[!0-9]*) wrong_usage "timeline --wait takes seconds, not '$seconds'" ;;
	esac
	work=$(mktemp -d) || exit 1
	status=0
	if [ $timeline_how = file ]; then
		cat "$from" > "$work/trace" || exit 1
	else
		need_root timeline
		timeline_begin "$work/trace"
		case $timeline_how in
		wait)
			echo "recording, up to $seconds s: migrate, save and restore, or reload this guest now" >&2
			timeline_await "$work/trace" "$seconds" || status=1 ;;
		reload) "$0" apply --reload >&2 || status=1 ;;
		command) "$@" >&2 || status=$? ;;
		esac
		[ $timeline_how = wait ] || timeline_await "$work/trace" 10 2>/dev/null
		timeline_end
	fi
	[ -z "$keep" ] || cp "$work/trace" "$keep" || status=1
	timeline_facts "$work/trace" > "$work/facts"
	[ -z "$plot" ] || timeline_plot "$work/facts" "$plot"
	if [ $json = 1 ]; then timeline_json < "$work/facts"; else timeline_text < "$work/facts"; fi || status=1
	rm -rf "$work"
	return $status
}
