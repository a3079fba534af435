# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Drivers that are modules, for the guest of veth-guest.sh: stand-ins for rmmod, insmod, modprobe
# and modinfo take the veth away and bring it back, and fail in the ways drivers fail.
#
# Sourced after veth-guest.sh. The files rmmod and ours in place say what happens next: works,
# hangs, refused, slow, nointerface, nolink, deaf, newmac (the gateway has another MAC from then
# on).
# shellcheck disable=SC2154  # place, kernel: of veth-guest.sh

cat > "$place/bin/rmmod" << END
#!/bin/sh
[ "\$(cat $place/rmmod)" != hangs ] || exec /bin/sleep 1000
rm -rf /sys/bus/xen/devices/vif-0/net /sys/module/xen_netfront
ip link del eth0 2> /dev/null || :
END
cat > "$place/bin/modprobe" << END
#!/bin/sh
# The doctor asks for its configuration.
[ "\$1" != -c ] || exit 0
case \$(cat $place/ours) in
refused) echo "modprobe: ERROR: could not insert 'xen_netfront': Exec format error" >&2; exit 1 ;;
hangs) exec /bin/sleep 1000 ;;
slow) /bin/sleep 5; plug normal ;;
newmac) plug normal; nsenter -t $host -n ip link set wire address 02:00:00:00:00:99 ;;
nointerface) mkdir -p /sys/module/xen_netfront ;;
*) plug "\$(cat $place/ours)" ;;
esac
echo 0.1.0 > /sys/module/xen_netfront/version
END
cat > "$place/bin/insmod" << END
#!/bin/sh
plug normal
touch /sys/module/xen_netfront/initstate
END
cat > "$place/bin/modinfo" << END
#!/bin/sh
case \$* in
*'-n xen_netfront') echo /lib/modules/$kernel/updates/dkms/xen_netfront.ko ;;
*'-F version'*) echo 0.1.0 ;;
esac
END
chmod +x "$place"/bin/*

# begin RUNNING OURS: the distribution's driver or ours runs, configured; ours will behave like
# that.
begin()
{
	ip link del eth0 2> /dev/null
	rm -rf /sys/module/xen_netfront /sys/bus/xen/devices/vif-0/net /run/xen-netfront
	echo works > "$place/rmmod"
	echo works > "$place/ours"
	if [ "$1" = ours ]; then modprobe xen_netfront; else insmod x; fi
	echo "$2" > "$place/ours"
	configure
}

running()
{
	local now=intree
	[ ! -s /sys/module/xen_netfront/version ] || now=ours
	[ $now = "$1" ] || { echo "$now runs"; return 1; }
}
