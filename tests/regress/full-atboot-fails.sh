# shellcheck shell=bash
# Takeover at boot with a driver that fails, in a full guest whose kernel has the driver built in:
# its probe hangs; its probe crashes; the same where a crash takes the kernel along; it connects and
# passes no packets, with a peer to ask. Each time the network is there with the built-in driver
# within 60 s of when the failing driver was loaded, and the next boot does not try again.
# full-guests: beside
# timeout: 5400
. /lab/tests/lib/full.sh
. /lab/tests/lib/boots.sh
export FULL_LIMIT=900
: "${FAILS:=hangs+crashes+panics+deaf+works}"
LOG=/var/log/xen/guest-f1.log
# What the failing drivers are for.
allow_message 'guest-f1.log'
export ON_CRASH=restart
out=$(full_create f1 512) || fatal "the guest boots to an ssh login" "$out"
ok "the guest boots to an ssh login"
check "the guest is prepared" at_boot_guest
keep_as_it_was
full f1 'cp -p /lib/modules/$(uname -r)/updates/dkms/xen_netfront_dkms.ko /srv/good.ko; mkdir -p /etc/xen-netfront'

# put MODULE [SETTING]...: the driver at the next boot, as a new version would come: nothing is
# known of it
put() {
	local module=$1
	shift
	full f1 "cp /srv/$module.ko /lib/modules/\$(uname -r)/updates/dkms/xen_netfront_dkms.ko; rm -rf /var/lib/xen-netfront/refused
		printf '%s\n' $* > /etc/xen-netfront/takeover-at-boot; sync"
}

loaded() { grep -c 'xen_netfront_dkms: loading out-of-tree module' "$LOG"; }
# fails: a reboot, in which the failing driver is loaded; how many seconds after that the network is
# there with the built-in driver goes to $STATE/after. An answer while the failing driver has the
# device is not it.
fails() {
	local before end=$((SECONDS + 700)) begun='' after
	rm -f "$STATE/after"
	before=$(loaded)
	full f1 'systemctl --no-block reboot 2> /dev/null'
	nap 3
	"${SSH[@]}" -S "$STATE/f1.ssh" -O exit root@x 2> /dev/null
	while [ $SECONDS -lt $end ]; do
		full_there f1
		if [ -z "$begun" ]; then
			[ "$(loaded)" = "$before" ] || begun=$SECONDS
		elif ping -c 1 -W 1 "$(full_ip f1)" > /dev/null; then
			after=$((SECONDS - begun))
			full_up f1 300 || return 1
			! device_of vif > /dev/null || { echo $after > "$STATE/after"; return 0; }
			"${SSH[@]}" -S "$STATE/f1.ssh" -O exit root@x 2> /dev/null
		fi
		nap 0.5
	done
	echo "the driver was loaded: ${begun:+yes}; no network with the built-in driver for 700 s"
	full_up f1 10 && full f1 'cat /run/xen-netfront/at-boot; xen-netfrontctl status; dmesg | tail -n 20'
	return 1
}
in_time() { [ "$after" -le 60 ]; }
recorded() { full f1 'cat /var/lib/xen-netfront/refused/*' | grep -E "$1"; }

# survives WHAT RECORD: what is the same for all that fail
survives() {
	local after begun
	check "$1: the guest is reached with the built-in driver" fails || return
	after=$(< "$STATE/after")
	check "$1: within 60 s of when the driver was loaded ($after s)" in_time
	note "$(grep -a 'xen-netfront: ' "$LOG" | tail -n 8)"
	check "$1: the reason is on record" recorded "$2"
	check "$1: name, addresses and routes are as they were" as_it_was
	check "$1: traffic" traffic "$(full_ip f1)"
	check "$1: the doctor tells it" eval "full f1 'xen-netfrontctl doctor' | grep at-boot-refused"
	begun=$SECONDS
	check "$1: another reboot" full_reboot f1
	note "that reboot took $((SECONDS - begun)) s, from the request to the login"
	check "$1: ours is not tried again" not_tried
	check "$1: the built-in driver has the device" at_network_pre vif vif-0
}

for fault in ${FAILS//+/ }; do
	case $fault in
	hangs)
		put broken/hangs
		survives "a probe that hangs" '^all=vif-0: no end of its probe' ;;
	crashes)
		put broken/crashes
		survives "a probe that crashes" '^all=vif-0: its probe crashed' ;;
	panics)
		full f1 "sed -i 's/ audit=0/ oops=panic panic=1&/' /boot/grub/grub.cfg"
		put broken/crashes
		survives "a probe that takes the kernel along" '^all=the boot that tried it crashed'
		full f1 "sed -i 's/ oops=panic panic=1//' /boot/grub/grub.cfg" ;;
	deaf)
		put broken/deaf peer=10.99.0.1 seconds=10
		survives "a driver that passes no packets" '^all=no answer from 10.99.0.1 within 10 s' ;;
	works)
		put good
		check "a driver that works, and of which nothing is known: reboot" full_reboot f1
		check "it has the device before network-pre.target" at_network_pre vif-dkms vif-0 ;;
	esac
done
