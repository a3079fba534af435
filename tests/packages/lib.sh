# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the package tests share: TAP, throw-away copies of a distribution's chroot, packages with a
# stand-in driver.
#
# Sourced by run and by each file in cases/, with HERE set to this folder. A case prints TAP without
# a plan; run numbers the lines and adds it.

REPO=$(cd "$HERE/../.." && pwd)
# shellcheck source=tests/lab/lib/common.sh
. "$REPO/tests/lab/lib/common.sh"
WORK=$REPO/build/packages
mkdir -p "$WORK"
# The machines of these tests are chroots that stand for machines that run. Tests of chroots that
# are just that unset it.
export SYSTEMD_IGNORE_CHROOT=1
# Not by process number: cases in namespaces of their own have the same ones.
LOG=$(mktemp "$WORK/last.XXXXXX")

# check DESCRIPTION COMMAND...: ok when the command succeeds; else its output follows as a comment.
check()
{
	local description=$1
	shift
	if "$@" > "$LOG" 2>&1; then
		echo "ok - $description"
	else
		echo "not ok - $description # exit=$?"
		echo "# failed command: $*"
		tail -n 25 "$LOG" | sed 's/^/# /'
	fi
}

skip()
{
	echo "ok - $1 # SKIP $2"
}

# says PATTERN COMMAND...: the command succeeds and prints a line that matches.
says()
{
	local pattern=$1 out
	shift
	out=$("$@" 2>&1) || { echo "exit status $? from: $*"; echo "$out"; return 1; }
	grep -qE -- "$pattern" <<< "$out" || { echo "nothing matches '$pattern' in:"; echo "$out"; return 1; }
}

# says_not PATTERN COMMAND...
says_not()
{
	local pattern=$1 out
	shift
	out=$("$@" 2>&1) || { echo "exit status $? from: $*"; echo "$out"; return 1; }
	! grep -E -- "$pattern" <<< "$out"
}

not()
{
	! "$@"
}

# ---- packages ----

