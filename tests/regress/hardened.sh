# shellcheck shell=bash
# A guest in which a single warning is a panic, as Whonix and Qubes set it, whose driver domain
# stands still with packets of every size on the ring, and then dies; the frontend's folder goes, as
# toolstacks do then. The guest lives, says nothing, and goes on with its other interface. The
# in-tree driver of 7.3 does not live through it (DRIVER=intree).
# timeout: 900
. /lab/tests/lib/uses.sh
. /lab/tests/lib/driverdomain.sh
check "a driver domain" driver_domain dd1 || exit 0
out=$(guest_create g1 type=pv memory=256 hardened=1) || fatal "a hardened guest" "$out"
ok "a hardened guest"
ip=$(guest_ip g1) id=$(guest_id g1)
check "an interface with its backend in it" dd_attach g1 dd1 || exit 0
check "traffic with it" dd_reach g1 20
xl pause dd1
# Heads on slab memory and on pages, fragments; connections that nobody answers
guest_exec g1 -t 60 "d=\$(cat /run/second); for s in 10 200 1000 1400 4000 9000 20000; do ping -c 20 -i 0.01 -W 1 -s \$s $DD_NET.1 > /dev/null 2>&1 & done
	traffic blast $DD_NET.1 7001 1000 > /dev/null 2>&1 & (head -c 300k /dev/zero | timeout 5 nc -N $DD_NET.1 9) > /dev/null 2>&1; sleep 2"
allow_message 'grants .*still in use by domain [0-9]+'
xl destroy dd1; forget_guest dd1
nap 3
xenstore-rm "/local/domain/$id/device/vif/$(dd_handle)"
gone() { guest_exec g1 "! grep -q $DD_MAC /sys/class/net/*/address"; }
check "its domain is dead: the interface is gone within 15 s" wait_for 15 gone
check "the guest lives" guest_exec g1 -t 20 true
check "its kernel gave no warning" quiet g1 'WARNING|BUG|blocked for more'
check "the other interface goes on" wait_ping "$ip" 10
if [ "$DRIVER" = ours ]; then
	check "unload and load afterwards" guest_reload g1
	check "it answers" wait_ping "$ip" 20
fi
