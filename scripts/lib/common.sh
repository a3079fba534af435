# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Facts about this machine that several of our scripts need: which kernels there are, whether one
# can take our driver, which file each driver would load from, what runs, and the record of what
# happened to each kernel. Boot images are in images.sh, signatures of modules in signatures.sh.
#
# Sourced, never run. Nothing here changes anything except record(). Functions print their answer;
# "no answer" is an empty line and a non-zero status. POSIX sh; must also work with RHEL 7's and
# busybox's shell.

MODULE=xen-netfront          # name in DKMS and of the source folder
STATE=/var/lib/xen-netfront  # one file a kernel in kernels/, logs of the last build in log/
# shellcheck disable=SC2034  # read by the scripts that source this file
HOLD=$STATE/hold             # kernels that the admin took back to the in-tree driver, one a line;
                             # or "all"
# shellcheck disable=SC2034
TAKEOVER=$STATE/takeover     # there: the admin wants our driver beside a built-in one
# shellcheck disable=SC2034
AT_BOOT=/etc/xen-netfront/takeover-at-boot   # there: and at each boot; lib/atboot.sh says what may
                                             # be in it
# shellcheck disable=SC2034
RUN=/run/xen-netfront        # until the next boot
# In /etc: systemd's generators look when nothing but the root file system is there.
# shellcheck disable=SC2034
BUILD_AT_BOOT=/etc/xen-netfront/build-at-boot   # there: made where nothing could be built

# The version of the package, whose sources DKMS should build. Asked of our own copy of dkms.conf:
# while rpm upgrades or downgrades, the sources of both versions are there.
source_version()
{
	sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$XEN_NETFRONT_LIB/dkms.conf" 2>/dev/null | grep .
}

# source_folder: where its sources are.
source_folder()
{
	folder=/usr/src/$MODULE-$(source_version)
	[ -r "$folder/dkms.conf" ] && echo "$folder"
}

# Every kernel with a folder of modules or headers, oldest first.
all_kernels()
{
	for dir in /lib/modules/*/; do
		dir=${dir%/}
		[ -e "$dir/build" ] || [ -d "$dir/kernel" ] || continue
		echo "${dir##*/}"
	done | sort -V
}

# has_headers KERNEL: can a module be built for it?
has_headers()
{
	[ -e "/lib/modules/$1/build/Makefile" ] && [ -e "/lib/modules/$1/build/include" ]
}

# header_package KERNEL: what to install to get the headers, in the words of this distribution.
header_package()
{
	if [ -e /etc/debian_version ]; then
		echo "linux-headers-$1"
	else
		# Each flavour's own header package says so of itself: debug, rt, 64k, UEK.
		echo "'kernel-devel-uname-r = $1'"
	fi
}

# image_meta: the installed packages that bring new kernels, such as linux-image-cloud-amd64. Debian
# and its like only.
image_meta()
{
	# shellcheck disable=SC2016  # dpkg's own variables
	dpkg-query -W -f='${db:Status-Status} ${Package} ${Depends}\n' 'linux-image-*' 2>/dev/null |
		awk '$1 == "installed" && $2 !~ /^linux-image-(unsigned-)?[0-9]/ && $2 !~ /-dbg$/ {
			name = $2
			$2 = ""
			if (/[ ,]linux-image-[^ ,]*[0-9]/) print name
		}'
}

# kernel_config KERNEL: the file that says how it was configured.
kernel_config()
{
	for config in "/boot/config-$1" "/lib/modules/$1/config" "/lib/modules/$1/build/.config"; do
		if [ -r "$config" ]; then
			echo "$config"
			return 0
		fi
	done
	return 1
}

# intree_kind KERNEL: what the kernel itself brings. module, builtin, none, or unknown (no file
# tells).
intree_kind()
{
	if grep -qs '/xen-netfront\.ko' "/lib/modules/$1/modules.builtin"; then
		echo builtin
	elif config=$(kernel_config "$1"); then
		case $(grep '^CONFIG_XEN_NETDEV_FRONTEND=' "$config") in
		*=y) echo builtin ;;
		*=m) echo module ;;
		*) echo none ;;
		esac
	elif intree_file "$1" > /dev/null; then
		echo module
	else
		echo unknown
	fi
}