# standin_tree DIR: the project with the stand-in in place of the driver.
standin_tree()
{
	rm -rf "$1"
	mkdir -p "$1"
	(cd "$REPO" && tar -cf - --exclude=./.git --exclude=./build --exclude=./src --exclude=./compat --exclude=./tests .) |
		tar -xf - -C "$1"
	mkdir -p "$1/src" "$1/compat"
	cp "$HERE"/standin/* "$1/src/"
	# The look before the build is the project's own; nothing is probed for the stand-in.
	cp "$REPO/compat/preflight" "$1/compat/"
}

# standin_deb VERSION [broken]: builds it, prints the path.
standin_deb()
{
	local version=$1 broken=${2:-} tree=$WORK/tree
	standin_tree "$tree"
	sed -i "s/STANDIN_VERSION/\"$version\"/" "$tree/src/xen-netfront.c"
	[ -z "$broken" ] || echo '#error made to fail by the test' >> "$tree/src/xen-netfront.c"
	"$tree/packaging/deb/build" --version "$version" > /dev/null || return 1
	mv "$tree/build/deb/xen-netfront-dkms_${version}_all.deb" "$tree/build/deb/xen-netfront-tools_${version}_all.deb" "$WORK/"
	rm -rf "$tree"
	echo "$WORK/xen-netfront-dkms_${version}_all.deb"
}

# ---- machines: a suite's chroot with a kernel, under a throw-away layer ----

# lab_chroot SUITE: the lab's chroot of that suite (dkms, headers, kernel packages aside), made if
# need be.
lab_chroot()
{
	"$LAB/chroot" "$1"
}

# make_layer SUITE DIR: what a machine has beyond the lab's chroot: initramfs-tools and an installed
# kernel image. The header packages are kept aside for the tests that install them later.
make_layer()
{
	local suite=$1 layer=$2 more=
	# One suite lends its kernel and DKMS to the rpm tests as well.
	[ "$suite" != bookworm ] || more="rpm dnf createrepo-c dracut-core unattended-upgrades"
	local lower
	lower=$(lab_chroot "$suite") || return 1
	mkdir -p "$layer/upper" "$layer/work" "$layer/root"
	mount -t overlay overlay -o "lowerdir=$lower,upperdir=$layer/upper,workdir=$layer/work" "$layer/root" &&
		mount -t proc proc "$layer/root/proc" || return 1
	mkdir -p "$layer/root/etc/initramfs-tools/conf.d"
	# Small images: what is tested is what enters them, not how well they shrink.
	printf 'MODULES=list\nCOMPRESS=gzip\n' > "$layer/root/etc/initramfs-tools/conf.d/small"
	# shellcheck disable=SC2016  # for the chroot's shell
	MORE=$more chroot "$layer/root" sh -ec '
		export DEBIAN_FRONTEND=noninteractive LC_ALL=C
		apt-get update -qq
		cd /kernels
		kernel=$(ls /lib/modules | sort -V | head -n 1)
		apt-get install -y -qq --no-install-recommends initramfs-tools kmod $MORE ./linux-image-"$kernel"_*.deb
		# Some chroots had the kernel, and an image made without the settings above.
		update-initramfs -u -k "$kernel"
		mkdir headers
		cd headers
		apt-get download -qq "linux-headers-$kernel"
		apt-get download -qq "$(apt-cache depends linux-headers-cloud-amd64 |
			sed -n "s/.*Depends: \(linux-headers-.*cloud-amd64\)$/\1/p" | head -n 1)"
		apt-get clean' || return 1
	umount "$layer/root/proc" "$layer/root" && rmdir "$layer/root" && rm -rf "$layer/work"
}

# layer_of SUITE: the cached layer, made if need be, by one at a time.
layer_of()
{
	with_lock packages cached_layer "$1"
}

cached_layer()
{
	local key layer
	local lower
	lower=$(lab_chroot "$1") || return 1
	key=$(hash_of "$(basename "$lower")" "$(declare -f make_layer)")
	layer=$CACHE/packages/$1-$key
	if [ ! -e "$layer" ]; then
		mkdir -p "$CACHE/packages"
		rm -rf --one-file-system "$layer.tmp"
		if ! make_layer "$1" "$layer.tmp" > "$WORK/layer-$1.log" 2>&1; then
			umount -q "$layer.tmp/root/proc" "$layer.tmp/root"
			echo "packages: no machine for $1, see $WORK/layer-$1.log" >&2
			return 1
		fi
		mv "$layer.tmp" "$layer"
	fi
	echo "$layer"
}

# mount_machine NAME LOWER: a fresh layer over these folders; sets MACHINE and ROOT.
mount_machine()
{
	halt "$1"
	MACHINE=$WORK/machine-$1
	mkdir -p "$MACHINE/upper" "$MACHINE/work" "$MACHINE/root"
	ROOT=$MACHINE/root
	mount -t overlay overlay -o "lowerdir=$2,upperdir=$MACHINE/upper,workdir=$MACHINE/work" "$ROOT" && mount -t proc proc "$ROOT/proc" || return 1
	# What the tests leave in a machine must not count as left behind by the package.
	rm -rf "${ROOT:?}/tmp"/*
}

# boot_bare NAME SUITE: a fresh machine that has headers, and no kernel nor boot image: soon there,
# enough for what a package manager does.
boot_bare()
{
	local lower
	lower=$(lab_chroot "$2") && mount_machine "$1" "$lower" || return 1
	KERNEL=$(cd "$ROOT/lib/modules" && printf '%s\n' * | sort -V | head -n 1)
}

# boot NAME SUITE: a fresh machine; sets ROOT, KERNEL (with image and headers) and HEADERS (its
# packages, inside).
boot()
{
	local layer
	layer=$(layer_of "$2") && mount_machine "$1" "$layer/upper:$(lab_chroot "$2")" || return 1
	KERNEL=$(basename "$(find "$ROOT/boot" -name 'vmlinuz-*' | head -n 1)")
	KERNEL=${KERNEL#vmlinuz-}
}

# halt NAME
halt()
{
	local machine=$WORK/machine-$1
	if mountpoint -q "$machine/root"; then
		# Detached at once, although something that a package started may take a moment to
		# end.
		umount --recursive --lazy "$machine/root" || return 1
	fi
	rm -rf --one-file-system "$machine"
}

# inside COMMAND...: as root in the machine.
inside()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		${SYSTEMD_IGNORE_CHROOT:+SYSTEMD_IGNORE_CHROOT=1} chroot "$ROOT" "$@" < /dev/null
}

# give FILE...: copy packages into the machine, where inside finds them in /tmp.
give()
{
	cp "$@" "$ROOT/tmp/"
}
