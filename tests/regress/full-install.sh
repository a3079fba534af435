# shellcheck shell=bash
# A full Debian guest and apt: install our package, reboot, ours is bound from the initramfs on; a
# kernel update rebuilds it and the next boot uses it; removed, the distribution's driver is back.
# DKMS compiles in the emulated machine, which takes minutes.
# full-guests: bare
# timeout: 7200
. /lab/tests/lib/full.sh
# Memory for all of the disk's pages: ext4 of Debian's 6.1.0-55 falls over a NULL pointer
# (ext4_mb_load_buddy_gfp) when a page of its block bitmaps was reclaimed; it takes no folio for an
# error pointer, which it is from 6.4 on only.
out=$(full_create f1 1800) || fatal "the guest boots to an ssh login" "$out"
ok "the guest boots to an ssh login"
check "it runs the distribution's driver" runs f1 intree
export FULL_LIMIT=2400

apt() { # apt TEXT COMMAND: as an admin would type it, timed
	local begun=$SECONDS
	check "$1" full f1 "export DEBIAN_FRONTEND=noninteractive; $2 > /run/apt.log 2>&1; s=\$?; [ \$s = 0 ] || cat /run/apt.log; exit \$s"
	note "$1: $((SECONDS - begun)) s; $(full f1 'grep "^xen-netfront:" /run/apt.log')"
}
silent() { local out; out=$(full f1 'xen-netfrontctl doctor --all') && [ -z "$out" ] || { echo "$out"; return 1; }; }
from_image() {
	full f1 'dmesg' > "$TEST_DIR/dmesg.$1"
	awk '/xen_netfront: loading out-of-tree module/ && !ours { ours = NR } /xvda\): mounted/ && !root { root = NR }
		END { print "ours in line " ours ", root file system in line " root; exit !(ours && root && ours < root) }' "$TEST_DIR/dmesg.$1"
}
kernel_is() { local k; k=$(full f1 'uname -r'); [ "$k" = "$1" ] || { echo "it runs $k"; return 1; }; }

apt "apt-get install" 'apt-get update && apt-get install -y xen-netfront-dkms'
check "nothing that runs was touched" runs f1 intree
check "the doctor is silent" silent
old=$(full f1 'uname -r')
check "reboot" full_reboot f1
check "our driver has the device" runs f1 ours
check "and was loaded before the root file system was mounted" from_image first

apt "kernel update" 'apt-get install -y linux-image-cloud-amd64 linux-headers-cloud-amd64'
new=$(full f1 'ls /lib/modules | sort -V | tail -n 1')
check "a newer kernel came" [ "$new" != "$old" ]
check "our driver is there for it" full f1 "modinfo -k $new -F version xen_netfront"
check "the doctor is silent" silent
check "reboot" full_reboot f1
check "the new kernel runs" kernel_is "$new"
check "our driver has the device" runs f1 ours
check "and was loaded before the root file system was mounted" from_image second

apt "apt-get purge" 'apt-get purge -y xen-netfront-dkms'
check "nothing that runs was touched" runs f1 ours
check "reboot" full_reboot f1
check "the distribution's driver has the device" runs f1 intree
left() { ! full f1 'find / -xdev \( -path /srv -o -path /proc \) -prune -o -name "*xen[-_]netfront*" ! -path "*/kernel/drivers/net/*" -print | grep .'; }
check "nothing of ours is left" left
