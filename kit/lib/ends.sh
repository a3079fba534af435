# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # set and read by xen-netfront-test
# The two ends: the guest under test and the remote one, each a shell that takes a script from its
# standard input. And bounds for all that is started here.

# bounded SECONDS COMMAND...: status 124 when it does not end. Not timeout(1): it waits for what
# cannot be killed. What takes long is not looked at often: this machine and the guest may share a
# CPU.
bounded()
{
	bound=$1
	shift
	# What runs in the background has no standard input of its own unless it is given one.
	{ "$@" <&3 3<&- & } 3<&0
	bounded_pid=$!
	clock
	bounded_begin=$cs bounded_end=$((cs + bound * 100))
	while kill -0 $bounded_pid 2>/dev/null; do
		clock
		if [ "$cs" -ge $bounded_end ]; then
			kill -TERM -$bounded_pid $bounded_pid 2>/dev/null
			sleep 1
			kill -9 -$bounded_pid $bounded_pid 2>/dev/null
			return 124
		fi
		if [ $((cs - bounded_begin)) -ge 200 ] || ! sleep 0.1 2>/dev/null; then sleep 1; fi
	done
	wait $bounded_pid
}

# clock: sets cs, hundredths of a second since this machine's boot
clock()
{
	read -r cs _ < /proc/uptime
	cs=${cs%.*}${cs#*.}
}

# quote WORD: for a shell
quote()
{
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

SSH_OPTIONS="-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=4"

# over_ssh END HOST COMMAND: one connection for all of them, whose socket's path must be short. It
# and its likes take the place of their shell, so that bounded can end them.
over_ssh()
{
	socket=$work/$1
	shift
	# shellcheck disable=SC2086  # words
	exec ${SSH:-ssh} $SSH_OPTIONS -o ControlMaster=auto -o "ControlPath=$socket" -o ControlPersist=60 "$@"
}

# guest_shell, remote_shell: run the script from standard input
guest_shell()
{
	case $GUEST_TYPE in
	local) exec sh ;;
	ssh) over_ssh g "$GUEST" "$SUDO sh" ;;
	command) exec sh -c "$GUEST" ;;
	esac
}
remote_shell()
{
	case $REMOTE_TYPE in
	ssh) over_ssh r "$REMOTE_ARGS" sh ;;
	netns) { echo "exec ip netns exec $(quote "$REMOTE_ARGS") sh -s << 'END_OF_SCRIPT'"; cat; echo END_OF_SCRIPT; } | guest_shell ;;
	local) exec sh ;;
	command) exec sh -c "$REMOTE_ARGS" ;;
	*) return 1 ;;
	esac
}

# in_guest SECONDS SCRIPT, in_remote SECONDS SCRIPT: its output, its status; 124 when there is no
# end
in_guest()
{
	at_end guest "$@"
}
in_remote()
{
	at_end remote "$@"
}
at_end()
{
	printf '%s\n' "$3" > "$work/$1.script"
	bounded "$2" "${1}_shell" < "$work/$1.script" > "$work/$1.out" 2> "$work/$1.err"
	ends_rc=$?
	cat "$work/$1.out"
	return $ends_rc
}

# give NAME TEXT: a file in the guest's folder
give()
{
	in_guest 30 "cat > $gdir/$1 << 'END_OF_TEXT'
$2
END_OF_TEXT" > /dev/null
}

# words: what the guest's tests are told, as a shell reads it
words()
{
	for word in NETIF LOCAL_V4 REMOTE_V4 PORT NO_PORT MB CYCLES STEP PATIENCE MODULE_FILE MODULE_OPTIONS SET_MAC FORCE; do
		eval "word_value=\${$word:-}"
		echo "$word=$(quote "$word_value")"
	done
}
give_words()
{
	give words "$(words)"
}

# bring: the guest's part of this kit into a folder there. Sets gdir.
bring()
{
	mkdir -p "$work/bring/net"
	cp -r "$KIT/guest" "$work/bring/"
	for each in common netstate bus xenstore; do
		cp "$NET/$each.sh" "$work/bring/net/" || return 1
	done
	cp -r "$NET/netstate" "$NET/attached" "$NET/managers" "$work/bring/net/"
	bring_script="umask 077
for place in /var/tmp /tmp /run; do gdir=\$(mktemp -d \$place/xen-netfront-test.XXXXXX 2>/dev/null) && break; done
[ -n \"\$gdir\" ] || exit 1
base64 -d << 'END_OF_KIT' | gzip -d | tar -C \"\$gdir\" -xf - || exit 1
$(tar -C "$work/bring" -cf - . | gzip -9 | base64)
END_OF_KIT
: > \$gdir/words; cat /proc/uptime > \$gdir/asked; echo \$gdir"
	gdir=$(in_guest 60 "$bring_script" | tail -n 1)
	case $gdir in */xen-netfront-test.*) ;; *) return 1 ;; esac
}

