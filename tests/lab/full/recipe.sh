# shellcheck shell=bash
# The recipes of full-guest: the system as a folder, and disks made from it. Expects common.sh.

# clear_tmp PATH: what an earlier try left, with its mounts.
clear_tmp() {
	awk -v d="$1" 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount --lazy
	rm -rf --one-file-system "$1" "$1.work"
}

# make_system DIR: a Debian without our package.
make_system() {
	local root=$1 old n
	mmdebstrap --quiet --variant=minbase --skip=cleanup/apt/lists \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
		--include=systemd-sysv,udev,kmod,initramfs-tools,openssh-server,iproute2,iputils-ping,ethtool,dkms,libc6-dev,python3-apt,ansible-core \
		bookworm "$root" || return 1
	mount -t proc proc "$root/proc" || return 1
	inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" < /dev/null; }

	# The initramfs takes what finds the disk; everything else would cost minutes to pack in an
	# emulated machine.
	printf 'MODULES=list\nCOMPRESS=gzip\n' > "$root/etc/initramfs-tools/conf.d/small"
	echo xen-blkfront >> "$root/etc/initramfs-tools/modules"
	printf 'do_symlinks = yes\n' > "$root/etc/kernel-img.conf"
	# The last but one of the release's kernels is installed, the newest is kept as the update.
	old=$(inside apt-cache search --names-only '^linux-image-6\.1\.0-[0-9]+-cloud-amd64$' | cut -d' ' -f1 | sort -V |
		grep -vxF "$(inside apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p' | head -n 1)" | tail -n 1)
	inside apt-get install -y -qq --no-install-recommends "$old" "linux-headers-${old#linux-image-}" || return 1
	mkdir -p "$root/srv/kernel-update/partial"
	inside apt-get install -y -qq --no-install-recommends --download-only -o Dir::Cache::archives=/srv/kernel-update \
		linux-image-cloud-amd64 linux-headers-cloud-amd64 || return 1
	rm -rf "$root/srv/kernel-update/partial" "$root/srv/kernel-update/lock"
	(cd "$root/srv/kernel-update" && dpkg-scanpackages --multiversion . > Packages) || return 1
	# Of which make_disk installs what a variant wants; disks do not keep it.
	mkdir -p "$root/srv/more/partial"
	inside apt-get install -y -qq --no-install-recommends --download-only -o Dir::Cache::archives=/srv/more \
		ifupdown isc-dhcp-client network-manager netplan.io nftables || return 1
	rm -rf "$root/srv/more/partial" "$root/srv/more/lock"
	(cd "$root/srv/more" && dpkg-scanpackages --multiversion . > Packages) || return 1
	rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*_*
	echo 'deb [trusted=yes] file:/srv/kernel-update ./' > "$root/etc/apt/sources.list.d/kernel-update.list"
	inside apt-get clean

	mkdir -p "$root/root/.ssh"
	echo '/dev/xvda / ext4 noatime 0 0' > "$root/etc/fstab"
	echo full > "$root/etc/hostname"
	for n in 2 3 4 5; do
		printf '%s\n' '[Match]' "MACAddress=00:16:3e:00:00:0$n" '[Network]' "Address=10.99.0.$n/24" 'Gateway=10.99.0.1' \
			'LinkLocalAddressing=no' > "$root/etc/systemd/network/10-lab-$n.network"
	done
	ssh-keygen -q -t ed25519 -N '' -C test -f "$root/root/.ssh/test-key" || return 1
	cp "$root/root/.ssh/test-key.pub" "$root/root/.ssh/authorized_keys"
	# What would run at its own time and take the one CPU.
	inside systemctl -q enable systemd-networkd ssh
	inside systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer \
		systemd-timesyncd serial-getty@hvc0 getty@tty1 e2scrub_reap systemd-networkd-wait-online
	inside python3 -m compileall -q /usr/lib/python3/dist-packages/ansible > /dev/null || :
	umount "$root/proc"
	: > "$root/etc/machine-id"
}

