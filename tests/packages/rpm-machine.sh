# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A machine like Red Hat's for the rpm's tests. Sourced after lib.sh; red_hat makes it of one that
# boot made.
#
# Root, kernel, DKMS and dracut are Debian 12's; rpm's database holds empty packages named dkms,
# kmod, iproute, iputils and ethtool. Stand-ins, each doing what the scripts of these releases do:
#   kernel-core, kernel-devel   RHEL 9.4 (kernel 5.14.0-427): %posttrans core runs kernel-install
#                               add, %preun core remove; build is a link of kernel-core's into what
#                               kernel-devel brings
#   kernel, kernel-devel        RHEL 7.9 (kernel 3.10.0-1160): %post new-kernel-pkg --install,
#                               %posttrans new-kernel-pkg --mkinitrd --dracut --depmod --update and
#                               then --rpmposttrans, %preun --remove
#   kernel-install              systemd 252: plugins in the order of their names; 50-depmod and
#                               dracut's 50-dracut
#   new-kernel-pkg              grubby 8.28 of RHEL 7: --rpmposttrans runs /etc/kernel/postinst.d;
#                               never kernel-install
#   dracut, lsinitrd            dracut 059, lines 2666 to 2670: writes elsewhere, copies over the
#                               image, deletes it when that fails. The image is a list of the
#                               modules and settings that would be in it.
# shellcheck disable=SC2034 # read by those who source this
name=xen-netfront-dkms

dnf_does()
{
	inside dnf -y --setopt=reposdir=/etc/yum.repos.d --setopt=keepcache=0 --disablerepo='*' \
		--repofrompath=local,/repo --enablerepo=local --nogpgcheck "$@" > "$MACHINE/out" 2>&1 || { cat "$MACHINE/out"; return 1; }
}

# rpm_does ARGUMENT...: packages by their file's name in /repo
rpm_does()
{
	inside sh -c 'cd /repo && exec rpm "$@"' - "$@" > "$MACHINE/out" 2>&1 || { cat "$MACHINE/out"; return 1; }
}

line()
{
	says "$1" cat "$MACHINE/out"
}

# ours_is VERSION: modprobe would load our driver of that version.
ours_is()
{
	local file
	file=$(inside modinfo -k "$KERNEL" -n xen_netfront) || { echo "modprobe would load nothing"; return 1; }
	[ "$(inside modinfo -F version "$file")" = "$1" ] || { echo "modprobe would load $file"; return 1; }
}

intree_is_back()
{
	says "^/lib/modules/$KERNEL/kernel/drivers/net/xen-netfront.ko" inside modinfo -k "$KERNEL" -n xen_netfront
}

