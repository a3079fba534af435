# shellcheck shell=bash
# The kernel's messages over the network (netconsole), as on guests whose console nobody reads: they
# arrive, out of an interrupt and beside a flood as well, after a save and a change of queues; an
# unload ends, and says so over the console.
# timeout: 900
# modules: more
. /lab/tests/lib/traffic.sh
. /lab/tests/lib/move.sh
out=$(guest_create g1 type=pv vcpus=2 queues=2 memory=256 modules=more) || fatal "guest up" "$out"
ip=$(guest_ip g1)
mac=$(cat /sys/class/net/xenbr0/address)
socat -u UDP-RECV:6666,rcvbuf=1000000 OPEN:/tmp/netconsole,creat,append & receiver=$!
# MESSAGE: arrives
arrives() { wait_for 10 grep -qa "$1" /tmp/netconsole || { tail -n 3 /tmp/netconsole; return 1; }; }
# says MESSAGE: by the kernel of the guest
says() { guest_exec g1 "echo '<1>$1' > /dev/kmsg"; }
start() {
	guest_exec g1 "modprobe -d /more netconsole netconsole=6665@$ip/eth0,6666@10.99.0.1/$mac && echo 8 > /proc/sys/kernel/printk"
}
out=$(start 2>&1) || { kill $receiver; skip_all "the guest has no netconsole: $out"; }
says "one $$"; check "a message arrives" arrives "one $$"
guest_exec g1 'echo h > /proc/sysrq-trigger'; check "what the kernel says by itself arrives" arrives 'sysrq: HELP'

load_start g1
nap 2
for ((n = 1; n <= 50; n++)); do says "flood $n $$"; done
nap 2
load_stop g1
got=$(grep -ca "flood [0-9]* $$" /tmp/netconsole)
# Nothing says that UDP is never lost; what the driver must not do is stand still
check "messages beside a flood: $got of 50" test "$got" -ge 25
says "after it $$"; check "a message after the flood" arrives "after it $$"

# A lock that the message's own sender holds, or an interrupt: the poll of netpoll runs where
# nothing may sleep
guest_exec g1 'for k in m q m q; do echo $k > /proc/sysrq-trigger; done; sleep 1'
says "much $$"; check "a message after hundreds of lines" arrives "much $$"
[ "$DRIVER" != ours ] || {
	guest_exec g1 'ethtool -L eth0 combined 1'
	says "queues $$"; check "a message with other queues" arrives "queues $$"
	guest_exec g1 'ethtool -L eth0 combined 2'
}
# What gnttab_resume() prints before it maps the grant table again is a packet, too: a page fault
# with every other save, without the mend
for round in 1 2 3 4; do
	check "save and restore, time $round" save_and_restore g1
	says "moved $round $$"; check "a message after it" arrives "moved $round $$"
done
check "the interface still works" wait_ping "$ip" 20
check "unload with it on" guest_exec g1 -t 60 'timeout 40 modprobe -r xen_netfront'
check "load" guest_exec g1 -t 60 'rmmod netconsole && modprobe xen_netfront && sleep 1 && netup eth0'
check "the interface works" wait_ping "$ip" 20
check "netconsole is set up anew" start
says "again $$"; check "netconsole again" arrives "again $$"
kill $receiver
rm -f /tmp/netconsole
