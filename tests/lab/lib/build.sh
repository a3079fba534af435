# shellcheck shell=bash
# The recipes of setup. Every artefact is made in a temporary name and renamed when complete; its
# name holds a hash of its recipe. Expects common.sh and the variables suites and refresh.
# shellcheck disable=SC2154

HOST_PACKAGES="qemu-system-x86 mmdebstrap xen-hypervisor-4.17-amd64 cpio kmod xz-utils zstd lz4 python3 gcc libc6-dev make
 gnuplot-nox debhelper dh-dkms dkms fakeroot dpkg-dev wireguard-tools nftables"
# What the other parts of make check want: wanted with 'all'.
CHECK_PACKAGES="shellcheck sparse linux-headers-amd64 lintian clang libclang-rt-14-dev libxen-dev rpm rpmlint"
DOM0_PACKAGES="xen-utils-4.17 xen-utils-common iproute2 kmod busybox-static iputils-ping iputils-arping iperf3 tcpdump ethtool
 procps cpio bridge-utils python3-minimal netcat-openbsd socat openssh-client"
# What dom0 has besides for HVM guests: their device model and firmware, a boot loader for their
# disks; and kexec, for those guests.
HVM_PACKAGES="qemu-system-xen seabios ipxe-qemu syslinux syslinux-common mtools dosfstools kexec-tools"
# What no machine that lives for minutes reads; saves time in unpacking and room in memory.
SLIM=(--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
 --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt=force-unsafe-io)
TMPTREES=()

# chroot_of SUITE: where its chroot is. trixie-backports shares trixie's: one chroot, both kernels'
# headers, DKMS builds for each.
chroot_of() {
	local s=${1%-backports}
	echo "$CACHE/chroot/$s-$(hash_of "$s" "$(declare -f make_chroot)" "${SLIM[*]}")"
}
dom0_of() { echo "$CACHE/dom0/$(hash_of "$DOM0_PACKAGES" "$(declare -f make_dom0_root)" "${SLIM[*]}")"; }
# The same with a device model, 200 MB more, so only for tests with HVM guests.
dom0_hvm_of() { echo "$CACHE/dom0/hvm-$(hash_of "$DOM0_PACKAGES $HVM_PACKAGES" "$(declare -f make_dom0_root)" "${SLIM[*]}")"; }