# install_ours ROOT: from the repository in ROOT, as an admin would; and a deaf driver of the same
# version, for the tests of apply.
install_ours() {
	local root=$1 kernel
	inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" < /dev/null; }
	kernel=$(cd "$root/lib/modules" && echo *)
	mount -t proc proc "$root/proc" || return 1
	cp -r "$LAB/full/deaf" "$root/srv/deaf" &&
		sed -i "s/DEAF_VERSION/\"$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$REPO/dkms.conf")\"/" "$root/srv/deaf/xen-netfront.c" &&
		inside apt-get update -qq &&
		inside apt-get install -y -qq xen-netfront-dkms &&
		inside make -s -C "/lib/modules/$kernel/build" M=/srv/deaf modules
	local status=$?
	umount "$root/proc"
	return $status
}

# install_more ROOT PACKAGE...: of those that make_system fetched
install_more() {
	local root=$1 list=$1/etc/apt/sources.list.d/more.list status
	shift
	inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" < /dev/null; }
	echo 'deb [trusted=yes] file:/srv/more ./' > "$list"
	mount -t proc proc "$root/proc" || return 1
	inside apt-get update -qq && inside apt-get install -y -qq --no-install-recommends "$@"
	status=$?
	umount "$root/proc"
	rm -f "$list" "$root"/var/lib/apt/lists/*_more_*
	return $status
}

# managed ROOT MANAGER: addresses by DHCP, and by router advertisements, from whoever looks after
# the interface: auto and hotplug (ifupdown, its two ways), nm (NetworkManager), networkd. A
# firewall that lets nobody in but by the interface's index.
managed() {
	local root=$1
	install_more "$root" nftables || return 1
	rm -f "$root"/etc/systemd/network/10-lab-*
	printf '%s\n' '#!/usr/sbin/nft -f' 'flush ruleset' 'table inet f {' '	chain i {' '		type filter hook input priority 0; policy drop;' \
		'		ct state established,related accept' '		iif "lo" accept' '		meta l4proto { icmp, ipv6-icmp } accept' '		udp dport { 68, 546 } accept' \
		'		iif "eth0" tcp dport 22 accept' '	}' '}' > "$root/etc/nftables.conf"
	# It names the interface, which is there from the boot image on.
	chroot "$root" systemctl -q enable nftables
	case $2 in
	auto | hotplug)
		install_more "$root" ifupdown isc-dhcp-client || return 1
		printf '%s\n' 'auto lo' 'iface lo inet loopback' "$([ "$2" = auto ] && echo auto || echo allow-hotplug) eth0" 'iface eth0 inet dhcp' \
			> "$root/etc/network/interfaces"
		chroot "$root" systemctl -q disable systemd-networkd ;;
	nm)
		install_more "$root" network-manager || return 1
		printf '%s\n' '[connection]' 'id=lab' 'type=ethernet' 'interface-name=eth0' '[ipv4]' 'method=auto' '[ipv6]' 'method=auto' 'addr-gen-mode=eui64' \
			> "$root/etc/NetworkManager/system-connections/lab.nmconnection"
		chmod 600 "$root/etc/NetworkManager/system-connections/lab.nmconnection"
		chroot "$root" systemctl -q disable systemd-networkd ;;
	networkd)
		printf '%s\n' '[Match]' 'Name=eth0' '[Network]' 'DHCP=yes' 'IPv6AcceptRA=yes' > "$root/etc/systemd/network/10-lab.network" ;;
	esac
}

# like_ubuntu ROOT: netplan describes the network, and gives the interface a name of its own
like_ubuntu() {
	local root=$1 n
	install_more "$root" netplan.io || return 1
	rm -f "$root"/etc/systemd/network/10-lab-*
	{
		printf '%s\n' 'network:' '  version: 2' '  renderer: networkd' '  ethernets:'
		for n in 2 3 4 5; do
			printf '    %s\n' "lab$n:" "  match: {macaddress: '00:16:3e:00:00:0$n'}" '  set-name: lan0' "  addresses: [10.99.0.$n/24]" \
				'  routes: [{to: default, via: 10.99.0.1}]' '  link-local: []'
		done
	} > "$root/etc/netplan/10-lab.yaml"
	chmod 600 "$root/etc/netplan/10-lab.yaml"
}

# builtin_kernel ROOT KERNEL-DIR: the kernel with the driver built in takes the place of Debian's,
# with what a module's build needs.
builtin_kernel() {
	local root=$1 from=$2 kver
	kver=$(cat "$from/kver")
	inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" < /dev/null; }
	mount -t proc proc "$root/proc" || return 1
	rm -rf "$root"/lib/modules/* "$root"/boot/*-cloud-amd64
	cp -r "$from/modules/lib/modules/$kver" "$root/lib/modules/"
	cp -r "$from/build" "$root/usr/src/linux-$kver"
	ln -s "/usr/src/linux-$kver" "$root/lib/modules/$kver/build"
	cp "$from/build/.config" "$root/boot/config-$kver"
	cp "$from/vmlinux" "$root/boot/vmlinuz-$kver"
	inside depmod "$kver" && inside update-initramfs -c -k "$kver"
	local status=$?
	ln -sfn "boot/vmlinuz-$kver" "$root/vmlinuz"
	ln -sfn "boot/initrd.img-$kver" "$root/initrd.img"
	umount "$root/proc"
	return $status
}

# shown_as_builtin ROOT: Debian's own kernel, which has the driver as a module, made to look as if
# it were built in, for who cannot wait for a kernel to be compiled: the boot image loads it, first
# of all, and hides what tells it from a built-in one; nothing else has the file, and what describes
# the kernel says so.
shown_as_builtin() {
	local root=$1 kernel headers module etc=$1/etc/initramfs-tools
	inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" < /dev/null; }
	kernel=$(cd "$root/lib/modules" && echo *)
	headers=$root/usr/src/linux-headers-$kernel
	module=$root/lib/modules/$kernel/kernel/drivers/net/xen-netfront.ko
	mv "$module" "$root/srv/builtin.ko" && echo kernel/drivers/net/xen-netfront.ko >> "$root/lib/modules/$kernel/modules.builtin" || return 1
	sed -i 's/^CONFIG_XEN_NETDEV_FRONTEND=m/CONFIG_XEN_NETDEV_FRONTEND=y/' "$root/boot/config-$kernel" "$headers/.config" "$headers/include/config/auto.conf" &&
		sed -i 's/\(CONFIG_XEN_NETDEV_FRONTEND\)_MODULE/\1/' "$headers/include/generated/autoconf.h" || return 1
	printf '%s\n' '#!/bin/sh' '[ "$1" != prereqs ] || exit 0' '. /usr/share/initramfs-tools/hook-functions' 'copy_exec /sbin/insmod' \
		'cp /srv/builtin.ko "$DESTDIR/builtin.ko"' > "$etc/hooks/builtin"
	printf '%s\n' '#!/bin/sh' '[ "$1" != prereqs ] || exit 0' 'insmod /builtin.ko' 'mount -t tmpfs -o size=4k tmpfs /sys/module/xen_netfront' \
		> "$etc/scripts/init-top/builtin"
	chmod +x "$etc/hooks/builtin" "$etc/scripts/init-top/builtin"
	mount -t proc proc "$root/proc" || return 1
	inside depmod "$kernel" && inside update-initramfs -u -k "$kernel"
	local status=$?
	umount "$root/proc"
	return $status
}

# install_beside ROOT: on the kernel with the driver built in, our package with our driver made for
# it, as "takeover --yes" leaves it, but nothing asked for at boot; and broken ones of the same
# version, from the sources that the package brings.
install_beside() {
	local root=$1 kernel sed status=0
	inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" < /dev/null; }
	kernel=$(cd "$root/lib/modules" && echo *)
	mount -t proc proc "$root/proc" || return 1
	mkdir -p "$root/var/lib/xen-netfront" "$root/srv/broken"
	: > "$root/var/lib/xen-netfront/takeover"
	inside apt-get update -qq && inside apt-get install -y -qq --no-install-recommends xen-netfront-dkms &&
		[ -e "$root/lib/modules/$kernel/updates/dkms/xen_netfront_dkms.ko" ] || status=1
	for sed in "$LAB"/full/broken/*.sed; do
		[ $status = 0 ] || break
		broken_beside "$root" "$kernel" "$sed" || status=1
	done
	rm -rf "$root/srv/broken/src"
	umount "$root/proc"
	return $status
}

# broken_beside ROOT KERNEL SED: /srv/broken/NAME.ko, of the sources in ROOT, changed by it. Calls
# inside of install_beside. What was compiled for the one before is used again.
broken_beside() {
	local work=$1/srv/broken/src file
	[ -e "$work" ] || cp -r "$1"/usr/src/xen-netfront-* "$work" || return 1
	file=$work/src/$(sed -n '1s/^# //p' "$3")
	cp "$file" "$file.sound" && sed -i -f "$3" "$file" &&
		inside make -s -C /srv/broken/src module KDIR="/lib/modules/$2/build" &&
		strip -g -o "$1/srv/broken/$(basename "$3" .sed).ko" "$work/src/xen-netfront-dkms.ko" &&
		cp "$file.sound" "$file" && rm "$file.sound"
}

# kernel_with_driver ROOT KERNEL-DIR
kernel_with_driver() {
	if [ -n "$2" ]; then builtin_kernel "$@"; else shown_as_builtin "$1"; fi
}

# make_disk VARIANT SYSTEM DEB KERNEL-DIR FILE
make_disk() {
	local variant=$1 system=$2 deb=$3 kernel=$4 file=$5 work=$5.work status
	mkdir -p "$work"/{upper,work,root}
	mount -t overlay overlay -o "lowerdir=$system,upperdir=$work/upper,workdir=$work/work" "$work/root" || return 1
	# Debian keeps these two links on its newest kernel; pygrub reads this in dom0.
	# xen_msr_safe: QEMU's AMD has not all of AMD's registers, and the small kernel with the
	# driver built in would complain.
	mkdir -p "$work/root/boot/grub"
	cat > "$work/root/boot/grub/grub.cfg" <<-'END'
		menuentry "Debian" {
		linux /vmlinuz root=/dev/xvda ro console=hvc0 loglevel=6 xen_msr_safe=1 mitigations=off audit=0 apparmor=0
		initrd /initrd.img
		}
	END
	mkdir -p "$work/root/srv/ours" "$work"/root/srv/ansible/{packaging,docs}
	# For a guest that is the admin's machine.
	cp -r "$REPO/packaging/ansible" "$work/root/srv/ansible/packaging/"
	cp -r "$REPO/docs/ansible" "$work/root/srv/ansible/docs/"
	cp "$deb" "$work/root/srv/ours/"
	(cd "$work/root/srv/ours" && dpkg-scanpackages . > Packages)
	echo 'deb [trusted=yes] file:/srv/ours ./' > "$work/root/etc/apt/sources.list.d/ours.list"
	status=0
	case $variant in
	installed) install_ours "$work/root" || status=1 ;;
	auto | hotplug | nm | networkd) { managed "$work/root" "$variant" && install_ours "$work/root"; } || status=1 ;;
	builtin) kernel_with_driver "$work/root" "$kernel" || status=1 ;;
	beside) { kernel_with_driver "$work/root" "$kernel" && like_ubuntu "$work/root" && install_beside "$work/root"; } || status=1 ;;
	esac
	rm -rf "$work/root/srv/more"
	# mke2fs does not follow mounts of the folder; nothing of this machine is mounted in it any
	# more.
	[ $status != 0 ] || mke2fs -q -t ext4 -L full -O ^has_journal -E lazy_itable_init=1 -d "$work/root" "$file" 3G || status=1
	umount "$work/root"
	rm -rf --one-file-system "$work"
	return $status
}
