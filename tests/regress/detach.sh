# shellcheck shell=bash disable=SC2034,SC2154
# The toolstack takes an interface away at every moment of an unload, an unbind and a load: each
# ends, and the guest's bus lives on, which attach, detach, save and restore, and shutdown by the
# toolstack show. Who holds the device's lock and waits for the watch thread, which waits for that
# lock to remove the device, waits for ever, and from then on the guest hears nothing of its
# toolstack.
#   silent   a backend that has stopped; the folder is removed two seconds into the unload
#   unload   netback, in libxl's order; begun 0 to 120 ms after Closing, after Closed, and before
#            the unload
#   unbind   the same against sysfs' unbind
#   force    netback, the folder goes at once; at the same moments of an unload
#   load     both, while the driver is loaded and connects
#   domain   a driver domain that dies in an unload; not by default, each round takes half a minute
# usage: tests/backend/run [--on pv|pvh:SUITE] --test detach.sh[:ROUNDS=20][,PARTS=unload+load]
#        ROUNDS of each part (3), with HANGS (2) it is not gone on with; LIVES=0: nothing
#        afterwards. DRIVER=intree in front of it is the yardstick; it is unbound where ours is
#        unloaded.
# The bus has such a moment of its own: before it calls the driver's remove it takes back its watch
# on the backend, for one round trip to xenstore. A round of sysfs' unbind that meets it, which the
# stacks tell, is void, not failed, and made up for. An unload has no such moment, because there the
# watch thread unbinds.
# timeout: 3600
. /lab/tests/lib/vifd.sh
. /lab/tests/lib/move.sh
. /lab/tests/lib/driverdomain.sh
: "${ROUNDS:=3}" "${HANGS:=2}" "${LIVES:=1}" "${PARTS:=silent+unload+unbind+force+load}"
VOIDS=$((2 + ROUNDS / 4))		# of a part: more were no accident
LEAD=0.2			# seconds between the guest's "go" and what it begins, for a removal
				# that begins before
MAC=00:16:3e:00:00:02
log=$TEST_DIR/vifd.log
[ "$DRIVER" = ours ] || allow_guest g1

