# shellcheck shell=bash
# The kernel of the full guest "builtin": small, from Debian's linux-source, with the Xen network
# driver built in. Compiled as the debug kernels are (debug-kernel.sh), from their configuration
# without what watches a kernel, and full/builtin.config, whose wishes come last and so win. Expects
# common.sh.

# builtin_kernel_dir: where it is, made if need be: vmlinux, kver, modules/ and build/
builtin_kernel_dir() {
	local dir wishes=$LAB/full/builtin.config
	[ -e "$LAB/lib/debug-kernel.sh" ] || die "tests/lab/lib/debug-kernel.sh is missing; it compiles kernels from linux-source."
	# shellcheck source=tests/lab/lib/debug-kernel.sh
	. "$LAB/lib/debug-kernel.sh"
	# shellcheck disable=SC2086 # packages are words
	dpkg-query -W $DEBUG_PACKAGES > /dev/null 2>&1 ||
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $DEBUG_PACKAGES > "$BUILD/lab/apt.log" 2>&1 ||
		die "apt-get could not install $DEBUG_PACKAGES (log: build/lab/apt.log)."
	local common=$DEBUG_CONFIG/common.config
	DEBUG_CONFIG=$BUILD/lab/builtin-config
	mkdir -p "$DEBUG_CONFIG"
	# A wish of the first file that the second one takes back must not be there twice.
	sed '/^# What watches it/,$d; /^CONFIG_KALLSYMS_ALL=/d' "$common" |
		grep -vxFf <(sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=.*/\1=m\n\1=y\n# \1 is not set/p' "$wishes") > "$DEBUG_CONFIG/common.config"
	cp "$wishes" "$DEBUG_CONFIG/builtin.config"
	dir=$(debug_kernel_of builtin)
	with_lock full-kernel compile_builtin_kernel "$dir" >&2
	echo "$dir"
}

compile_builtin_kernel() {
	[ ! -e "$1" ] || return 0
	step "a kernel with the driver built in: compiling takes 10 minutes; once"
	rm -rf "$1.tmp"
	make_debug_kernel builtin "$1.tmp" > "$BUILD/lab/builtin-kernel.log" 2>&1 || {
		tail -n 15 "$BUILD/lab/builtin-kernel.log" >&2
		die "the kernel with the driver built in does not compile (log: build/lab/builtin-kernel.log)."
	}
	mv "$1.tmp" "$1"
}
