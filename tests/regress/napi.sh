# shellcheck shell=bash
# NAPI contexts and settings as the kernel means them. What an admin asks for is in force when the
# call returns, also in the midst of a renewal of the connection, aimed at by tracepoint (-L, -X,
# -x, rxhash, XDP). netlink lists one context for each queue in use; ids, NAPI threads and the
# affinity of interrupts stay over reconnects. napi_defer_hard_irqs and preferred busy polling save
# interrupts. NAPI threads go on and off, with queues out of use, with the interface down, and while
# the connection is renewed.
# Ids and what netlink says want 7.3 (KERNEL=trixie-backports). ROUNDS=20 aims and toggles as often.
# In-tree has no -L, no hash, no aims. Affinity wants two CPUs: VCPUS=2, not by default, as two that
# share one emulated CPU wait for each other at each process.
# timeout: 1200
. /lab/tests/lib/move.sh
. /lab/tests/lib/xdp.sh
: "${ROUNDS:=1}" "${VCPUS:=1}"
[ -d /sys/kernel/debug/xen-netback ] || mount -t debugfs none /sys/kernel/debug
out=$(guest_create g1 type=pv vcpus="$VCPUS" queues=4 memory=256) || fatal "guest up" "$out"
ip=$(guest_ip g1)

# What several of the guest's scripts use. An answer of dom0 right after a setting shows that
# packets flow: few processes, no sleep between.
guest_exec g1 'cat > /run/w <<\END
exec {NEVER}<> <(:)
nap() { read -r -t "$1" -u $NEVER; return 0; }
# settle N [SECONDS]: so many queues come up
settle() {
	local tx rx end=$((SECONDS + ${2:-15} * SLOW))
	while :; do
		tx=(/sys/class/net/eth0/queues/tx-*) rx=(/sys/class/net/eth0/queues/rx-*)
		[ ${#tx[@]},${#rx[@]} != "$1,$1" ] || return 0
		[ $SECONDS -lt $end ] || { echo "after ${2:-15} s there are ${#tx[@]} transmit and ${#rx[@]} receive queues instead of $1"; return 1; }
		nap 0.1
	done
}
# count N: so many queues, settled, and the default table: another one may need more of them, and
# the kernel would refuse
count() { ethtool -X eth0 default 2> /dev/null; ethtool -L eth0 combined $1; settle $1 && nap 0.5; }
real() { set -- /sys/class/net/eth0/queues/tx-*; local tx=$#; set -- /sys/class/net/eth0/queues/rx-*; [ $tx = $# ] && echo $tx || echo "$tx tx, $# rx"; }
said() { ethtool -l eth0 | sed -n "/^Current/,\$s/^Combined:[^0-9]*//p"; }
answers() { ping -q -c 1 -W 3 10.99.0.1 > /dev/null; }
table() { ethtool -x eth0 | sed -n "s/^ *[0-9]*: //p" | tr -s " \n" " "; }
program() { if [ $1 = on ]; then xdp load pass p && ip -force link set dev eth0 xdpdrv pinned /sys/fs/bpf/p; else ip link set dev eth0 xdpdrv off; fi; }
# the interrupts of a queue, as "QUEUE-DIRECTION NUMBER COUNT", whatever the interface is called
# there
interrupts() {
	awk "match(\$NF, /^(eth0|vif0)-q[0-9]+(-[rt]x)?\$/) {q = \$NF; sub(/^[^-]*-q/, \"\", q); n = 0
		for (i = 2; i <= NF; i++) if (\$i ~ /^[0-9]+\$/) n += \$i; else break
		sub(/:/, \"\", \$1); print q, \$1, n}" /proc/interrupts | sort
}
# NAPI threads as "NAME PID"
threads() {
	local f name pid
	for f in /proc/[0-9]*/comm; do
		read -r name 2> /dev/null < $f || continue
		case $name in napi/eth0-*) pid=${f#/proc/}; echo "$name ${pid%/comm}" ;; esac
	done | sort
}
affinity() { interrupts | while read -r q irq _; do read -r mask < /proc/irq/$irq/smp_affinity; echo "$q $mask"; done; }
END'
g() { guest_exec g1 -t "${LIMIT:-120}" "SLOW=$SLOW; . /run/w; $*"; }
version=$(g 'IFS=.- read -r a b _ < /proc/sys/kernel/osrelease; echo $((a * 100 + b))')
# judge TEXT WANTED GOT [DETAIL]: whatever blanks are between words
judge() {
	local wanted got
	read -r -d '' -a wanted <<< "$2"; read -r -d '' -a got <<< "$3"
	if [ "${wanted[*]}" = "${got[*]}" ]; then ok "$1"; else not_ok "$1" "wanted: $2
got: $3${4:+
$4}"; fi
}

# ---- in force when the call returns --------------------------------------------------------------
backend_table() { sed -n '/^Hash Mapping/,$s/^\[.*\]: *//p' "/sys/kernel/debug/xen-netback/$(vif_of g1)/ctrl" | tr -s ' \n' ' '; }
backend_hashes() { grep -q TOEPLITZ "/sys/kernel/debug/xen-netback/$(vif_of g1)/ctrl"; }
even() { local i; for ((i = 0; i < 128; i++)); do printf '%d ' $((i % $1)); done; }
# aimed FROM FIRST EVENT SECOND [MORE]: sets said, what aim says and then MORE, begun with FROM
# queues; fails when it could not aim
aimed() {
	said=$(g "count $1; aim eth0 $2 xen_netfront/$3 $4 || exit 1; ${5:-true}")
	local rc=$?
	note "$(cut -c1-100 <<< "$said")"
	[ $rc = 0 ] || not_ok "$4 at $3 of $2" "$said"
}

settings() {
	local n late=0 i
	for n in 3 1 4; do
		said=$(g "timeout 15 ethtool -L eth0 combined $n; echo \$? \$(real) \$(said); answers && echo packets flow; settle $n" | tr '\n' ' ')
		judge "-L $n is in force when it returns, and packets flow" "0 $n $n packets flow " "$said"
	done
	for ((i = 0; i < ROUNDS; i++)); do
		for n in xnf_rings_up xnf_connect; do
			aimed 1 channels=4 $n channels=2 'settle 2 || echo lost' || continue
			[[ $said == *"in force: 2 queues, channels 2"* ]] || late=$((late + 1))
			if [[ $said != *lost* ]]; then ok "-L by another process at $n of a first one: the last one counts"
			else not_ok "-L by another process at $n of a first one: the last one counts" "$said"; fi
		done
	done
	judge "each of these was in force when both had returned" 0 $late

	said=$(g 'count 4; ethtool -L eth0 combined 3 && ethtool -X eth0 equal 3; echo "status $?"; table')
	judge "-X right after -L is taken, and what -x shows at once" "status 0 $(even 3)" "$(tail -n 2 <<< "$said" | tr '\n' ' ' | sed 's/ $//')" "$said"
	judge "and the backend hashes by it" "$(even 3)" "$(backend_table)"
	if aimed 1 channels=4 xnf_rings_up table; then
		judge "-x is answered in the midst of a renewal" 128 "$(sed -n 's/^second table: ok in [0-9]* ms //p' <<< "$said" | wc -w)" "$said"
	fi
	for ((i = 0; i < ROUNDS; i++)); do
		g 'count 4'
		aimed 4 channels=3 xnf_rings_up equal=2 'settle 3; nap 1; echo "table: $(table)"' || continue
		if grep -q '^second equal=2: ok' <<< "$said"; then
			judge "-X in the midst of a renewal is in force afterwards, for the backend, too" "$(even 2), $(even 2)" "$(sed -n 's/^table: //p' <<< "$said"), $(backend_table)"
		else not_ok "-X in the midst of a renewal is taken" "$said"; fi
	done

	said=$(g 'count 1; ethtool -K eth0 rxhash off; count 2
		ethtool -K eth0 rxhash on; echo "status $?, $(ethtool -k eth0 | sed -n "s/^receive-hashing: //p"), table of $(set -- $(table); echo $#)"')
	judge "rxhash on, where there was no control ring: in force when it returns" "status 0, on, table of 128, hashes" "$(tail -n 1 <<< "$said"), $(backend_hashes && echo hashes)"
	g 'count 4'
}
if [ "$DRIVER" = ours ]; then settings; else note "in-tree has no -L and no hash: none of that is asked"; fi

# Ours wants whole packets with their checksums, in-tree some headroom.
xdp_told() { if [ "$DRIVER" = ours ]; then told 1; else connected && [ "$(xs "$(fe_path g1)/xdp-headroom")" = 256 ]; fi; }
judge "XDP on is in force when it returns: it counts the very next packets" "0 counts" \
	"$(g 'program on; rc=$?; a=$(xdp count p); answers; [ "$(xdp count p)" -gt "$a" ] && echo $rc counts || echo $rc $a of $(xdp count p)' | tail -n 1)"
check "and the backend knows" xdp_told
check "XDP off" g 'program off && answers'

# ---- interrupts ----------------------------------------------------------------------------------
# per_hundred DEFER TIMEOUT BUSY PREFER: interrupts for a hundred of the datagrams that came, about
# one a millisecond. Sets rate.
COUNT=800
per_hundred() {
	local got blast
	g "cd /sys/class/net/eth0; echo $1 > napi_defer_hard_irqs; echo $2 > gro_flush_timeout; rm -f /tmp/took
		all() { interrupts | awk '{n += \$3} END {print n}'; }
		{ all > /tmp/before; traffic take 7001 $COUNT $3 $4 > /tmp/came 2>&1; all > /tmp/after; mv /tmp/came /tmp/took; } < /dev/null > /dev/null 2>&1 &
		nap 0.5"
	traffic blast "$ip" 7001 1000 & blast=$!
	got=$(g 'for ((i = 0; i < 700 * SLOW; i++)); do [ ! -e /tmp/took ] || break; nap 0.1; done; echo $(< /tmp/before) $(< /tmp/after) $(< /tmp/took)')
	kill $blast; wait $blast 2> /dev/null
	g 'cd /sys/class/net/eth0; echo 0 > napi_defer_hard_irqs; echo 0 > gro_flush_timeout'
	rate=$(awk -v n=$COUNT '$3 == n {printf "%d", ($2 - $1) * 100 / $3}' <<< "$got")
	note "defer $1, timeout $2 ns, busy $3 us, preferred $4: $got (interrupts before, after; datagrams): ${rate:-too few datagrams} for a hundred"
	[ -n "$rate" ]
}
per_hundred 0 0 0 0 || fatal "datagrams come, with neither" "$rate"
plain=$rate
fewer() { # fewer TEXT PART ARGUMENTS...
	local text=$1 part=$2; shift 2
	if per_hundred "$@" && [ "$rate" -lt $((plain / part)) ]; then ok "$text: $rate interrupts for a hundred datagrams instead of $plain"
	else not_ok "$text saves interrupts" "$rate instead of $plain for a hundred datagrams; wanted: less than one in $part"; fi
}
fewer "napi_defer_hard_irqs with a timer of 10 ms" 2 100 10000000 0 0
fewer "preferred busy polling" 4 100 20000000 500 1

# ---- one context for each queue in use -----------------------------------------------------------
# contexts N: netlink lists N contexts, each with an id of its own, and each queue's is one of them.
# Prints what is wrong.
contexts() {
	local said ids
	said=$(g 'qstats eth0 napi') || { echo "$said"; return 1; }
	ids=$(sed -n 's/^napi \([0-9]*\).*/\1/p' <<< "$said")
	[ "$(wc -w <<< "$ids")" = "$1" ] && [ "$(sort -u <<< "$ids" | wc -l)" = "$1" ] &&
		[ "$(sed -n 's/^rx [0-9]* napi //p' <<< "$said" | sort)" = "$(sort <<< "$ids")" ] &&
		[ "$(sed -n 's/^tx [0-9]* napi //p' <<< "$said" | sort)" = "$(sort <<< "$ids")" ] || { echo "wanted $1 contexts; $said"; return 1; }
}
ids() { g 'qstats eth0 napi' | sed -n 's/^rx \([0-9]*\) napi /\1 /p' | sort | paste -s -d,; }
netlink=0
if [ "$version" -ge 608 ]; then
	netlink=1
	check "netlink lists a context for each of four queues" contexts 4
	before=$(ids)
	if [ "$DRIVER" = ours ]; then
		check "three after -L 3" eval "g 'count 3' && contexts 3"
		check "four after -L 4" eval "g 'count 4' && contexts 4"
	fi
	check "none while the interface is down" eval "g 'ip link set eth0 down' && [ -z \"\$(g 'qstats eth0 napi')\" ]"
	check "four when it is up again" eval "g 'netup eth0' && wait_ping $ip 10 && contexts 4"
	check "four after a reconnect" eval 'g "program on" && wait_for 10 xdp_told && wait_ping $ip 10 && contexts 4 && g "program off" && wait_ping $ip 10 && nap 1 && contexts 4'
	# netif_napi_add_config(): Linux 6.13
	if [ "$version" -ge 613 ] && [ "$DRIVER" = ours ]; then judge "each queue has the id that it had at first" "$before" "$(ids)"; fi
	its_interrupt() {
		local said
		said=$(g 'qstats eth0 napi; interrupts')
		awk '/^napi/ && $3 == "irq" {irq[$2] = $4} /^rx .* napi/ {id[$2] = $4} /^[0-9]+(-[rt]x)? / {q = $1; sub(/-.*/, "", q); of[q] = of[q] " " $2 " "}
			END {for (q in id) {n++; if (!(id[q] in irq) || index(of[q], " " irq[id[q]] " ") == 0) exit 1}; exit n != 4}' <<< "$said" || { echo "$said"; return 1; }
	}
	if [ "$version" -ge 613 ]; then check "and tells its queue's interrupt" its_interrupt; fi
else
	note "this kernel is older than 6.8: netlink has no list of contexts"
fi

# ---- what an admin set for a queue stays over a reconnect ----------------------------------------
# every other interrupt on one CPU, the others on the other one
what="threads and affinity"
g 'echo 1 > /sys/class/net/eth0/threaded'
if [ "$VCPUS" -gt 1 ]; then
	g 'i=0; interrupts | while read -r q irq _; do i=$((i + 1)); echo $((i % 2 + 1)) > /proc/irq/$irq/smp_affinity || echo "affinity of $q refused"; done' > "$STATE/set" 2>&1
	[ ! -s "$STATE/set" ] || not_ok "affinity is set" "$(< "$STATE/set")"
	state_of() { g 'threads; affinity'; }
else
	skip "affinity" "the guest has one CPU (VCPUS=2)"
	what="threads"
	state_of() { g threads; }
fi
wanted=$(state_of)
judge "four NAPI threads" 4 "$(grep -c '^napi/' <<< "$wanted")"
[ "$VCPUS" = 1 ] || judge "half of the interrupts are on one CPU, half on the other" "4 4" "$(grep -c '^[0-9].* 0*1$' <<< "$wanted") $(grep -c '^[0-9].* 0*2$' <<< "$wanted")"
stays() { judge "$1: $what stay" "$wanted" "$(state_of)"; }
check "XDP on" eval 'g "program on" && wait_for 10 xdp_told && wait_ping $ip 10'
stays "XDP on"
check "XDP off" eval 'g "program off" && wait_ping $ip 10 && nap 1'
stays "XDP off"
if [ "$DRIVER" = ours ]; then
	g 'ethtool -K eth0 rxhash off'; nap 1; g 'ethtool -K eth0 rxhash on'; nap 1
	stays "rxhash off and on"
	g 'count 2 && count 4'
	# what was away may have other threads; those of the first two queues have the lowest ids,
	# which are as old as their contexts
	of_two() { grep -E '^[01](-|$| )' <<< "$1"; grep '^napi/' <<< "$1" | sort -t- -k2n | head -n 2; }
	judge "-L 2 and back to 4: $what of the queues that stayed" "$(of_two "$wanted")" "$(of_two "$(state_of)")"
	[ "$VCPUS" = 1 ] || judge "and the affinity of those that were away" "$(grep -v napi/ <<< "$wanted")" "$(state_of | grep -v napi/)"
	wanted=$(state_of)
fi
dom0_first
check "save and restore" eval 'save_and_restore g1 && wait_ping $ip 30'
stays "save and restore"
dom0_equal
[ $netlink = 0 ] || check "four contexts" contexts 4

# ---- threads on and off: last, for whom it hangs has no network any more -------------------------
# toggled VALUE [SECONDS]: written within that time. Who hangs cannot be killed, so nobody waits for
# it.
toggled() {
	g "rm -f /tmp/written; (echo $1 > /sys/class/net/eth0/threaded; echo \$? > /tmp/written) < /dev/null > /dev/null 2>&1 &
		for ((i = 0; i < ${2:-10} * 10 * $SLOW; i++)); do [ ! -s /tmp/written ] || exit \$(< /tmp/written); sleep 0.1; done
		echo 'threaded: $1 is not written within ${2:-10} s; who writes it, and xenwatch:'
		for f in /proc/[0-9]*/stack; do grep -qE 'threaded|xnf_|napi_' \$f 2> /dev/null && cat \$f; done; exit 1"
}
# Kernels before 6.17 end a thread with its context only, not when threads are switched off.
no_threads() { [ "$version" -lt 617 ] || threads_are 0; }
threads_are() { local n; n=$(g threads | wc -l); [ "$n" = "$1" ] || { echo "$n threads"; return 1; }; }
[ "$DRIVER" != ours ] || g 'count 2'
out=$(toggled 0) || fatal "threaded off, two of four queues in use: it returns" "$out"
ok "threaded off, with queues out of use: it returns"
check "no thread is left, and packets flow" eval 'no_threads && wait_ping $ip 10'
[ "$DRIVER" != ours ] || check "the others can be used again" eval 'g "count 4" && wait_ping $ip 10'
both() { toggled 1 && toggled 0 && toggled 1 && wait_ping "$ip" 10 && threads_are 4; }
check "on, off and on, all four in use" both

down() { g 'ip link set eth0 down' && toggled "$1"; }
up() { LIMIT=30 g 'netup eth0' && wait_ping "$ip" 10; }
out=$(down 0) || fatal "threaded off with the interface down: it returns" "$out"
ok "threaded off with the interface down: it returns"
check "up: packets flow without threads" eval 'up && no_threads'
out=$(down 1) || fatal "threaded on with the interface down: it returns" "$out"
check "up: packets flow with threads" eval 'up && threads_are 4'
# As by a rule of udev: on an interface that was never up
fresh() { g 'ip link set eth0 down; echo vif-0 > /sys/bus/xen/drivers/vif/unbind && echo vif-0 > /sys/bus/xen/drivers/vif/bind
	for ((i = 0; i < 100; i++)); do [ ! -e /sys/class/net/eth0 ] || break; nap 0.1; done' && toggled 1 && toggled 0 && toggled 1 && up && threads_are 4; }
check "threads on, off and on before the interface is first up" fresh

# while the connection is renewed again and again: who sets threads goes at its own pace
g "rm -f /tmp/stop /tmp/turns; { n=0; while [ ! -e /tmp/stop ]; do echo \$((n++ % 2)) > /sys/class/net/eth0/threaded || echo refused >> /tmp/refused; sleep 0.0\$((RANDOM % 9))
	done; echo \$n > /tmp/turns; } < /dev/null > /dev/null 2>&1 &"
renew() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		if [ "$DRIVER" = ours ]; then LIMIT=120 g 'ethtool -L eth0 combined 2 && program on && sleep 0.5 && ethtool -L eth0 combined 4 && program off && sleep 0.5'
		else LIMIT=120 g 'program on && sleep 0.5 && program off && sleep 0.5'; fi || return 1
	done
}
check "threads on and off while queues, programs and rings change: that goes on" renew
check "who sets threads was never held up for good" g 'touch /tmp/stop; for ((i = 0; i < 200; i++)); do [ ! -s /tmp/turns ] || break; sleep 0.1; done; [ "$(< /tmp/turns)" -gt 10 ] && [ ! -e /tmp/refused ]'
note "set $(g 'cat /tmp/turns') times"
check "and afterwards packets flow, without threads" eval 'toggled 0 && wait_ping $ip 20 && no_threads'
[ $netlink = 0 ] || check "one context for each queue" contexts 4
