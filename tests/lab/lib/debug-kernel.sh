# shellcheck shell=bash
# The debug kernels, suites of the lab like the distributions': debug (PVH and HVM, KASAN) and
# debug-pv. Debian's linux-source, unpatched, with a small configuration of ../debug-kernel. Kept
# under a hash of source and wishes: vmlinux, vmlinuz, kver, modules/, and build/ for modules of
# ours. Expects common.sh and build.sh.

# shellcheck disable=SC2034 # used by build.sh
DEBUG_PACKAGES="linux-source-6.1 flex bison bc libelf-dev"
DEBUG_CONFIG=$LAB/debug-kernel

# debug_kernel_of SUITE: where it is. Without the source's package there is none yet.
debug_kernel_of() {
	local version
	version=$(dpkg-query -W -f='${Version}' linux-source-6.1 2>/dev/null) || version=none
	echo "$CACHE/kernel/$1-$(hash_of "$version" "$(grep -hv "^#" "$DEBUG_CONFIG"/{common,"$1"}.config)" \
		"$(declare -f debug_configure debug_compile debug_harvest)")"
}

# debug_configure SUITE TREE: every wish of the configuration must have come true
debug_configure() {
	local o
	cat "$DEBUG_CONFIG/common.config" "$DEBUG_CONFIG/$1.config" > "$2/wanted.config"
	make -s -C "$2" KCONFIG_ALLCONFIG=wanted.config allnoconfig
	grep '^CONFIG_' "$2/wanted.config" | while read -r o; do
		grep -qxF "$o" "$2/.config" || { echo "the kernel's configuration refuses $o"; exit 1; }
	done
}

# Xen starts PVH guests in C that runs before the kernel maps the shadow of KASAN: those files must
# not look at it, nor the memcmp() that they call. (Later kernels exempt them themselves.)
debug_compile() {
	make -s -C "$2" -j"$(nproc)" LOCALVERSION="-$1" KASAN_SANITIZE_enlighten.o=n KASAN_SANITIZE_enlighten_pvh.o=n \
		KASAN_SANITIZE_string.o=n bzImage modules
}

# debug_harvest SUITE TREE DIR: what guests need, and what a module's build needs, as a
# distribution's headers package has it
debug_harvest() {
	local kver
	mkdir -p "$3"
	kver=$(make -s -C "$2" LOCALVERSION="-$1" kernelrelease)
	make -s -C "$2" LOCALVERSION="-$1" INSTALL_MOD_PATH="$3/modules" modules_install
	rm -f "$3/modules/lib/modules/$kver"/{build,source}
	strip -s -o "$3/vmlinux" "$2/vmlinux"
	cp "$2/arch/x86/boot/bzImage" "$3/vmlinuz"
	echo "$kver" > "$3/kver"
	(cd "$2" && find . -path ./Documentation -prune -o \( -name 'Makefile*' -o -name 'Kconfig*' -o -name 'Kbuild*' \) -print |
		cpio -pdmu --quiet "$3/build"
	 find include arch/x86/include scripts tools/objtool/objtool Module.symvers .config arch/x86/Makefile* \
		! -name '*.o' ! -name '*.cmd' | cpio -pdmu --quiet "$3/build")
}

# make_debug_kernel SUITE DIR (for build_once)
make_debug_kernel() (
	set -e
	work=$(mktemp -d -p "$CACHE"); trap 'rm -rf "$work"' EXIT
	tar -C "$work" -xf /usr/src/linux-source-6.1.tar.xz
	debug_configure "$1" "$work/linux-source-6.1"
	debug_compile "$1" "$work/linux-source-6.1"
	debug_harvest "$1" "$work/linux-source-6.1" "$2"
)

# build_debug_kernel SUITE
build_debug_kernel() {
	[ ! -e "$(debug_kernel_of "$1")" ] || return 0
	need_space "$CACHE" 4000
	step "$1: compiling a kernel takes 10 to 20 minutes; once"
	build_once "$1-kernel" "$(debug_kernel_of "$1")" make_debug_kernel "$1" || exit 1
}