# take_away: nothing of it stays in the guest; but what a test needs to put things back is not taken
# from it
take_away()
{
	[ -z "${gdir:-}" ] || in_guest 100 "for test in $gdir/*/started; do
	[ -e \"\$test\" ] && [ ! -e \"\${test%started}end\" ] || continue
	: > $gdir/stop
	seconds=0
	while [ ! -e \"\${test%started}end\" ]; do
		[ \$seconds -lt 90 ] || exit 1
		seconds=\$((seconds + 1))
		sleep 1
	done
done
rm -rf '$gdir'" > /dev/null || echo "xen-netfront-test: something of it may be left in the guest: $gdir" >&2
	gdir=
}

# ---- the remote end ----

# start_peer: the server at the remote end. Sets PORT, or NO_PORT to the reason why there is none.
start_peer()
{
	PORT='' NO_PORT='' peer=''
	[ -n "$REMOTE_TYPE" ] || { NO_PORT="no commands can be run at the remote end (REMOTE_TYPE is not set)"; return; }
	peer=$(in_remote 30 "python=\$(command -v python3 || command -v python || command -v python2 || ls /usr/libexec/platform-python 2>/dev/null) || { echo no python there; exit 0; }
d=\$(mktemp -d /tmp/xen-netfront-peer.XXXXXX) && cd \$d || exit 1
cat > peer.py << 'END_OF_PEER'
$(cat "$KIT/peer.py")
END_OF_PEER
\$python peer.py $LIMIT ${PEER_PORT:-} > port 2> err < /dev/null &
echo \$! > pid
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -s port ] && break; sleep 1; done
if [ -s port ]; then echo \"port \$(cat port) \$d\"; else echo \"\$(tail -n 1 err)\"; kill \$(cat pid); rm -rf \$d; fi")
	case $peer in
	'port '*)
		PORT=${peer#port }
		peer=${PORT#* } PORT=${PORT%% *}
		;;
	*)
		NO_PORT="no server at the remote end: ${peer:-$(tail -n 1 "$work/remote.err")}"
		peer=
		;;
	esac
}
stop_peer()
{
	[ -z "${peer:-}" ] || in_remote 20 "cd '$peer' && kill \$(cat pid); rm -rf '$peer'" > /dev/null
	peer=
}

# The kinds of frames.sh, by their numbers
KINDS='1 VLAN
2 QinQ
3 VXLAN
4 GENEVE
5 GRE
6 IPIP
7 plain'

# remote_kinds make|unmake KINDS: at the remote end, on the interface that has REMOTE_V4. make
# prints "NUMBER ok|no KIND [WHY]" for each, and "module NAME" for each that was loaded for them;
# unmake takes these lines.
remote_kinds()
{
	kinds_script="dir=/nowhere
lower=\$(ip -o -4 addr | awk -v a='$REMOTE_V4' '{ split(\$4, part, \"/\"); if (part[1] == a) { sub(/@.*/, \"\", \$2); print \$2; exit } }')
$(sed -n '/^modules()/,/^# way/p' "$KIT/guest/tests/frames.sh")
while read -r number kind more; do"
	if [ "$1" = make ]; then
		kinds_script="$kinds_script
	for each in \$(modules \$kind); do [ -e /sys/module/\$each ] || { modprobe \$each > /dev/null 2>&1 && echo \"module \$each\"; }; done
	if [ -e /sys/class/net/xnt\$number ]; then echo \"\$number no \$kind xnt\$number is there already\"
	elif why=\$({ make_kind \$number \$kind \"\$lower\" '$REMOTE_V4' '$LOCAL_V4' && address_kind \$number \$kind \"\$lower\" 2; } 2>&1); then echo \"\$number ok \$kind\"
	else echo \"\$number no \$kind \$(echo \$why)\"; unmake_kind \$number \$kind \"\$lower\" 2 > /dev/null 2>&1; fi"
	else
		kinds_script="$kinds_script
	case \"\$number \$kind\" in
	module*) modprobe -r \$kind ;;
	*' ok') unmake_kind \$number \$more \"\$lower\" 2 ;;
	esac > /dev/null 2>&1"
	fi
	kinds_script="$kinds_script
done << 'END_OF_KINDS'
$2
END_OF_KINDS"
	in_remote 60 "$kinds_script"
}