# unfit KERNEL: why it cannot be a Xen guest that our driver works in; status 1 when it can, or no
# file tells.
unfit()
{
	config=$(kernel_config "$1") || return 1
	if ! grep -q '^CONFIG_XEN=y' "$config"; then
		echo "this kernel is configured without Xen"
	elif grep -qE '^CONFIG_(ARM64_(16|64)K_PAGES|PAGE_SIZE_(16|64)KB)=y' "$config"; then
		echo "this kernel has larger pages than Xen's 4 KiB, which the driver is not made for"
	else
		return 1
	fi
}

# module_file PATH...: the first of these that is there, packed or not.
module_file()
{
	for path; do
		for file in "$path.ko" "$path.ko.xz" "$path.ko.zst" "$path.ko.gz"; do
			if [ -f "$file" ]; then
				echo "$file"
				return 0
			fi
		done
	done
	return 1
}

# intree_file KERNEL: the distribution's own driver.
intree_file()
{
	module_file "/lib/modules/$1/kernel/drivers/net/xen-netfront"
}

# chosen_file KERNEL: what modprobe would load, by depmod's order.
chosen_file()
{
	modinfo -k "$1" -n xen_netfront 2>/dev/null | grep '^/'
}

# driver_version FILE: ours carries a version, the in-tree driver none.
driver_version()
{
	driver_says=$(modinfo -F version "$1" 2>/dev/null)
	[ -n "$driver_says" ] && echo "$driver_says"
}

# Modules that were built elsewhere. Where that file is missing, as in a boot image, nobody asks.
prebuilt_file() { return 1; }
is_prebuilt() { return 1; }
# shellcheck source=scripts/lib/prebuilt.sh
[ ! -r "${XEN_NETFRONT_LIB:-}/prebuilt.sh" ] || . "$XEN_NETFRONT_LIB/prebuilt.sh"

# our_file KERNEL: our installed module, whatever modprobe prefers.
our_file()
{
	prebuilt_file "$1" || dkms_file "$1"
}

# dkms_file KERNEL: the one that was built here.
dkms_file()
{
	module_file "/lib/modules/$1/updates/dkms/xen_netfront" "/lib/modules/$1/extra/xen_netfront" \
		"/lib/modules/$1/updates/xen_netfront"
}

# beside_file KERNEL: our module for a kernel with the driver built in, made by takeover.
beside_file()
{
	module_file "/lib/modules/$1/updates/dkms/xen_netfront_dkms" "/lib/modules/$1/extra/xen_netfront_dkms"
}

# takeover_wanted: should our driver be made for kernels with the driver built in?
takeover_wanted()
{
	[ -e "$TAKEOVER" ] || [ -e "$AT_BOOT" ]
}

# kept KERNEL: the driver of an earlier version that stays in use, since none of the present one
# could be built yet. DKMS knows it no more.
kept()
{
	{ read -r kept_file < "$STATE/kept/$1"; } 2>/dev/null && [ -f "$kept_file" ] && echo "$kept_file"
}

# drop_kept KERNEL: takes it away
drop_kept()
{
	[ -e "$STATE/kept/$1" ] || return 0
	if file=$(kept "$1"); then
		rm -f "$file"
		rmdir "${file%/*}" "/lib/modules/$1/updates" 2>/dev/null
		[ ! -d "/lib/modules/$1/kernel" ] || depmod "$1" > /dev/null 2>&1
	fi
	rm -f "$STATE/kept/$1"
}

# dkms_state VERSION KERNEL: added, built, installed, or nothing.
dkms_state()
{
	case $(LC_ALL=C dkms status -m "$MODULE" -v "$1" -k "$2" 2>/dev/null) in
	*': installed'*) echo installed ;;
	*': built'*) echo built ;;
	*added*) echo added ;;
	*) return 1 ;;
	esac
}

# with_dkms ARGUMENT...: DKMS, but without what it was told to do at its end: Fedora's writes every
# kernel's boot image over the old one (post_transaction="dracut --regenerate-all --force"), and
# loses those that a full /boot has no room for. We write those that need it.
with_dkms()
{
	env "PATH=$XEN_NETFRONT_LIB/without:$PATH" dkms "$@"
}

# one_at_a_time NAME: wait for another one that does this; for half an hour, then it hangs and is no
# reason to wait for.
one_at_a_time()
{
	command -v flock > /dev/null && mkdir -p "$STATE" || return 0
	# Asked in a shell of its own: where it cannot be written, exec would end this one.
	(: > "$STATE/.lock-$1") 2>/dev/null || return 0
	exec 9> "$STATE/.lock-$1" && flock -w 1800 9
}