# What the guest runs: "go" is a key in xenstore, written by hand, so that it costs no process.
words='exec {never}<> <(:); nap() { read -r -t $1 -u $never; return 0; }
	go() { printf "\13\0\0\0\0\0\0\0\0\0\0\0\11\0\0\0data/go\0%s" 1 > /dev/xen/xenbus; nap '$LEAD'; }
	unbind() { for d in /sys/bus/xen/drivers/vif/vif-*; do [ ! -e $d ] || echo ${d##*/} > /sys/bus/xen/drivers/vif/unbind; done; true; }
	vifs() { ls /sys/bus/xen/devices | grep ^vif-; }'
# guest_op LIMIT COMMAND: the guest runs it in the background; prints "status S after T s". Status
# 1: it has not ended within LIMIT s.
guest_op() {
	guest_exec g1 -t $(($1 + 20)) "$words"'
		rm -f /tmp/ended
		(a=$EPOCHREALTIME; go; '"$2"' > /tmp/said 2>&1; s=$?; b=$EPOCHREALTIME
			echo "status $s after $(((${b/.} - ${a/.}) / 1000)) ms $(cat /tmp/said)" > /tmp/ending; mv /tmp/ending /tmp/ended) > /dev/null 2>&1 &
		end=$((SECONDS + '$(($1 * SLOW))')); while [ $SECONDS -lt $end ]; do [ ! -e /tmp/ended ] || { cat /tmp/ended; exit 0; }; nap 0.1; done
		exit 1'
}
# stacks: of all in the guest that wait and cannot be interrupted
stacks() {
	guest_exec g1 -t 60 'for p in /proc/[0-9]*; do
		read -r c < $p/comm && read -r s < $p/stat && s=${s##*) } && [ "${s%% *}" = D ] || continue
		echo "== ${p##*/} $c"; cat $p/stack; done 2>/dev/null'
}
# own_window STACKS: it is the bus that waits for the watch thread, in taking its own watch back,
# and nothing of a driver
own_window() {
	awk '/unregister_xenbus_watch/ {waits = 1; next}
		waits {if (/free_otherend_watch|xenbus_dev_remove/) own = 1; else driver = 1; waits = 0}
		/\[xen_netfront\]/ {driver = 1}
		END {exit !(own && !driver)}' <<< "$1" && grep -q '^== .* xenwatch' <<< "$1"
}

# Xen's own script for this takes 40 processes, which is half a minute of a busy machine for each
# interface
cat > "$STATE/vif-script" <<-'END'
	#!/bin/bash
	[ "$1" != online ] || { ip link set "$vif" master xenbr0 up && xenstore-write "$XENBUS_PATH/hotplug-status" connected; }
END
chmod +x "$STATE/vif-script"

fresh_guest() {
	[ ! -s "$STATE/g1.n" ] || guest_destroy g1
	fresh=yes
	out=$(guest_create g1 memory=192 vif="script=$STATE/vif-script") || fatal "guest up" "$out"
	id=$(guest_id g1)
}
folder() { xenstore-list "/local/domain/$id/device/vif" 2>/dev/null | tail -n 1; }
attach() {
	local out
	out=$(timeout 90 xl network-attach g1 "mac=$MAC,bridge=xenbr0,script=$STATE/vif-script" 2>&1) && return
	echo "xl network-attach: status $?: $out"; return 1
}
# gone_and COMMAND: nothing is left of the interface in the guest, within 5 s; then COMMAND
gone_and() {
	guest_exec g1 -t 60 "$words"'; for ((n = 0; n < '$((50 * SLOW))'; n++)); do vifs > /dev/null || break; nap 0.1; done
		! vifs || { echo "still in the guest though its folder is gone"; exit 1; }; '"$1"
}
# linked: the guest sees the interface and has carrier, within 15 s; its address is set
linked() {
	guest_exec g1 -t 60 "$words"'; for ((n = 0; n < '$((150 * SLOW))'; n++)); do
			[ ! -e /sys/class/net/eth0 ] || { [ -n "$up" ] || { netup eth0; up=1; }; read -r c < /sys/class/net/eth0/carrier && [ $c = 1 ] && exit 0; }
			nap 0.1; done 2>/dev/null
		echo "no carrier on a new interface: $(vifs) $(ls /sys/class/net)"; exit 1' || { states_of "$(folder)"; return 1; }
}
states_of() { echo "frontend $(xs "/local/domain/$id/device/vif/$1/state"), backend $(xs "/local/domain/0/backend/vif/$id/$1/state")"; }
# ready PART: an interface, connected to netback, or for a load waiting for the driver; in a new
# guest when the last one hangs
fresh=''
ready() {
	local before='modprobe xen_netfront'
	[ -n "$fresh" ] || fresh_guest
	[ "$1" != load ] || before='unbind; modprobe -r xen_netfront'
	if [ -z "$(folder)" ]; then gone_and "$before" && attach || return
	else guest_exec g1 -t 30 "$words; $before" || return
	fi
	[ "$1" = load ] || linked
}
# at_moment HOW WHEN MS LIMIT COMMAND: the toolstack is told, the guest begins. Prints what each
# did. Status 1: the guest's part does not end.
at_moment() {
	local line='' rc ts dev
	dev=$(folder)
	exec {ts}< <(exec /lab/toolstack "$id" "${VIF:-$dev}" "$1" "$2" "$3" 2>&1)
	read -r -t 10 -u "$ts" line
	[ "$line" = watching ] || { echo "toolstack: $line"; exec {ts}<&-; return 2; }
	guest_op "$4" "$5"; rc=$?
	line=''
	read -r -t 45 -u "$ts" line; exec {ts}<&-
	echo "toolstack: $line"
	return $rc
}

# ---- moments -------------------------------------------------------------------------------------

# Between "go" and the state that a moment is told from, and from there to the end, in ms; each
# round told by that state measures it again.
go_ms=0 span_ms=120
# measure SAID
measure() {
	local all=0
	[[ $1 =~ \;\ go\ -([0-9]+) ]] || return
	go_ms=${BASH_REMATCH[1]}
	[[ ! $1 =~ after\ ([0-9]+)\ ms ]] || all=${BASH_REMATCH[1]}
	span_ms=$((all - go_ms))
	[ $span_ms -gt 120 ] || span_ms=120
}
# went_within SAID: the folder went before the guest's part was over
went_within() { [[ $1 =~ after\ ([0-9]+)\ ms ]] && local all=${BASH_REMATCH[1]} && [[ $1 =~ gone\ (-?[0-9]+)\ ms\;\ go\ (-?[0-9]+) ]] && [ $((BASH_REMATCH[1] - BASH_REMATCH[2])) -lt "$all" ]; }
# sweep FROM TO J OF: the J-th of OF steps from FROM to TO
sweep() { if [ "$4" -gt 1 ]; then echo $(($1 + ($2 - $1) * $3 / ($4 - 1))); else echo "$1"; fi; }
# moment PART I: sets how, when, ms. What takes three kinds of moment has a third of the rounds
# each.
moment() {
	local third=$(((ROUNDS + 2) / 3)) j=$(($2 / 3))
	how=order
	case $1 in
	silent) how=rm when=5 ms=2000 ;;
	domain) how=rm when=5 ms=$(sweep 0 3000 "$2" "$ROUNDS") ;;
	load)	if [ $(($2 % 2)) = 0 ]; then when=4; else when=go; fi
		[ $(($2 / 2 % 2)) = 0 ] || how=force
		if [ $when = 4 ]; then ms=$(sweep 0 $span_ms $(($2 / 2)) $(((ROUNDS + 1) / 2))); else ms=$(sweep $((go_ms - 120)) $((go_ms + 5)) $(($2 / 2)) $((ROUNDS / 2))); fi ;;
	*)	case $(($2 % 3)) in
		0) when=5 ms=$(sweep 0 $span_ms $j $third) ;;
		1) when=6 ms=$(sweep 0 $span_ms $j $third) ;;
		2)	when=go
			# From what is over as the unload begins, on either side
			if [ "$1" = force ]; then ms=$(sweep $((go_ms - 15)) $((go_ms + 5)) $j $third); else ms=$(sweep $((go_ms - 120)) $((go_ms + 5)) $j $third); fi ;;
		esac
		[ "$1" != force ] || how=force ;;
	esac
	[ "$ms" -ge 0 ] || ms=0
}

