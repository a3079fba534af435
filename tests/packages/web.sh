# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A web server on the loopback address, and a repository of ours on it. Sourced after lib.sh by
# cases that subscribe machines to one.
#
# WEB is the folder that is served, URL its address; both are there after serve. published SUITE
# VERSION says what is offered.

# serve FOLDER: until unserve
serve()
{
	WEB=$1
	mkdir -p "$WEB"
	python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$WEB" > "$WORK/web.$$.log" 2>&1 &
	WEB_PROCESS=$!
	local tries=100 port=
	until [ -n "$port" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "the web server did not start"; return 1; }
		sleep 0.1
		port=$(sed -n 's/.*127.0.0.1 port \([0-9]*\).*/\1/p' "$WORK/web.$$.log")
	done
	URL=http://127.0.0.1:$port/xen-netfront
}

unserve()
{
	kill "$WEB_PROCESS" 2> /dev/null
	wait "$WEB_PROCESS" 2> /dev/null
	rm -f "$WORK/web.$$.log"
}

# make_key NAME: without a passphrase, in a keyring of the test's own
make_key()
{
	if [ -z "${GNUPGHOME:-}" ]; then
		GNUPGHOME=$(mktemp -d)
		export GNUPGHOME
	fi
	gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@example.org>" rsa3072 sign 0 2> "$GNUPGHOME/log"
}

drop_keys()
{
	[ -z "${GNUPGHOME:-}" ] || { gpgconf --kill all; rm -rf "$GNUPGHOME"; }
}

# publish ARGUMENT...: packaging/repo with them, into the folder that is served
publish()
{
	GPGKEY=${GPGKEY:-ops@example.org} REPO_URL=$URL "$REPO/packaging/repo" --out "$WEB/xen-netfront" "$@"
}

# readme_lines HEADING: the commands that README gives there for guests, one a line, with this
# server's address
readme_lines()
{
	awk -v heading="    # $1" 'index($0, heading) == 1 { on = 1; next } on && !/^    ./ { exit } on { sub(/^    /, ""); goes_on = sub(/\\$/, ""); printf goes_on ? "%s" : "%s\n", $0 }' "$REPO/README.md" |
		sed "s|https://repo.example.org/xen-netfront|$URL|"
}

# error PATTERN: the client's own words about it are in what the last failing command said; shown as
# a comment of the test
error()
{
	local line
	line=$(grep -iE -m 1 -- "$1" "$MACHINE/out") || { echo "nothing matches '$1' in:"; cat "$MACHINE/out"; return 1; }
	echo "# $line" | tr -d '\r' >> "$MACHINE/shown"
}

# shown: what clients said since, for the log of the test
shown()
{
	cat "$MACHINE/shown" 2> /dev/null
	rm -f "$MACHINE/shown"
}
