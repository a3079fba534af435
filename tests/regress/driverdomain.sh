# shellcheck shell=bash
# A backend in another guest (a driver domain, as in Qubes) that dies under traffic: the other
# interface goes on, unload and load meanwhile end in time, the toolstack takes the dead interface
# away, another driver domain comes and the interface with it. The guest's kernel says nothing that
# an admin would have to explain: each line of warning is one that names the domain and what is lost
# with it, once.
# timeout: 900
. /lab/tests/lib/uses.sh
. /lab/tests/lib/driverdomain.sh
check "a driver domain" driver_domain dd1 || exit 0
out=$(guest_create g1 type=pv memory=192) || fatal "guest up" "$out"
ip=$(guest_ip g1) id=$(guest_id g1)
check "an interface with its backend in it" dd_attach g1 dd1 || exit 0
check "traffic with it" dd_reach g1 20
note "$(guest_exec g1 'dmesg | grep "connected to domain" | tail -n 1')"
# Packets on its rings when it dies: datagrams without an end, there and back
guest_exec g1 "traffic blast $DD_NET.1 7001 1000 > /dev/null 2>&1 & true"
guest_exec dd1 "traffic blast $DD_NET.2 7001 1000 > /dev/null 2>&1 & true"
nap 2
guest_exec g1 'dmesg -C'
xl destroy dd1; forget_guest dd1
lost() { guest_exec g1 '[ "$(cat /sys/class/net/$(cat /run/second)/carrier 2>&1)" != 1 ]'; }
check "its domain is gone: the interface has lost its carrier" wait_for 15 lost
check "the other interface goes on" wait_ping "$ip" 10
if [ "$DRIVER" = ours ]; then
	begin=$SECONDS
	check "unload and load with a dead driver domain" guest_exec g1 -t 60 'timeout 40 modprobe -r xen_netfront && modprobe xen_netfront && netup eth0'
	note "took $((SECONDS - begin)) s"
	check "the other interface answers" wait_ping "$ip" 20
fi
begin=$SECONDS
out=$(timeout 60 xl network-detach g1 "$(dd_handle)" 2>&1); rc=$?
note "xl network-detach of it: status $rc in $((SECONDS - begin)) s: $(paste -s -d'|' <<< "$out")"
# What toolstacks do when xl cannot: the frontend's folder goes
xenstore-rm "/local/domain/$id/device/vif/$(dd_handle)" 2>/dev/null
gone() { guest_exec g1 "! grep -q $DD_MAC /sys/class/net/*/address"; }
check "the interface is gone from the guest" wait_for 15 gone
check "another driver domain" driver_domain dd2 || exit 0
check "the interface comes again, with its backend there" dd_attach g1 dd2
check "traffic with it" dd_reach g1 20
check "the other interface answers" wait_ping "$ip" 10

# What was said. Pages that a dead domain still maps are lost while it is a ghost: that may be said,
# in one line for each domain. A load while the dead domain's folder is there: xenstored has taken
# away what that domain owned, the backend's name among it, and the bus says so.
grants='grants .*still in use by domain [0-9]+'
allow_message "$grants"
bus='unable to read other end|talk_to_otherend|probe of vif-1 failed'
said=$(guest_exec g1 "dmesg --level=emerg,alert,crit,err,warn | grep -v 'hrtimer: interrupt took'; true")
note "said by g1 at warning and above, from the death on:" "${said:-(nothing)}"
explain=$(grep -vE "$grants|$bus" <<< "$said" | grep .)
if [ -z "$explain" ]; then ok "no line that an admin must explain"; else not_ok "no line that an admin must explain" "$explain"; fi
check "at most one line about grants of the dead domain" test "$(grep -cE "$grants" <<< "$said")" -le 1