# standin_rpm VERSION [broken]
standin_rpm()
{
	local tree=$WORK/tree-${MACHINE##*/}
	standin_tree "$tree"
	sed -i "s/STANDIN_VERSION/\"$1\"/" "$tree/src/xen-netfront.c"
	[ -z "${2:-}" ] || echo '#error made to fail by the test' >> "$tree/src/xen-netfront.c"
	"$tree/packaging/rpm/build" --version "$1" > /dev/null && mv "$tree/build/rpm/$name-$1-1.noarch.rpm" "$tree/build/rpm/xen-netfront-tools-$1-1.noarch.rpm" "$ROOT/repo/"
	rm -rf "$tree"
}

# make_rpm NAME LINE...: a package of what is below $MACHINE/payload, with these lines of a spec
# file.
make_rpm()
{
	local spec=$MACHINE/$1.spec
	mkdir -p "$MACHINE/payload"
	printf '%s\n' "Name: $1" 'Version: 99' 'Release: 1' 'Summary: Stand-in' 'License: GPLv2' 'BuildArch: noarch' 'AutoReqProv: no' \
		'%global __os_install_post %{nil}' '%global debug_package %{nil}' "${@:2}" '%description' 'Stand-in.' '%install' \
		"mkdir -p %{buildroot} && cp -a '$MACHINE/payload/.' %{buildroot}/" '%files' > "$spec"
	(cd "$MACHINE/payload" && find . ! -type d | sed 's|^\.|"|; s|$|"|') >> "$spec"
	rpmbuild -bb --define "_topdir $MACHINE/top" --define "_rpmdir $MACHINE/top" "$spec" > "$MACHINE/rpmbuild.log" 2>&1 &&
		mv "$MACHINE/top/noarch/$1-99-1.noarch.rpm" "$ROOT/repo/"
	local status=$?
	rm -rf "$MACHINE/payload"
	return $status
}

# red_hat: nothing of Debian that our scripts look at, and what rpm itself would not find without a
# distribution.
red_hat()
{
	local each
	rm -f "$ROOT/etc/debian_version" "$ROOT/boot"/initrd.img-* "$ROOT"/usr/sbin/{update-,mk}initramfs "$ROOT/usr/bin/lsinitramfs"
	mkdir -p "$ROOT/repo" "$ROOT/usr/src/x"
	for each in dkms kmod iputils ethtool bash; do make_rpm $each || return 1; done
	# tc is in a package of its own since RHEL 8.
	make_rpm iproute 'Provides: /usr/sbin/tc' || return 1
	make_rpm root 'Provides: /bin/sh' 'Provides: /bin/bash'
}

# standin_tools: kernel-install, new-kernel-pkg, dracut, lsinitrd
standin_tools()
{
	rm -f "$ROOT"/usr/lib/kernel/install.d/[5-9]* "$ROOT"/etc/kernel/*/dkms "$ROOT"/etc/kernel/*/initramfs-tools "$ROOT"/etc/kernel/*/dracut
	mkdir -p "$ROOT/usr/lib/kernel/install.d" "$ROOT/etc/kernel/postinst.d"
	cat > "$ROOT/usr/bin/kernel-install" << 'END'
#!/bin/sh
for plugin in /usr/lib/kernel/install.d/*.install; do
	"$plugin" "$1" "$2" "/boot/$2" "$3" || exit 1
done
END
	cat > "$ROOT/usr/lib/kernel/install.d/50-depmod.install" << 'END'
#!/bin/sh
[ "$1" != add ] || exec depmod -a "$2"
END
	cat > "$ROOT/usr/lib/kernel/install.d/50-dracut.install" << 'END'
#!/bin/sh
[ "$1" != add ] || exec dracut -f "/boot/initramfs-$2.img" "$2"
rm -f "/boot/initramfs-$2.img"
END
	cat > "$ROOT/usr/sbin/new-kernel-pkg" << 'END'
#!/bin/sh
case " $* " in
*' --update '*) for kernel; do :; done; depmod -a "$kernel"; dracut -f "/boot/initramfs-$kernel.img" "$kernel" ;;
*' --rpmposttrans '*)
	for kernel; do :; done
	for hook in /etc/kernel/postinst.d/*; do
		[ ! -x "$hook" ] || "$hook" "$kernel" "/boot/vmlinuz-$kernel" || exit 1
	done
	;;
*' --remove '*) for kernel; do :; done; rm -f "/boot/initramfs-$kernel.img" "/lib/modules/$kernel"/modules.dep* ;;
esac
END
	cat > "$ROOT/usr/bin/dracut" << 'END'
#!/bin/bash
# In /etc: dracut-larger, in kB, is what an image has beside the list; with dracut-dies this is
# killed half way, and if that says "all" those that called it as well; with dracut-slow it takes a
# moment longer.
if [[ " $* " == *' --regenerate-all '* ]]; then
	for image in /boot/initramfs-*.img /boot/initrd.img-*; do
		[[ ! -e $image ]] || { kernel=${image#*initramfs-}; kernel=${kernel%.img}; "$0" --force "$image" "${kernel#*initrd.img-}"; }
	done
	exit
fi
while [[ $1 == -* ]]; do shift; done
echo "$1" >> /var/log/dracut.calls
[[ ! -e /etc/dracut-dies ]] || { head -c 600k /dev/zero > "$1"; [[ ! -s /etc/dracut-dies ]] || kill -KILL 0; kill -KILL $$; }
tmp=$(mktemp -p /var/tmp)
{
	find /lib/modules/"$2" -name 'xen?netfront.ko*'
	[ ! -e /usr/lib/xen-netfront/load ] || echo /usr/lib/xen-netfront/load
	sum=$(cat /lib/modules/"$2"/extra/xen_netfront.ko* /lib/modules/"$2"/updates/dkms/xen_netfront.ko* 2> /dev/null | cksum)
	echo "sum $sum"
	head -c "$(cat /etc/dracut-larger 2> /dev/null || echo 100)k" /dev/zero | tr '\0' '#'
} > "$tmp"
if cp --reflink=auto "$tmp" "$1"; then
	rm -f "$tmp"
	[ ! -e /etc/dracut-slow ] || sleep 3
else
	rm -f "$1" "$tmp"
	echo "dracut: Creation of $1 failed" >&2
	exit 1
fi
END
	# shellcheck disable=SC2016 # that script's own
	printf '#!/bin/sh\ntr -d "#" < "$1"\n' > "$ROOT/usr/bin/lsinitrd"
	chmod 755 "$ROOT"/usr/bin/{kernel-install,dracut,lsinitrd} "$ROOT/usr/sbin/new-kernel-pkg" "$ROOT"/usr/lib/kernel/install.d/*.install
	rm -f "$ROOT/usr/sbin/dracut" "$ROOT/sbin/kernel-install"
}

# standin_dkms: DKMS's bookkeeping without its compiler, for tests of who calls it when: what it
# "builds" is one module that was compiled before, and building it takes headers and make.
standin_dkms()
{
	inside dkms add -m xen-netfront -v 1.0.0 && inside dkms build -m xen-netfront -v 1.0.0 -k "$KERNEL" || return 1
	cp "$(find "$ROOT/var/lib/dkms/xen-netfront/1.0.0/$KERNEL" -name 'xen_netfront.ko*')" "$ROOT/srv/" || return 1
	inside dkms remove -m xen-netfront -v 1.0.0 --all
	cat > "$ROOT/usr/sbin/dkms" << 'END'
#!/bin/sh
verb=$1
shift
version=
kernel=
while [ $# -gt 0 ]; do
	case $1 in -m) shift ;; -v) shift && version=$1 ;; -k) shift && kernel=$1 ;; esac
	shift
done
tree=/var/lib/dkms/xen-netfront/$version
there=/lib/modules/$kernel/updates/dkms
case $verb in
add) mkdir -p "$tree" && ln -sfn "/usr/src/xen-netfront-$version" "$tree/source" ;;
build)
	[ -e "/lib/modules/$kernel/build/Makefile" ] && command -v make > /dev/null || exit 1
	mkdir -p "$tree/$kernel" && cp /srv/xen_netfront.ko* "$tree/$kernel/"
	;;
install) mkdir -p "$there" && cp "$tree/$kernel"/xen_netfront.ko* "$there/" && depmod "$kernel" ;;
uninstall | remove)
	for there in /lib/modules/${kernel:-*}/updates/dkms; do rm -rf "$there"; done
	[ -z "$kernel" ] && rm -rf "$tree" || rm -rf "$tree/$kernel"
	[ -z "$kernel" ] || depmod "$kernel"
	;;
status)
	[ ! -e "$tree/$kernel" ] || [ -z "$kernel" ] || echo "xen-netfront/$version, $kernel, x86_64: $(ls "$there" > /dev/null 2>&1 && echo installed || echo built)"
	;;
esac
status=$?
# DKMS 3.2.2, lines 3405 to 3447: whatever an admin or a distribution has it do at the end.
case $verb in
install | uninstall | remove)
	post_transaction=
	for conf in /etc/dkms/framework.conf.d/*.conf; do [ ! -e "$conf" ] || . "$conf"; done
	eval "$post_transaction"
	;;
esac
exit $status
END
}

# kernel_rpms 7|9: kernel-core or kernel, and kernel-devel, of what Debian's kernel brought, which
# goes.
kernel_rpms()
{
	local modules=lib/modules/$KERNEL payload=$MACHINE/payload kept=$MACHINE/kernel
	if [ ! -e "$kept" ]; then
		mkdir -p "$kept/core/usr/$modules/kernel/drivers/net" "$kept/core/boot" "$kept/devel/usr/src/kernels"
		# What our scripts look at; nothing is compiled with these, and thirteen thousand
		# files take minutes to pack.
		(cd "$ROOT/usr/src/linux-headers-$KERNEL" && find Makefile .config Module.symvers include/generated include/config/kernel.release | cpio -pdm --quiet \
			"$kept/devel/usr/src/kernels/$KERNEL")
		cp -a "$ROOT/$modules"/kernel/drivers/net/xen-netfront.ko* "$kept/core/usr/$modules/kernel/drivers/net/"
		cp -a "$ROOT/$modules"/modules.{builtin,order} "$kept/core/usr/$modules/"
		cp "$ROOT/boot/config-$KERNEL" "$kept/core/boot/"
		echo kernel > "$kept/core/boot/vmlinuz-$KERNEL"
		ln -s "/usr/src/kernels/$KERNEL" "$kept/core/usr/$modules/build"
		rm -rf "${ROOT:?}/$modules" "${ROOT:?}/usr/src/linux-headers-$KERNEL" "${ROOT:?}"/boot/*
	fi
	cp -a "$kept/core" "$payload"
	if [ "$1" = 9 ]; then
		make_rpm kernel-core '%posttrans' "/bin/kernel-install add $KERNEL /lib/modules/$KERNEL/vmlinuz || exit \$?" \
			'%preun' "/bin/kernel-install remove $KERNEL /lib/modules/$KERNEL/vmlinuz || exit \$?"
	else
		make_rpm kernel '%post' "/sbin/new-kernel-pkg --package kernel --install $KERNEL || exit \$?" \
			'%posttrans' "/sbin/new-kernel-pkg --package kernel --mkinitrd --dracut --depmod --update $KERNEL || exit \$?" \
			"/sbin/new-kernel-pkg --package kernel --rpmposttrans $KERNEL || exit \$?" \
			'%preun' "/sbin/new-kernel-pkg --rminitrd --rmmoddep --remove $KERNEL || exit \$?"
	fi || return 1
	cp -a "$kept/devel" "$payload"
	make_rpm "${2:-kernel-devel}" "Provides: kernel-devel-uname-r = ${KERNEL//-/_}"
}