install_host_packages() {
	local missing=() p
	local want=$HOST_PACKAGES
	[ ${#suites[@]} -lt 4 ] || want="$want $CHECK_PACKAGES"
	case " ${suites[*]} " in *" debug"*) want="$want $DEBUG_PACKAGES" ;; esac
	for p in $want; do
		[ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$p" 2>/dev/null)" = "ii " ] || missing+=("$p")
	done
	if [ ${#missing[@]} -gt 0 ]; then
		step "installing ${#missing[@]} packages: ${missing[*]}"
		need_space /var/cache/apt 1500
		if ! { apt-get update -qq &&
		       DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$BUILD/lab/apt.log" 2>&1; then
			tail -n 5 "$BUILD/lab/apt.log" >&2
			die "apt-get could not install ${missing[*]} (log: build/lab/apt.log); check the network and apt's sources, then run it again."
		fi
	fi
	command -v qemu-system-x86_64 >/dev/null ||
		die "QEMU is missing although its package is installed; reinstall qemu-system-x86 and see that /usr/bin is in PATH."
}

# make_chroot SUITE DIR: a Debian of that suite with dkms, kernel headers, and the kernel packages
# kept aside in DIR/kernels.
make_chroot() {
	local suite=$1 dir=$2 extra=() fetch
	# shellcheck disable=SC2016 # the hook's own variables
	fetch='cd "$1" && mkdir -p kernels && chroot "$1" sh -ec "cd /kernels; for h in /lib/modules/*/build; do
		k=\${h#/lib/modules/}; k=\${k%/build}
		for p in linux-image-\$k linux-binary-\$k linux-modules-\$k linux-base-\$k; do
			if apt-cache show \$p >/dev/null 2>&1; then apt-get download -qq \$p; fi; done; done"'
	if [ "$suite" = trixie ]; then
		# shellcheck disable=SC2016
		extra=(--customize-hook='sed "s/ trixie-updates / trixie-backports /;/trixie-backports/!d" "$1/etc/apt/sources.list" > "$1/etc/apt/sources.list.d/backports.list"'
			--customize-hook='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get update -qq'
			--customize-hook='chroot "$1" apt-get install -y -qq --no-install-recommends -t trixie-backports linux-headers-amd64')
	fi
	mmdebstrap --quiet --variant=apt "${SLIM[@]}" --include=dkms,linux-headers-amd64,gcc,make,libc6-dev "${extra[@]}" \
		--customize-hook="$fetch" --skip=cleanup/apt/lists "$suite" "$dir" || return 1
	chroot "$dir" dpkg-query -W -f='${Package} ${Version}\n' > "$dir/manifest"
}

# make_dom0_root PACKAGES DIR
make_dom0_root() {
	mmdebstrap --quiet --variant=minbase "${SLIM[@]}" --include="$(echo "$1" | tr -s ' \n' ,)" bookworm "$2" || return 1
	set -- "$2"
	rm -rf "${1:?}"/usr/lib/udev/hwdb* "$1"/usr/share/perl* "$1"/usr/lib/x86_64-linux-gnu/perl* "$1"/var/cache/* "$1"/var/lib/apt/lists/* \
		"$1"/usr/share/zoneinfo "$1"/usr/lib/python3*/{test,idlelib,lib2to3,ensurepip,pydoc_data,distutils} "${1:?}"/dev/*
}

# why_failed LABEL LOG DIR: one sentence; a cause that is not known gets the log's last lines
why_failed() {
	local why
	if grep -qs 'No space left on device' "$2"; then
		why="disk full: nothing is left of $(df -Pm "$3" | awk 'NR==2 {print $2}') MB on the disk of $3; make room, or set XNF_CACHE"
	elif grep -qsE 'Temporary failure|Could not (resolve|connect)|Network is unreachable|Failed to fetch|apt-get update .*failed|Unable to connect' "$2"; then
		why="no network: apt could not fetch from its mirror; check the network and apt's sources, then run it again"
	else
		tail -n 15 "$2" >&2
		why="failed; the log's last lines are above"
	fi
	step "$1: $why (log: ${2#"$REPO"/})"
}

# clear_tree DIR: removes it, and before that what a mmdebstrap that was killed left mounted in it:
# the machine's own /dev may be there
clear_tree() {
	awk -v d="$1/" 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount --lazy
	rm -rf --one-file-system "$1"
}

# build_once LABEL DIR COMMAND...: runs COMMAND with DIR.tmp as last argument unless DIR exists,
# then renames.
build_once() {
	local label=$1 dir=$2; shift 2
	[ -z "$refresh" ] || clear_tree "$dir"
	[ ! -e "$dir" ] || return 0
	step "$label: building"
	clear_tree "$dir.tmp"; mkdir -p "$(dirname "$dir")"
	if ! "$@" "$dir.tmp" >"$BUILD/lab/$label.log" 2>&1; then
		why_failed "$label" "$BUILD/lab/$label.log" "$(dirname "$dir")"
		clear_tree "$dir.tmp"
		return 1
	fi
	mv "$dir.tmp" "$dir"
	step "$label: done"
}

# The hypervisor, unzipped: QEMU's multiboot loader wants an ELF file.
build_xen() {
	local gz
	gz=$(dpkg -L xen-hypervisor-4.17-amd64 | grep -m1 '^/boot/xen-4\.17.*\.gz$') || die "no Xen image in xen-hypervisor-4.17-amd64."
	XEN=$CACHE/xen/$(hash_of "$gz")
	[ -e "$XEN" ] || { mkdir -p "$CACHE/xen"; gunzip -c "$gz" > "$XEN.tmp"; mv "$XEN.tmp" "$XEN"; }
}

# build_kernel SUITE: unpacks its kernel packages to CACHE/kernel/KEY: vmlinux, kver,
# modules/lib/modules/KVER. Sets KDIR.
build_kernel() {
	local suite=$1 root kver deb t pat
	root=$(chroot_of "$suite")
	kver=$(suite_kver "$suite" "$root")
	KDIR=$CACHE/kernel/$kver-$(hash_of "$(declare -f build_kernel)" "$(cd "$root/kernels" && ls -- *"$kver"*)" "$LAB/lib/vmlinux")
	[ ! -e "$KDIR" ] || return 0
	step "kernel $kver ($suite): unpacking"
	t=$KDIR.tmp; rm -rf "$t"; mkdir -p "$t/x"; TMPTREES+=("$t")
	for deb in "$root"/kernels/*"$kver"*.deb; do dpkg-deb -x "$deb" "$t/x"; done
	[ -d "$t/x/lib/modules" ] || mv "$t/x/usr/lib" "$t/x/lib"
	# what an HVM guest's boot loader wants
	cp "$(find "$t/x" -name 'vmlinuz*' | head -n1)" "$t/vmlinuz"
	"$LAB/lib/vmlinux" "$t/vmlinuz" "$t/vmlinux"
	echo "$kver" > "$t/kver"
	mkdir -p "$t/modules/lib/modules/$kver"
	cp "$t/x/lib/modules/$kver"/modules.{order,builtin,builtin.modinfo} "$t/modules/lib/modules/$kver/"
	pat='drivers/(xen|net/(xen-|dummy|veth|ifb|bonding|vxlan|tun)|block/xen-|block/loop|ata/|scsi/(scsi_mod|sd_mod|scsi_common)|net/virtio)|net/(bridge|802|8021q|llc|core/pktgen|sched)|block/|crypto/|lib/|arch/x86/crypto/'
	(cd "$t/x/lib/modules/$kver" && find kernel -name '*.ko*' | grep -E "^kernel/($pat)" | cpio -pdm --quiet "$t/modules/lib/modules/$kver")
	find "$t/modules" -name '*.ko.xz' -exec xz -d {} +
	find "$t/modules" -name '*.ko.zst' -exec zstd -q -d --rm {} +
	sed -i -E 's/\.ko\.(xz|zst)$/.ko/' "$t/modules/lib/modules/$kver/modules.order"
	depmod -b "$t/modules" "$kver"
	rm -rf "$t/x"; mv "$t" "$KDIR"
}

# suite_kver SUITE ROOT: the kernel version whose headers that suite's metapackage brought.
suite_kver() {
	local k
	for k in $(cd "$2/lib/modules" && printf '%s\n' * | sort -V); do
		case $1:$k in
		trixie:6.12*|bullseye:*|bookworm:*) echo "$k"; return ;;
		trixie-backports:*) ;;
		esac
	done
	echo "$k"
}

# Tools of ours, for dom0 and guests. Static, to start quickly; but for those that few tests want,
# since each guest unpacks all of them.
build_tools() {
	local src name link
	TOOLS=$CACHE/tools/$(hash_of "$LAB"/agent/*.[ch] "$LAB"/tools/*.[ch] "$(declare -f build_tools)")
	[ ! -e "$TOOLS" ] || return 0
	step "compiling the lab's tools"
	rm -rf "$TOOLS.tmp"; mkdir -p "$TOOLS.tmp"
	for src in "$LAB"/agent/agent.c "$LAB"/agent/gx.c "$LAB"/tools/*.c; do
		[ -e "$src" ] || continue
		name=$(basename "$src" .c)
		case $name in aim|frames|grantsheld|eatgrants|linkattrs) link=-s ;; *) link=-static ;; esac
		cc -O2 -Wall -Wextra $link -o "$TOOLS.tmp/$name" "$src" || die "the lab's tool $src does not compile."
	done
	mv "$TOOLS.tmp" "$TOOLS"
}

# pack DIR FILE: DIR as an uncompressed cpio (unpacking a compressed one costs more than reading it,
# in an emulated machine).
pack() { (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc --quiet) > "$2"; }

# copy_programs ROOT DIR NAME...: programs of a dom0's root, with their libraries
copy_programs() {
	local d=$1 t=$2 b p l; shift 2
	for b; do
		p=$(chroot "$d" sh -c "command -v $b") || die "the guest image wants '$b', which dom0's packages do not have."
		mkdir -p "$t$(dirname "$p")"; cp "$d$(chroot "$d" readlink -f "$p")" "$t$p"
		chroot "$d" ldd "$p" 2>/dev/null | grep -o '/[^ ]*' | while read -r l; do
			mkdir -p "$t$(dirname "$l")"; [ -e "$t$l" ] || cp "$d$(chroot "$d" readlink -f "$l")" "$t$l"
		done
	done
}

# The guests' user space: taken from dom0's packages, without anything kernel-specific.
build_guest_base() {
	local d t b p l
	d=$(dom0_of)
	GUEST_BASE=$CACHE/guest/base-$(hash_of "$LAB/guest/init" "$LAB/guest/netup" "$LAB/guest/wait_gone" "$(declare -f build_guest_base copy_programs)" "$DOM0_PACKAGES" "$TOOLS").cpio
	[ ! -e "$GUEST_BASE" ] || return 0
	step "guest image: assembling"
	t=$(mktemp -d); TMPTREES+=("$t"); mkdir -p "$CACHE/guest"
	mkdir -p "$t"/{bin,proc,sys,dev,etc,root,tmp,run,usr/bin,usr/sbin,var/log}
	cp "$d/bin/busybox" "$t/bin/busybox"
	for b in $(chroot "$d" busybox --list); do
		case $b in busybox|ip|modprobe|rmmod|insmod|lsmod|modinfo|depmod|ping|ping6|nc|dmesg|sh|bash) ;; *) ln -s busybox "$t/bin/$b" ;; esac
	done
	copy_programs "$d" "$t" iperf3 ethtool ip tc ss kmod ping dmesg bash nc socat
	ln -s bash "$t$(dirname "$(chroot "$d" sh -c 'command -v bash')")/sh"
	[ -e "$t/bin/bash" ] || ln -s /usr/bin/bash "$t/bin/bash"
	[ -e "$t/bin/sh" ] || ln -s bash "$t/bin/sh"
	for l in modprobe rmmod insmod lsmod modinfo depmod; do ln -sf "$(chroot "$d" sh -c 'command -v kmod')" "$t/usr/sbin/$l"; done
	cp "$TOOLS"/* "$t/usr/bin/"; rm -f "$t/usr/bin/gx"
	cp "$d"/etc/{passwd,group,services,protocols} "$t/etc/" 2>/dev/null || true
	install -m755 "$LAB/guest/init" "$t/init"
	install -m755 "$LAB/guest/netup" "$LAB/guest/wait_gone" "$t/bin/"
	mkdir -p "$t/etc/modprobe.d" "$t/sbin"
	# what the kernel calls when the toolstack asks for it
	for b in poweroff reboot; do
		printf '#!/bin/sh\nexec /bin/%s -f\n' $b > "$t/sbin/$b"
		chmod 755 "$t/sbin/$b"
	done
	pack "$t" "$GUEST_BASE.tmp"; mv "$GUEST_BASE.tmp" "$GUEST_BASE"; rm -rf "$t"
}

# build_guest_modules KDIR: the kernel-specific part of a guest's image. Sets GUEST_MODULES.
build_guest_modules() {
	local k t m
	k=$(cat "$1/kver")
	GUEST_MODULES=$1/guest-$(hash_of "$(declare -f build_guest_modules)").cpio
	[ ! -e "$GUEST_MODULES" ] || return 0
	t=$(mktemp -d); TMPTREES+=("$t")
	mkdir -p "$t/lib/modules/$k"
	m=$1/modules/lib/modules/$k
	cp "$m"/modules.{order,builtin,builtin.modinfo} "$t/lib/modules/$k/"
	(cd "$m" && find kernel -name '*.ko' | grep -E '/(xen-netfront|xen-netback|xen-blkfront|xen-gntalloc|pktgen|8021q|garp|mrp|stp|llc|dummy|veth|ifb|sch_(netem|tbf|fq|fq_codel|ingress)|cls_(u32|matchall|bpf)|act_(mirred|skbedit)|virtio_dma_buf|crc32c.*|libcrc32c)[.]ko$' |
		cpio -pdm --quiet "$t/lib/modules/$k")
	depmod -b "$t" "$k"
	pack "$t" "$GUEST_MODULES.tmp"; mv "$GUEST_MODULES.tmp" "$GUEST_MODULES"; rm -rf "$t"
}

# build_dom0 ROOT: everything of dom0 but its kernel's modules, so that any kernel here can be
# dom0's. Sets DOM0.
build_dom0() {
	local d=$1 t
	DOM0=$CACHE/dom0/image-$(hash_of "$d" "$TOOLS" "$(declare -f build_dom0)" "$LAB/dom0/init" "$LAB/dom0/gx-console").cpio
	[ ! -e "$DOM0" ] || return 0
	step "dom0 image: assembling"
	t=$(mktemp -d); TMPTREES+=("$t")
	cp -a "$d/." "$t/"
	mkdir -p "$t/lab" "$t/proc" "$t/sys" "$t/dev"
	cp "$TOOLS"/* "$t/usr/local/bin/"
	install -m755 "$LAB/dom0/gx-console" "$t/usr/local/bin/gx-console"
	install -m755 "$LAB/dom0/init" "$t/init"
	pack "$t" "$DOM0.tmp"; mv "$DOM0.tmp" "$DOM0"; rm -rf "$t"
}

# build_hvm_part: what HVM guests get besides, whatever their kernel. Sets HVM_PART.
build_hvm_part() {
	local d t
	d=$(dom0_hvm_of)
	HVM_PART=$CACHE/guest/hvm-$(hash_of "$d" "$(declare -f build_hvm_part copy_programs)").cpio
	[ ! -e "$HVM_PART" ] || return 0
	t=$(mktemp -d); TMPTREES+=("$t")
	copy_programs "$d" "$t" kexec
	pack "$t" "$HVM_PART.tmp"; mv "$HVM_PART.tmp" "$HVM_PART"; rm -rf "$t"
}

# build_dom0_modules KDIR: the modules of dom0's kernel, to go behind its image, in whose root /lib
# is a link. Sets DOM0_MODULES.
build_dom0_modules() {
	local t
	DOM0_MODULES=$1/dom0-$(hash_of "$(declare -f build_dom0_modules)").cpio
	[ ! -e "$DOM0_MODULES" ] || return 0
	t=$(mktemp -d); TMPTREES+=("$t")
	mkdir -p "$t/usr/lib"
	cp -a "$1/modules/lib/modules" "$t/usr/lib/"
	pack "$t" "$DOM0_MODULES.tmp"; mv "$DOM0_MODULES.tmp" "$DOM0_MODULES"; rm -rf "$t"
}

# What a kernel can do with frames beyond what every guest has: for tests that ask for it
# ("# modules: more"), in guests and in dom0. The names that a kernel does not have are built in, or
# newer or older than it; who uses them finds out.
MORE_MODULES="8021q bonding bridge netconsole macvlan ipvlan veth dummy vxlan geneve ip_gre ipip sit ip6_gre ip6_tunnel mpls_router mpls_iptunnel mpls_gso pppoe
 wireguard esp4 esp6 xfrm_user gcm ctr seqiv ghash-generic aes_generic aesni-intel drbg jitterentropy_rng sha512_generic sctp nf_tables nft_chain_nat nft_masq tun ahci sd_mod e1000"

# build_more SUITE KDIR: below /more: those modules with all that they need and their own index
# (modprobe -d /more), and tools with their libraries. A part of its own, so that guests which do
# not ask boot as fast as before. Sets MORE.
build_more() {
	local k t x m b l deb names
	k=$(< "$2/kver")
	MORE=$2/more-$(hash_of "$(declare -f build_more)" "$MORE_MODULES" "$(dpkg-query -W wireguard-tools nftables)").cpio
	[ ! -e "$MORE" ] || return 0
	step "kernel $k: more modules"
	t=$(mktemp -d) x=$(mktemp -d); TMPTREES+=("$t" "$x")
	# From the kernel's packages again: the modules there are, without those for hardware. A
	# debug kernel has nothing else.
	if [ "${1%%-*}" = debug ]; then mkdir -p "$x/lib/modules"; cp -a "$2/modules/lib/modules/$k" "$x/lib/modules/"; fi
	[ "${1%%-*}" = debug ] || for deb in "$(chroot_of "$1")/kernels"/*"$k"*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$x" --wildcards --wildcards-match-slash '*/modules.builtin' '*/modules.order' '*/kernel/net/*' \
			'*/kernel/crypto/*' '*/kernel/lib/*' '*/kernel/arch/x86/*' '*/kernel/drivers/net/[!/]*.ko*' '*/kernel/drivers/net/bonding/*' \
			'*/kernel/drivers/net/ppp/*' '*/kernel/drivers/net/vxlan/*' '*/kernel/drivers/net/wireguard/*' '*/kernel/drivers/net/ethernet/intel/e1000/*' \
			'*/kernel/drivers/ata/*' '*/kernel/drivers/scsi/[!/]*.ko*' '*/kernel/block/*' '*/kernel/fs/configfs/*' 2>/dev/null || true	# not each has each
	done
	[ -d "$x/lib" ] || mv "$x/usr/lib" "$x/lib"
	cp "$2/modules/lib/modules/$k/modules.builtin.modinfo" "$x/lib/modules/$k/"
	depmod -b "$x" "$k"
	mkdir -p "$t/more/lib/modules/$k" "$t/more/bin" "$t/more/so"
	m=$x/lib/modules/$k
	cp "$m"/modules.{order,builtin,builtin.modinfo} "$t/more/lib/modules/$k/"
	names=$(tr -s ' \n-' '||_' <<< "$MORE_MODULES")
	awk -F '[: ]+' -v names="^(${names%|})$" '{n = $1; sub(/.*[/]/, "", n); sub(/[.]ko.*/, "", n); gsub(/-/, "_", n)} n ~ names {for (i = 1; i <= NF; i++) if ($i) print $i}' \
		"$m/modules.dep" | sort -u | (cd "$m" && cpio -pdm --quiet "$t/more/lib/modules/$k")
	find "$t/more" -name '*.ko.xz' -exec xz -d {} +
	find "$t/more" -name '*.ko.zst' -exec zstd -q -d --rm {} +
	sed -i -E 's/\.ko\.(xz|zst)$/.ko/' "$t/more/lib/modules/$k/modules.order"
	depmod -b "$t/more" "$k"
	for b in wg nft bridge; do
		b=$(command -v "$b") || die "the lab wants '$b' for its guests; install wireguard-tools, nftables and iproute2."
		cp "$b" "$t/more/bin/"
		ldd "$b" | awk '$3 ~ "^/" && $1 !~ /^libc[.]/ {print $3}' | while read -r l; do cp "$l" "$t/more/so/"; done
	done
	rm -rf "$x"; pack "$t" "$MORE.tmp"; mv "$MORE.tmp" "$MORE"; rm -rf "$t"
}

# Chroots take the time: the download and unpacking of one overlaps that of the next, two at a time.
build_trees() {
	local s pids=() failed=0 want=()
	want=(dom0)
	for s in "${suites[@]}" bookworm; do
		s=${s%-backports}
		[ "${s%%-*}" != debug ] || continue
		case " ${want[*]} " in *" $s "*) ;; *) want+=("$s") ;; esac
	done
	local megabytes=0
	for s in "${want[@]}"; do
		if [ "$s" = dom0 ]; then [ -e "$(dom0_of)" ] || megabytes=$((megabytes + 500))
		elif [ "$s" = hvm ]; then [ -e "$(dom0_hvm_of)" ] || megabytes=$((megabytes + 700))
		else [ -e "$(chroot_of "$s")" ] || megabytes=$((megabytes + 1300)); fi
	done
	[ $megabytes = 0 ] || need_space "$CACHE" $((megabytes + 700))
	for s in "${want[@]}"; do
		while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || failed=1; done
		if [ "$s" = dom0 ]; then build_once dom0-root "$(dom0_of)" make_dom0_root "$DOM0_PACKAGES" &
		elif [ "$s" = hvm ]; then build_once dom0-hvm-root "$(dom0_hvm_of)" make_dom0_root "$DOM0_PACKAGES $HVM_PACKAGES" &
		else build_once "chroot-$s" "$(chroot_of "$s")" make_chroot "$s" & fi
		pids+=($!)
	done
	for s in "${pids[@]}"; do wait "$s" || failed=1; done
	[ $failed = 0 ] || { printf 'setup: stopped: the lines above say what could not be made and why.\n' >&2; exit 1; }
}

# trees_there: nothing is left to make for the suites wanted
trees_there() {
	local s
	[ -z "$refresh" ] && [ -e "$(dom0_of)" ] || return 1
	for s in "${suites[@]}" bookworm; do
		case $s in
		debug*) ;;
		hvm) [ -e "$(dom0_hvm_of)" ] || return 1 ;;
		*) [ -e "$(chroot_of "$s")" ] || return 1 ;;
		esac
	done
}