# ---- parts ---------------------------------------------------------------------------------------

declare -A TEXT=([silent]="an unload with a silent backend ends although its folder is removed meanwhile"
	[unload]="an unload ends though libxl detaches meanwhile" [unbind]="an unbind ends though libxl detaches meanwhile"
	[force]="an unload ends though the folder goes at once" [load]="a load ends though the interface goes meanwhile"
	[domain]="an unload ends though the driver domain dies meanwhile")
unload='modprobe -r xen_netfront'
[ "$DRIVER" = ours ] || unload=unbind
declare -A COMMAND=([silent]=$unload [unload]=$unload [unbind]=unbind [force]=$unload [load]='modprobe xen_netfront' [domain]=$unload)
# The budget of a device is 10 s; a load does not wait, a slow machine does.
declare -A LIMIT=([silent]=30 [unload]=25 [unbind]=25 [force]=25 [load]=25 [domain]=30)

# silent_round: the interface of a backend that has stopped, beside netback's
silent_round() {
	daemon; traffic 20 || { echo "no traffic with the backend before it stops: $(states)"; return 2; }
	kill -STOP "$pid"
	VIF=1 at_moment "$how" "$when" "$ms" "${LIMIT[silent]}" "${COMMAND[silent]}"; local rc=$?
	kill -9 "$pid"; wait "$pid" 2>/dev/null
	xenstore-rm "/local/domain/0/backend/vifd/$id/1"
	return $rc
}
one_round() { # one_round PART I
	ready "$1" || return 2
	case $1 in
	silent) silent_round ;;
	domain) domain_round "$2" ;;
	*) at_moment "$how" "$when" "$ms" "${LIMIT[$1]}" "${COMMAND[$1]}" ;;
	esac
}
part() {
	local p=$1 i=0 hangs=0 voids=0 met=0 wrong='' said rc found t=$SECONDS
	while [ $i -lt "$ROUNDS" ] && [ $hangs -lt "$HANGS" ]; do
		moment "$p" $i
		one_round "$p" $i > "$STATE/round" 2>&1; rc=$?
		said=$(< "$STATE/round")
		note "$p $i, $how at $when and $ms ms: $(paste -s -d';' <<< "$said")"
		[ "$when" = go ] || measure "$said"
		[ $rc != 0 ] || { grep -q '^status 0 ' <<< "$said" && grep -q '^toolstack: .*folder gone' <<< "$said"; } || rc=3
		! went_within "$said" || met=$((met + 1))
		if [ $rc = 0 ]; then i=$((i + 1)); continue; fi
		found=$(stacks)
		if own_window "$found" && [ $voids -lt $VOIDS ]; then
			voids=$((voids + 1))
			note "void: the bus itself waits for its watch thread, before the driver's remove:" "$found"
		else
			hangs=$((hangs + 1)) i=$((i + 1))
			wrong="$wrong
round $i, $how at $when and $ms ms: $said
$([ $rc != 1 ] || echo "it has not ended; ")who waits in the guest:
$found
$(guest_exec g1 -t 20 'dmesg | tail -n 5')"
		fi
		fresh=''
	done
	note "$p took $((SECONDS - t)) s"
	if [ $hangs = 0 ]; then ok "${TEXT[$p]}: $i rounds, in $met of them the folder went before the end$([ $voids = 0 ] || echo ", $voids void")"
	else not_ok "${TEXT[$p]}: $hangs of $i rounds$([ $voids = 0 ] || echo ", $voids void")" "$wrong"; fi
}

