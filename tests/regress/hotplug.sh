# shellcheck shell=bash
# Interfaces come and go while the guest runs: seven are attached to the one it has, then COUNT
# times the next one of seven is detached and attached again, and in the end all seven are detached.
# Each detach ends without libxl's timeout (10 s, then it forces), each attached interface answers.
# usage: tests/lab/run [--icount] tests/regress/hotplug.sh:COUNT=100
# 100 take about 8 minutes; with --icount what else the machine does has no part in the times.
# timeout: 1800
: "${COUNT:=100}"
LIMIT=8				# seconds: less than libxl's 10
VIFS=8
out=$(guest_create g1) || fatal "guest up" "$out"
id=$(guest_id g1)
for ((i = 1; i < VIFS; i++)); do bridge_up $i; done
folder() { xs "/local/domain/$id/device/vif/$1/state" > /dev/null; }
# Handles may change from one attach to the next, so interfaces are known by their bridge, one each.
declare -A handle
detach() { # detach I: prints the seconds it took
	local t=$EPOCHREALTIME out
	out=$(timeout 60 xl network-detach g1 "${handle[$1]}" 2>&1) || { echo "interface $1: status $?: $out"; return 1; }
	t=$(awk -v a="$t" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}')
	[ -z "$out" ] || { echo "interface $1: xl said, after $t s: $out"; return 1; }
	[ "${t%.*}" -lt $LIMIT ] || { echo "interface $1: took $t s"; return 1; }
	! folder "${handle[$1]}" || { echo "interface $1: its folder is still there"; return 1; }
	echo "$t"
}
attach() { # attach I
	local out before after h
	before=$(xenstore-list "/local/domain/$id/device/vif" 2>/dev/null | sort)
	out=$(timeout 60 xl network-attach g1 "mac=$(printf '00:16:3e:%02x:00:02' "$1")" "bridge=xenbr$1" 2>&1) || { echo "interface $1: status $?: $out"; return 1; }
	after=$(xenstore-list "/local/domain/$id/device/vif" | sort)
	h=$(comm -13 <(echo "$before") <(echo "$after"))
	[ -n "$h" ] || { echo "interface $1: no new folder: $out"; return 1; }
	handle[$1]=$h
}
# answers I: the guest names the interface, gives it its address, and answers there
answers() {
	guest_exec g1 -t 40 "for ((n = 0; n < 100; n++)); do
			for d in /sys/class/net/*; do [ \"\$(< \$d/address)\" = $(printf '00:16:3e:%02x:00:02' "$1") ] && break 2; done; sleep 0.1; done
		d=\${d##*/}; ip link set \$d up; ip addr replace 10.99.$1.2/24 dev \$d
		for ((n = 0; n < 20; n++)); do ping -c 1 -W 1 10.99.$1.1 > /dev/null && exit 0; done; ip addr; dmesg | tail -n 5; exit 1"
}
slowest=0 done=0
cycle() { # cycle I: detach, attach, answer
	local t
	t=$(detach "$1") || { echo "$t"; return 1; }
	slowest=$(awk -v a="$slowest" -v b="$t" 'BEGIN {print (a > b ? a : b)}')
	attach "$1" && answers "$1"
}
# One by one: eight hotplug scripts at a time are more than an emulated dom0 does in libxl's 10 s.
wrong=''
for ((i = 1; i < VIFS; i++)); do
	attach $i > "$STATE/cycle" 2>&1 && answers $i >> "$STATE/cycle" 2>&1 || { wrong="interface $i: $(cat "$STATE/cycle")"; break; }
done
if [ -z "$wrong" ]; then ok "seven interfaces are attached, each answers"; else fatal "seven interfaces are attached" "$wrong"; fi
for ((n = 0; n < COUNT; n++)); do
	cycle $((n % (VIFS - 1) + 1)) > "$STATE/cycle" 2>&1 || { wrong="cycle $n: $(cat "$STATE/cycle")"; break; }
	done=$((done + 1))
done
if [ -z "$wrong" ]; then ok "$COUNT times detached and attached again, each answers; slowest detach $slowest s"
else not_ok "$COUNT times detached and attached again" "$wrong"; fi
all_gone() { local i out; for ((i = 1; i < VIFS; i++)); do out=$(detach $i) || { echo "$out"; return 1; }; done; }
check "all seven are detached in the end, each within $LIMIT s" all_gone
# A detach ends when the backend is closed and the folder is gone; the guest's bus removes the
# device when it hears of that.
only_eth0() {
	guest_exec g1 'for ((n = 0; n < 50; n++)); do [ "$(echo /sys/class/net/*)" = "/sys/class/net/eth0 /sys/class/net/lo" ] && exit 0; sleep 0.1; done
		ls /sys/class/net; exit 1'
}
check "the guest has eth0 alone, within 5 s" only_eth0
check "eth0 answers" wait_ping "$(guest_ip g1)" 15
