# shellcheck shell=bash
# What the lab's scripts on the build host share: places, progress lines, one-sentence errors,
# locks, background jobs. Sourced; sets REPO, LAB, CACHE, BUILD.

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REPO=$(cd "$LAB/../.." && pwd)
# shellcheck disable=SC2034 # used by those who source this
BUILD=$REPO/build
CACHE=${XNF_CACHE:-/var/cache/xen-netfront-dkms}
T0=${XNF_T0:-$(date +%s)}; export XNF_T0=$T0

# One line of progress: seconds since the start, and the step.
step() { printf '[%4ds] %s\n' $(($(date +%s) - T0)) "$*" >&2; }

# Ends the script. The message is one sentence: what, why, what to do.
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# need_root_debian12: the lab's packages and chroots want both.
need_root_debian12() {
	[ "$(id -u)" = 0 ] || die "must run as root (it installs packages and makes chroots); run it again with sudo."
	local id='' version=''
	if [ -r /etc/os-release ]; then
		# shellcheck disable=SC1091
		{ id=$(. /etc/os-release && echo "${ID:-}"); version=$(. /etc/os-release && echo "${VERSION_ID:-}"); }
	fi
	[ "$id $version" = "debian 12" ] ||
		die "this machine runs '${id:-unknown} ${version:-}', the lab is built from Debian 12's packages; use a Debian 12 machine."
}

# need_space DIR MEGABYTES: DIR's filesystem has that much free, or die.
need_space() {
	local free
	mkdir -p "$1" || die "cannot create $1; set XNF_CACHE to a folder that can be written."
	free=$(df -Pm "$1" | awk 'NR==2 {print $4}')
	[ "$free" -ge "$2" ] ||
		die "disk full: $1 has $free MB free and this needs $2 MB; make room, or set XNF_CACHE to a folder on another disk."
}

# hash_of FILE|STRING...: a short content hash of files (by content) and strings.
hash_of() {
	local x
	for x; do if [ -f "$x" ]; then cat "$x"; else echo "$x"; fi; done | sha256sum | cut -c1-12
}

# with_lock NAME COMMAND...: one at a time on this machine.
with_lock() {
	local name=$1; shift
	mkdir -p "$CACHE"
	( flock 9; "$@" ) 9>"$CACHE/.lock-$name"
}