# ---- a driver domain -----------------------------------------------------------------------------

# domain_round I: it is destroyed within the second after the unload begins, in every other round it
# is paused, and so silent, before; then the toolstack removes the folder
domain_round() {
	local rc killer
	[ ! -s "$STATE/dd.n" ] || guest_destroy dd
	driver_domain dd && dd_attach g1 dd && dd_reach g1 20 || return 2
	VIF=$(dd_handle)
	[ $(($1 % 2)) = 0 ] || xl pause dd
	(nap 0.$(($1 * 7 % 10)); timeout 60 xl destroy dd) & killer=$!
	at_moment "$how" "$when" "$ms" "${LIMIT[domain]}" "${COMMAND[domain]}"; rc=$?
	wait $killer; forget_guest dd; VIF=''
	return $rc
}

# ---- the bus lives -------------------------------------------------------------------------------

detached() { [ -z "$(folder)" ] && gone_and true; }
detach() {
	local out dev t=$SECONDS; dev=$(folder)
	out=$(timeout 60 xl network-detach g1 "$dev" 2>&1) && [ -z "$out" ] && detached && return
	echo "after $((SECONDS - t)) s: $out; $(states_of "$dev")"; return 1
}
move() { # what a PV guest and a PVH one can here
	if [ "$TYPE" = pv ]; then guest_save g1 /tmp/saved && guest_restore g1 /tmp/saved; else guest_migrate g1; fi
	local rc=$?
	rm -f /tmp/saved
	id=$(guest_id g1)
	return $rc
}
# What the kernel runs when the toolstack asks for it; busybox' own asks the first process, which is
# a test's script
off() {
	guest_exec g1 'printf "#!/bin/sh\nexec busybox poweroff -f\n" > /run/off && chmod 755 /run/off && echo /run/off > /proc/sys/kernel/poweroff_cmd'
	# xl's daemon may be as quick
	within 60 xl shutdown -w g1 > "$STATE/off" 2>&1 && { guest_destroy g1; return 0; }
	echo "control/shutdown is '$(xs "/local/domain/$id/control/shutdown")': $(< "$STATE/off")"; return 1
}
answers() { linked && wait_ping "$(guest_ip g1)" 15; }
# forget_detached: libxl's records of what the test's toolstack took away: at a save it would run a
# script for each, a second apiece
forget_detached() {
	local n
	for n in $(xenstore-list "/libxl/$id/device/vif" 2> /dev/null); do
		xs "/local/domain/$id/device/vif/$n/state" > /dev/null || xenstore-rm "/libxl/$id/device/vif/$n" "/local/domain/0/backend/vif/$id/$n" 2> /dev/null
	done
	return 0
}
bus_lives() {
	local out
	forget_detached
	out=$(ready unload) || { not_ok "afterwards xl attaches an interface that connects" "$out
$(stacks)"; return; }
	check "afterwards it answers" answers
	check "it is detached by xl" detach
	check "attached again" attach
	check "it answers" answers
	check "the guest is saved and restored, or migrated" move
	check "it answers" answers
	check "xl shutdown is obeyed" off
}

dom0_first			# or the toolstack is late for its moment
for p in ${PARTS//+/ }; do
	[ -n "${TEXT[$p]:-}" ] || fatal "parts are ${!TEXT[*]}, not '$p'"
	# the backend that has stopped still maps the rings when the budget is over
	[ "$p" != silent ] || allow_message 'still in use|deferring g'
	# Xen takes a dying domain's mappings away when it gets to them
	[ "$p" != domain ] || allow_message 'grants .*still in use by domain'
	if [ "$DRIVER:$p" = intree:unload ]; then skip "${TEXT[$p]}" "the in-tree driver's module is in use as long as it is bound"
	else part "$p"; fi
done
[ "$LIVES" = 0 ] || bus_lives
dom0_equal
