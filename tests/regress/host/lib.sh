# shellcheck shell=sh
# What reload and migrate share: TAP, bounds, a verdict file. POSIX sh with coreutils or busybox; copy the folder as it is.

n=0 bad=0
ok() { n=$((n + 1)); report "ok $n - $*"; }
# not_ok TEXT [DETAIL]: DETAIL's lines follow as comments
not_ok() {
	n=$((n + 1)); bad=$((bad + 1)); report "not ok $n - $1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/#   /' | tee -a "$VERDICT"
}
report() { printf '%s\n' "$*" | tee -a "$VERDICT"; }
note() { report "# $*"; }
# skip REASON: nothing can be tested here; exit 4
skip() { report "1..0 # SKIP $*"; exit 4; }
usage_error() { printf '%s: %s; see --help\n' "${0##*/}" "$*" >&2; exit 2; }
need() { for c; do command -v "$c" >/dev/null 2>&1 || { echo "${0##*/}: '$c' is missing; install it" >&2; exit 2; }; done; }
is_number() { case $1 in ''|*[!0-9]*) return 1 ;; esac; }
# bounded SECONDS COMMAND...: its output; status 124 when it ran too long
bounded() {
	bound=$1; shift
	timeout -k 5 "$bound" "$@" 2>&1
}
# wait_until SECONDS COMMAND...: polls five times a second
wait_until() {
	tries=$(($1 * 5)); shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}
# What no kernel may say
# shellcheck disable=SC2034
BAD='BUG[: ]|WARNING: |Oops|still in use|deferring g|blocked for more than|soft lockup|hard LOCKUP|rcu.*stall|Call Trace:|general protection|bad page'
# verdict PASSED-TEXT FAILED-TEXT: last lines of the file; exit status
verdict() {
	report "1..$n"
	if [ $bad = 0 ]; then report "# verdict: $1"; else report "# verdict: $2 ($bad of $n checks failed)"; fi
	echo "# for a bug report: $VERDICT" >&2
	[ $bad = 0 ]
}