# in_chroot: is this the system of another machine, which is only being made here? Then Secure Boot,
# keys and the command line that can be seen are this machine's and not its own. Also a container of
# podman's or systemd's, in which such systems are made; what docker leaves in / stays when a
# machine is made of its image, and says nothing. As systemd, so we can be told to take no notice:
# the tests' machines are chroots. Where nobody can look at process 1, as who is not root, it is the
# machine itself.
in_chroot()
{
	[ -z "${SYSTEMD_IGNORE_CHROOT:-}" ] || return 1
	[ -e /proc/self ] || return 0
	[ ! -e /run/.containerenv ] && [ ! -e /run/systemd/container ] || return 0
	first=$(stat -Lc %d:%i /proc/1/root/. 2>/dev/null) || return 1
	[ "$first" != "$(stat -Lc %d:%i /)" ]
}

# can_build: DKMS reads what its own children say by way of /dev/fd, which is a part of /proc.
can_build()
{
	[ -e /proc/self/fd ] && [ -c /dev/null ]
}

# override_advice KERNEL FILE: what has depmod prefer our module to another file, whatever order
# somebody chose.
override_advice()
{
	folder=${2#/lib/modules/"$1"/}
	echo "echo override xen_netfront '*' ${folder%/*} > /etc/depmod.d/zz-xen-netfront.conf && depmod $1"
}

# held KERNEL: did the admin go back to the in-tree driver for it?
held()
{
	[ -s "$HOLD" ] && grep -qxs -e all -e "$1" "$HOLD"
}

# running_version: of ours, under either of its names.
running_version()
{
	cat /sys/module/xen_netfront/version 2>/dev/null || cat /sys/module/xen_netfront_dkms/version 2>/dev/null
}

# running_driver: ours, intree, builtin, beside (ours took the devices over from a built-in one) or
# none. Only ours carries a version.
running_driver()
{
	if ls -d /sys/bus/xen/drivers/vif-dkms/vif-* > /dev/null 2>&1; then
		echo beside
	elif [ -s /sys/module/xen_netfront/version ]; then
		echo ours
	elif [ -e /sys/module/xen_netfront/initstate ]; then
		echo intree
	elif [ -d /sys/bus/xen/drivers/vif ]; then
		echo builtin
	else
		echo none
	fi
}

# vif_devices: this guest's network devices on the Xen bus.
vif_devices()
{
	for device in /sys/bus/xen/devices/vif-*; do
		[ ! -e "$device" ] || echo "${device##*/}"
	done
}

# interface_of DEVICE: the network interface of a Xen device.
interface_of()
{
	for interface in "/sys/bus/xen/devices/$1/net/"*; do
		[ ! -e "$interface" ] || echo "${interface##*/}"
	done | head -n 1 | grep .
}

# record KERNEL RESULT DETAIL NEXT: remember what became of a kernel, for the doctor.
# RESULT is one of installed, beside, no-module, headers-missing, build-failed, shadowed,
# not-trusted, builtin, no-xen, held, put-off.
record()
{
	mkdir -p "$STATE/kernels"
	case $2 in
	installed | beside) stamp=$(headers_stamp "$1") ;;
	*) kept "$1" > /dev/null && stamp=$(recorded "$1" headers) || stamp= ;;
	esac
	{
		echo "kernel=$1"
		echo "result=$2"
		echo "version=$(source_version)"
		echo "when=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
		echo "detail=$3"
		echo "next=$4"
		[ -z "$stamp" ] || echo "headers=$stamp"
	} > "$STATE/kernels/$1.new"
	mv "$STATE/kernels/$1.new" "$STATE/kernels/$1"
}

# recorded KERNEL FIELD
recorded()
{
	sed -n "s/^$2=//p" "$STATE/kernels/$1" 2>/dev/null | grep .
}

# headers_stamp KERNEL: tells headers from others of the same kernel version, as an update in place
# brings them.
headers_stamp()
{
	(cd "/lib/modules/$1/build" 2>/dev/null &&
		cat Module.symvers .config include/generated/utsrelease.h include/generated/compile.h 2>/dev/null) | cksum | tr ' ' -
}
