# shellcheck shell=bash
# Takeover at boot in the full guest f1, for the tests full-atboot*.sh. Sourced after full.sh.
#
# The guest is prepared so that each boot tells by itself what it did: /run/at-network-pre has each
# device with its driver and state at the moment when network-pre.target is reached, and
# systemd-networkd-wait-online when the interface was configured and had its carrier.

at_boot_guest() {
	full f1 'set -e
		cat > /etc/systemd/system/lab-at-network-pre.service <<-END
			[Unit]
			DefaultDependencies=no
			After=network-pre.target
			Before=systemd-networkd.service
			[Service]
			Type=oneshot
			ExecStart=/bin/sh -c "cd /sys/bus/xen/devices; for d in vif-*; do l=\$\$(readlink \$\$d/driver); read -r s < \$\$d/state; echo \$\$d \$\${l##*/} \$\$s; done > /run/at-network-pre"
			[Install]
			WantedBy=multi-user.target
		END
		# What has no part in it, and takes the one CPU.
		systemctl -q mask getty-static getty.target systemd-update-utmp systemd-update-utmp-runlevel systemd-logind systemd-tmpfiles-clean.timer \
			modprobe@configfs modprobe@drm modprobe@efi_pstore modprobe@fuse systemd-binfmt systemd-pstore
		systemctl -q unmask systemd-networkd-wait-online
		systemctl -q enable lab-at-network-pre systemd-networkd-wait-online
		mkdir -p /etc/systemd/system/multi-user.target.wants
		ln -sf /lib/systemd/system/network-online.target /etc/systemd/system/multi-user.target.wants/'
}

# device_of DRIVER [DEVICE]
device_of() {
	local d
	d=$(full f1 "basename \$(readlink /sys/bus/xen/devices/${2:-vif-0}/driver)")
	[ "$d" = "$1" ] || { echo "${2:-vif-0} has the driver '$d'"; full f1 'cat /run/xen-netfront/at-boot; dmesg | grep -i netfront | tail'; return 1; }
}

# at_network_pre DRIVER DEVICE...: who had them when network-pre.target was reached
at_network_pre() {
	local driver=$1 device out
	shift
	out=$(full f1 'cat /run/at-network-pre')
	for device; do
		grep -q "^$device $driver Connected$" <<< "$out" || { echo "$out"; full f1 'cat /run/xen-netfront/at-boot'; return 1; }
	done
}

# online_ms: when the network was there, in ms since the kernel began
online_ms() {
	full f1 'for i in 1 2 3 4 5 6 7 8 9 10; do
			t=$(systemctl show -P ActiveEnterTimestampMonotonic systemd-networkd-wait-online)
			[ "${t:-0}" = 0 ] || break
			sleep 1
		done
		echo $((t / 1000))'
}

# median NUMBER...
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

not_tried() { full f1 '[ ! -d /sys/module/xen_netfront_dkms ]'; }

# traffic ADDRESS: bytes both ways, by their sums
traffic() {
	local there here
	head -c 2000000 /dev/urandom > "$STATE/bytes"
	here=$(sha256sum < "$STATE/bytes")
	there=$("${SSH[@]}" "root@$1" 'tee /run/bytes | sha256sum' < "$STATE/bytes")
	[ "$here" = "$there" ] || { echo "to $1: $here here, $there there"; return 1; }
	here=$("${SSH[@]}" "root@$1" 'cat /run/bytes' < /dev/null | sha256sum)
	[ "$here" = "$there" ] || { echo "from $1: $here here, $there there"; return 1; }
}

# as_it_was: name and addresses of vif-0, and routes, as keep_as_it_was saw them
net_state() { full f1 'ip -br addr show dev "$(ls /sys/bus/xen/devices/vif-0/net)"; ip route'; }
keep_as_it_was() { net_state > "$TEST_DIR/net.before"; }
as_it_was() { net_state > "$TEST_DIR/net.now"; diff "$TEST_DIR/net.before" "$TEST_DIR/net.now"; }
