# shellcheck shell=bash
# Full Debian guests for tests that say "# full-guests: VARIANT..." in their head: one disk a word,
# made by tests/lab/full-guest.
#
# full_create NAME [MEMORY]   boots the next disk as a PV guest, with what its own grub.cfg says;
#                             returns when ssh answers
# full_ip NAME                its address on xenbr0
# full NAME COMMAND           runs it as root through one ssh connection that stays open from the
#                             first call on
# full_connected NAME         is that connection still the same one?
# full_reboot NAME            from within; returns when ssh answers in the next boot
# driver_of NAME              ours, intree, builtin or none, as xen-netfrontctl sees it; without it
#                             by the module's version
#
# FULL_ARGS is added to the kernel's command line of each boot, ON_CRASH is xl's on_crash
# (preserve). systemd's moving stars on the console take much of an emulated CPU.
#
# Guests are destroyed when the test's script ends. dom0's scan of their consoles for messages goes
# on as for others.

SSH=(ssh -i /lab/full-key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=10
	-o ServerAliveInterval=15 -o ServerAliveCountMax=8)
# $STATE/full.NAME holds its number, for full_create is called in subshells.

full_end() {
	local name
	for name in "$STATE"/full.*; do
		[ -e "$name" ] || continue
		name=${name##*/full.}
		"${SSH[@]}" -S "$STATE/$name.ssh" -O exit root@x 2> /dev/null
		timeout 60 xl destroy "$name" 2> /dev/null
	done
}
trap full_end EXIT

# full_disk SERIAL: the device that has it
full_disk() {
	local page
	modprobe -a ext4 ahci 2> /dev/null
	for _ in {1..50}; do
		for page in /sys/block/sd*/device/vpd_pg80; do
			[[ $(tr -d '\0 ' < "$page" 2> /dev/null) != *"$1" ]] || { page=${page#/sys/block/}; echo "/dev/${page%%/*}"; return; }
		done
		nap 0.2
	done
	echo "no disk with the serial number $1" >&2
	return 1
}

full_ip() { echo "10.99.0.$(< "$STATE/full.$1")"; }

full_create() {
	local name=$1 memory=${2:-400} serials disk before
	IFS=, read -r -a serials <<< "$DISKS"
	before=("$STATE"/full.*)
	[ -e "${before[0]}" ] || before=()
	disk=$(full_disk "${serials[${#before[@]}]:-none}") || return 1
	echo $((${#before[@]} + 2)) > "$STATE/full.$name"
	chmod 600 /lab/full-key
	mkdir -p /run/xen/pygrub
	cat > "$STATE/$name.cfg" <<-END
		name = "$name"
		type = "pv"
		bootloader = "pygrub"
		bootloader_args = [ "-q", "--args=systemd.show_status=no ${FULL_ARGS:-}" ]
		memory = $memory
		vcpus = 1
		vif = [ "mac=00:16:3e:00:00:0$(< "$STATE/full.$name"),bridge=xenbr0" ]
		disk = [ "phy:$disk,xvda,w" ]
		on_crash = "${ON_CRASH:-preserve}"
		on_reboot = "restart"
	END
	timeout 120 xl create -q "$STATE/$name.cfg" 2> "$TEST_DIR/$name.xl" || { echo "xl create $name failed:"; cat "$TEST_DIR/$name.xl"; return 1; }
	full_up "$name" 400
}

# full_there NAME: libxl gives dom0's own scripts 40 s at a restart, too; on a starved machine they
# take longer, and no guest is left.
full_there() {
	grep -qs 'killing execution of /etc/xen/scripts/.* because of timeout' "/var/log/xen/xl-$1.log" || return 0
	mv "/var/log/xen/xl-$1.log" "/var/log/xen/xl-$1.timeout.$SECONDS"
	say "T # EMULATOR: dom0's scripts took more than 40 s when $1 restarted; it is created once more"
	xl_again "$TEST_DIR/$1.xl" timeout 120 xl create -q "$STATE/$1.cfg"
}

# full_up NAME SECONDS: waits for sshd and opens the connection
full_up() {
	local end=$((SECONDS + $2)) error
	until error=$("${SSH[@]}" -S "$STATE/$1.ssh" -M -f -N "root@$(full_ip "$1")" 2>&1 < /dev/null > /dev/null); do
		[ $SECONDS -lt $end ] || { echo "$1 has no ssh after $2 s: $error"; tail -n 15 "/var/log/xen/guest-$1.log"; return 1; }
		full_there "$1"
		nap 2
	done
}

full() {
	local name=$1
	shift
	timeout "${FULL_LIMIT:-120}" "${SSH[@]}" -S "$STATE/$name.ssh" -o ControlMaster=no "root@$(full_ip "$name")" "$@" < /dev/null
}

# A command through it; ssh must not open another one.
full_connected() { timeout 60 "${SSH[@]}" -S "$STATE/$1.ssh" -o ControlMaster=no -o ProxyCommand=false root@x true < /dev/null; }

full_reboot() {
	local before after end=$((SECONDS + 700))
	before=$(full "$1" 'cat /proc/sys/kernel/random/boot_id') || return 1
	# it misses a bus that it does not need
	full "$1" 'systemctl --no-block reboot 2> /dev/null'
	nap 5
	"${SSH[@]}" -S "$STATE/$1.ssh" -O exit root@x 2> /dev/null
	while [ $SECONDS -lt $end ]; do
		full_up "$1" 500 || return 1
		after=$(full "$1" 'cat /proc/sys/kernel/random/boot_id')
		[ "$after" = "$before" ] || [ -z "$after" ] || return 0
		"${SSH[@]}" -S "$STATE/$1.ssh" -O exit root@x 2> /dev/null
		nap 2
	done
	echo "$1 did not reboot"
	return 1
}

driver_of() {
	full "$1" 'if [ -s /sys/module/xen_netfront/version ]; then echo ours
		elif [ -e /sys/module/xen_netfront/initstate ]; then echo intree
		elif [ -d /sys/bus/xen/drivers/vif ]; then echo builtin; else echo none; fi'
}
# runs NAME DRIVER: it does
runs() {
	local driver
	driver=$(driver_of "$1")
	[ "$driver" = "$2" ] || { echo "the driver of $1 is: $driver"; return 1; }
}
