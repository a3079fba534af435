# shellcheck shell=bash
# CPUs and memory come and go under traffic, as people resize guests: CPUs off and on from within
# and by xl, with four queues, with NAPI's threads as well; memory given back and taken again; a
# guest that has none left. The same connection, every byte as sent.
# timeout: 900
# PARTS: which of cpus, threads, memory
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/uses.sh
: "${PARTS:=cpus+threads+memory}"
part() { case +$PARTS+ in *+$1+*) ;; *) return 1 ;; esac; }
out=$(guest_create g1 type=pv vcpus=4 queues=4 memory=320) || fatal "guest up" "$out"
big_bursts g1
offline() { guest_exec g1 -t 60 "for c in $1; do echo 0 > /sys/devices/system/cpu/cpu\$c/online || exit 1; done"; }
online() { guest_exec g1 -t 60 "for c in $1; do echo 1 > /sys/devices/system/cpu/cpu\$c/online || exit 1; done"; }
cpus() {
	local text=$1
	check "$text: three of four CPUs go" offline "1 2 3"
	check "$text: TCP goes on with one" pump_moves g1 60
	check "$text: they come back" online "1 2 3"
	check "$text: TCP goes on" pump_moves g1 60
	check "$text: one at a time" eval 'for c in 1 2 3; do offline $c && online $c || break; done'
	check "$text: TCP goes on after it" pump_moves g1 60
	check "$text: the same connection" undisturbed g1
}
check "TCP both ways" pump_start g1
if part cpus; then
	cpus "from within"
	check "xl takes two CPUs" xl vcpu-set --ignore-host g1 2
	check "TCP goes on with two" pump_moves g1 60
	check "xl gives them back" xl vcpu-set --ignore-host g1 4
	check "TCP goes on with four" pump_moves g1 60
	guest_exec g1 'for c in 1 2 3; do echo 1 > /sys/devices/system/cpu/cpu$c/online; done' 2> /dev/null
fi
if part threads; then
	if guest_exec g1 'echo 1 > /sys/class/net/eth0/threaded' 2> /dev/null; then
		cpus "with NAPI's threads"
		check "threads off again" guest_exec g1 'echo 0 > /sys/class/net/eth0/threaded'
		check "TCP goes on without" pump_moves g1 60
	else
		skip "NAPI's threads" "the guest's kernel has none"
	fi
fi
if part memory; then
	check "xl takes a third of the memory" xl mem-set g1 220
	check "TCP goes on with less" pump_moves g1 60
	nap 3
	check "xl gives it back" xl mem-set g1 320
	check "TCP goes on after it" pump_moves g1 60
	# A file in memory until there is no more, three times; the kernel says which allocations
	# failed, and may. Should it have to kill somebody, then who fills the memory
	allow_message 'page allocation failure|Call Trace|oom-killer|Out of memory'
	guest_exec g1 -t 60 'mkdir -p /run/full && mount -t tmpfs -o size=100% none /run/full
		for p in /proc/[0-9]*; do echo -1000 > $p/oom_score_adj; done 2> /dev/null; echo -1000 > /proc/self/oom_score_adj
		for n in 1 2 3; do
			free=$(awk "/^MemAvailable:/ {print int(\$2 / 1024)}" /proc/meminfo)
			(echo 0 > /proc/self/oom_score_adj; exec head -c $((free - 6))m /dev/zero > /run/full/file); sleep 2; stat -c %s /run/full/file; rm -f /run/full/file
		done; umount /run/full'
	check "TCP goes on after a shortage" pump_moves g1 60
fi
check "every byte was right" pump_stop g1
check "the same connection from first to last" undisturbed g1
check "unload and load" guest_reload g1
check "answers after it" wait_ping "$(guest_ip g1)" 20
