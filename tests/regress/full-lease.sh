# shellcheck shell=bash
# The driver is changed there and back in full guests that have their addresses by DHCP, with leases
# of a minute, and by router advertisements: ifupdown (auto, allow-hotplug), NetworkManager,
# networkd. New ssh connections get in after each change, through a firewall that knows the
# interface by its index; a lease later all is as it was.
# full-guests: auto hotplug nm networkd
# timeout: 5400
. /lab/tests/lib/full.sh
. /lab/tests/lib/leases.sh
LEASE=60
leases_start $LEASE
# Guests take the disks in order; ONLY picks some of them.
: "${ONLY:=auto+hotplug+nm+networkd}"

# dump GUEST: all of ip, nft and ss, without what changes by itself (indices, lifetimes, timers,
# counters) or is another process's now
dump() {
	full "$1" 'ip -d addr; echo "--- routes"; ip route show table all; ip -6 route show table all; echo "--- rules"; ip rule; ip -6 rule
		echo "--- nft"; nft -s list ruleset; echo "--- sockets"; ss -Hlnptu; echo "--- names"; cat /etc/resolv.conf' |
		sed -E 's/^[0-9]+: //; s/(valid_lft|preferred_lft) [0-9]+sec/\1 SOME/g; s/ expires [0-9]+sec/ expires SOME/; s/pid=[0-9]+/pid=N/g; s/,fd=[0-9]+/,fd=N/g' |
		awk '/^---/ { part = $0 } part ~ /routes|sockets/ && !/^---/ { print part, $0 | "sort"; next } { close("sort"); print }'
}
as_before() { dump "$1" > "$TEST_DIR/$1.now"; diff "$TEST_DIR/$1.before" "$TEST_DIR/$1.now"; }
lease_left() { full "$1" "ip -4 -o addr show dev eth0 | sed -n 's/.* valid_lft \([0-9]*\)sec.*/\1/p'"; }
lease_runs() { local left; left=$(lease_left "$1"); [ "${left:-0}" -gt 0 ] || { echo "lease: '$left'"; full "$1" 'ip addr show dev eth0'; return 1; }; }
# a connection of its own, not the one that stays
new_ssh() { "${SSH[@]}" -o ControlPath=none "root@$(full_ip "$1")" true < /dev/null; }
changes() {
	FULL_LIMIT=200 full "$1" "$2" > "$TEST_DIR/change" 2>&1 || { cat "$TEST_DIR/change"; full "$1" 'tail -n 40 /run/xen-netfront/swap/log'; return 1; }
	full_connected "$1"
}
# answers_for GUEST SECONDS: each second, but two at a time may be lost
answers_for() {
	local end=$((SECONDS + $2)) lost=0 worst=0
	while [ $SECONDS -lt $end ]; do
		if ping -c 1 -W 1 "$(full_ip "$1")" > /dev/null; then lost=0; else lost=$((lost + 1)); fi
		[ $lost -le $worst ] || worst=$lost
		nap 1
	done
	[ $worst -le 2 ] || { echo "$worst pings in a row lost"; full "$1" 'ip addr; ip route'; return 1; }
}

there_and_back() {
	local g=$1 change begun
	check "$g: it has a lease" lease_runs "$g" || return
	nap 5
	dump "$g" > "$TEST_DIR/$g.before"
	for change in rollback apply; do
		begun=$SECONDS
		check "$g: $change keeps the connection" changes "$g" "xen-netfrontctl $change"
		note "$g: $change: $((SECONDS - begun)) s: $(tail -n 1 "$TEST_DIR/change"); $(full "$g" 'sed -n "s/^\([0-9.]*\) \(swapping\|old driver\|.* driver has\|addresses\|ok\|incomplete\).*/\1 \2/p" /run/xen-netfront/swap/log' | tr '\n' ',')"
		check "$g: $change: a new connection gets in" new_ssh "$g"
		check "$g: $change: all is as it was" as_before "$g"
	done
	check "$g: it answers until the lease of the change has ended" answers_for "$g" $((LEASE + 30))
	check "$g: the lease runs" lease_runs "$g"
	check "$g: a new connection gets in" new_ssh "$g"
	check "$g: all is as it was, a lease later" as_before "$g"
}

for guest in auto hotplug nm networkd; do
	case +$ONLY+ in
	*+$guest+*) ;;
	*) echo $(($(find "$STATE" -name 'full.*' | wc -l) + 2)) > "$STATE/full.$guest"; continue ;;
	esac
	if out=$(full_create $guest 400); then
		ok "$guest: the guest boots to an ssh login"
		there_and_back $guest
	else
		not_ok "$guest: the guest boots to an ssh login" "$out"
	fi
	"${SSH[@]}" -S "$STATE/$guest.ssh" -O exit root@x 2> /dev/null
	timeout 60 xl destroy $guest
done