# Two locks, so that who needs nothing new does not wait for who makes a chroot.
main_setup() {
	local s
	install_host_packages
	trees_there || with_lock setup build_trees
	for s in "${suites[@]}"; do [ "${s%%-*}" != debug ] || with_lock "$s" build_debug_kernel "$s"; done
	with_lock images build_images
}

build_images() {
	local s
	trap 'rm -rf "${TMPTREES[@]:-}"' EXIT
	build_xen
	build_tools
	build_guest_base
	: > "$BUILD/lab/artefacts.tmp"
	if [ -e "$(dom0_hvm_of)" ]; then
		build_dom0 "$(dom0_hvm_of)"
		build_hvm_part
		printf '%s\n' "DOM0_HVM=$DOM0" "HVM_PART=$HVM_PART" >> "$BUILD/lab/artefacts.tmp"
	fi
	build_dom0 "$(dom0_of)"
	for s in bookworm bullseye trixie trixie-backports; do
		[ -e "$(chroot_of "$s")" ] || continue
		build_kernel "$s"
		build_guest_modules "$KDIR"
		build_dom0_modules "$KDIR"
		build_more "$s" "$KDIR"
		printf '%s=%s\n' "KERNEL_$s" "$KDIR" "GUEST_$s" "$GUEST_MODULES" "DOM0_$s" "$DOM0_MODULES" "MORE_$s" "$MORE" "CHROOT_$s" "$(chroot_of "$s")" >> "$BUILD/lab/artefacts.tmp"
	done
	for s in debug debug-pv; do
		KDIR=$(debug_kernel_of "$s")
		[ -e "$KDIR" ] || continue
		build_guest_modules "$KDIR"
		build_more "$s" "$KDIR"
		printf '%s=%s\n' "KERNEL_$s" "$KDIR" "GUEST_$s" "$GUEST_MODULES" "MORE_$s" "$MORE" >> "$BUILD/lab/artefacts.tmp"
	done
	printf '%s\n' "XEN=$XEN" "DOM0=$DOM0" "GUEST_BASE=$GUEST_BASE" "TOOLS=$TOOLS" >> "$BUILD/lab/artefacts.tmp"
	mv "$BUILD/lab/artefacts.tmp" "$BUILD/lab/artefacts"
	step "lab ready (${suites[*]})"
}
