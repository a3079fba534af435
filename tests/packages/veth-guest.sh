# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A guest without Xen for tests of apply, rollback and takeover: the real scripts, over a veth that
# stands in for the Xen interface. A host in another network namespace answers pings and keeps a TCP
# connection open over a change of driver.
#
# Sourced after lib.sh, in mount, network and process namespaces of one's own. Sets place (a folder;
# bin/ is first in PATH), host (a process in the other namespace), kernel. /sys/bus and /sys/module
# are plain folders, for the test to play the kernel.

for tool in ip ping nsenter python3; do
	command -v $tool > /dev/null || { skip "apply" "$tool is not installed"; exit 0; }
done

place=$(mktemp -d)
mount -t tmpfs tmpfs "$place"
trap 'cd /; umount --lazy "$place"; rmdir "$place"' EXIT
kernel=$(uname -r)
mkdir -p "$place"/{bin,lib,sysfs,sys/bus/xen/devices/vif-0,sys/bus/xen/drivers/vif,sys/module,modules/"$kernel"/{kernel/drivers/net,updates/dkms}}
touch "$place/modules/$kernel/kernel/drivers/net/xen-netfront.ko" "$place/modules/$kernel/updates/dkms/xen_netfront.ko"
cp -r "$REPO"/scripts/lib/* "$REPO/scripts/ctl" "$REPO/scripts/swap" "$REPO/dkms.conf" "$place/lib/"
# The network's part of /sys is this namespace's own, the Xen bus and the modules are ours to play
# with.
mount -t sysfs sysfs "$place/sysfs"
ln -s "$place/sysfs/class" "$place/sys/class"
mkdir -p /lib/modules
mount --bind "$place/modules" /lib/modules
mount -t tmpfs tmpfs /run
mount --bind "$place/sys" /sys
touch "$place/sys/bus/xen/drivers/vif/unbind" "$place/sys/bus/xen/drivers/vif/bind"

# The other host: a namespace held open by a sleeping process, with an echo server.
unshare --net sleep 10000 &
host=$!
sleep 0.3
nsenter -t $host -n ip link set lo up
nsenter -t $host -n python3 -u - "$place/listens" << 'END' &
import socket
import sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('0.0.0.0', 7))
server.listen()
open(sys.argv[1], 'w').close()
while True:
    client, _ = server.accept()
    while True:
        data = client.recv(4096)
        if not data:
            break
        client.sendall(data)
END
ip link set lo up
# A busy machine takes seconds to start Python.
for _ in $(seq 200); do [ ! -e "$place/listens" ] || break; sleep 0.1; done

cat > "$place/bin/plug" << END
#!/bin/sh
# plug NORMAL|nolink|deaf: the new driver's interface, and the cable to the other host.
ip link add eth0 address 00:16:3e:00:00:01 type veth peer name wire address fe:ff:ff:ff:ff:ff
ip link set wire netns $host
nsenter -t $host -n ip link set wire up
case \$1 in
nolink) nsenter -t $host -n ip link set wire down ;;
deaf) ;;
*) nsenter -t $host -n ip addr add 192.0.2.1/24 dev wire ;;
esac
mkdir -p /sys/bus/xen/devices/vif-0/net/eth0 /sys/module/xen_netfront
END
chmod +x "$place/bin/plug"
export PATH=$place/bin:$PATH XEN_NETFRONT_LIB=$place/lib

# configure: what an admin set, and what must be there after
configure()
{
	ip link set eth0 up mtu 1400
	ip addr add 192.0.2.10/24 brd + dev eth0
	ip route add default via 192.0.2.1 dev eth0
	for _ in $(seq 30); do
		ping -c 1 -W 1 192.0.2.1 > /dev/null && return
	done
}

ctl()
{
	"$REPO/scripts/xen-netfrontctl" "$@"
}

# takes_at_most SECONDS COMMAND...: keeps status and output.
takes_at_most()
{
	local limit=$1 begun=$SECONDS status
	shift
	"$@"
	status=$?
	[ $((SECONDS - begun)) -le "$limit" ] || { echo "took $((SECONDS - begun)) s, not $limit"; return 1; }
	return $status
}

configured()
{
	says '192.0.2.10/24' ip addr show dev eth0 && says 'mtu 1400' ip link show dev eth0 &&
		says '^default via 192.0.2.1' ip route && says . ping -c 1 -W 2 192.0.2.1
}

# over_tcp STATUS COMMAND...: the command ends with STATUS, and a connection made before still
# carries data after it.
over_tcp()
{
	python3 - "$@" << 'END'
import socket
import subprocess
import sys
link = socket.create_connection(('192.0.2.1', 7), timeout=20)
link.sendall(b'before')
assert link.recv(100) == b'before'
result = subprocess.run(sys.argv[2:], check=False)
link.sendall(b'after')
assert link.recv(100) == b'after'
sys.exit(result.returncode != int(sys.argv[1]))
END
}
