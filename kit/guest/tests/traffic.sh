# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# Pings of every size class, TCP both ways by sum, UDP of many sizes. Changes nothing.

interfaces_of_traffic()
{
	:
}

# talk COMMAND PORTLESS-ARGUMENT...: with the remote end; says what is missing with status 3
talk()
{
	[ -n "${PORT:-}" ] || { echo "no server at the remote end: ${NO_PORT:-REMOTE_TYPE is not set}"; return 3; }
	command -v bash > /dev/null || { echo "bash is not installed"; return 3; }
	talk_what=$1 talk_host=$2
	shift 2
	in_time "${TALK_LIMIT:-60}" bash "$kit/guest/talk" "$talk_what" "$talk_host" "$PORT" "$@"
	talk_rc=$?
	echo "$said"
	return $talk_rc
}

# blob BYTES: a file of random bytes
blob()
{
	if [ ! -s "$kit/blob" ] || [ "$(wc -c < "$kit/blob")" -lt "$1" ]; then head -c "$1" /dev/urandom > "$kit/blob"; fi
}

# result_of STATUS NAME DETAIL: of talk
result_of()
{
	case $1 in
	0) result ok "$2" ;;
	3) result skip "$2" "$3" ;;
	*) result not-ok "$2" "$3" ;;
	esac
}

# pings SIZE...: one of each is answered, one of three tries
pings()
{
	for size; do
		for turn in 1 2 3 0; do
			[ $turn != 0 ] || { echo "no answer to three pings of $size bytes: $pinged"; return 1; }
			pinged=$(ping -c 1 -W 2 -s "$size" "$REMOTE_V4" 2>&1) && break
		done
		# iputils compares what comes back.
		case $pinged in *'wrong data'*) echo "$pinged"; return 1 ;; esac
	done
}

# udp_sizes HOST SIZE...
udp_sizes()
{
	udp_host=$1
	shift
	for size; do
		udp_said=$(talk udp "$udp_host" "$kit/blob" "$size") || { udp_rc=$?; echo "$udp_said"; return $udp_rc; }
	done
}

# tcp_by_sum NAME HOST BYTES [FIGURES]: both ways; with FIGURES a result for each way with its speed
tcp_by_sum()
{
	tcp_said=$(TALK_LIMIT=${TCP_LIMIT:-120} talk tcp "$2" "$kit/blob" "$3")
	tcp_rc=$?
	result_of $tcp_rc "$1" "$tcp_said"
	[ $tcp_rc = 0 ] && [ -n "${4:-}" ] || return $tcp_rc
	up=${tcp_said% *} down=${tcp_said#* }
}

test_traffic()
{
	mtu=$(cat "/sys/class/net/$NETIF/mtu")
	begin
	try "ping" comes_back 10 || return 0
	try "pings of 0 to 1400 bytes" pings 0 1 17 56 100 255 512 777 1024 1400
	# IP takes 20 bytes, ICMP 8.
	if pinged=$(ping -c 1 -W 2 -M "do" -s $((mtu - 28)) "$REMOTE_V4" 2>&1); then
		result ok "a ping as large as the MTU"
	elif ping -c 1 -W 2 -s $((mtu - 28)) "$REMOTE_V4" > /dev/null 2>&1; then
		result skip "a ping as large as the MTU" "the way to $REMOTE_V4 or this ping does not take it in one piece: $pinged"
	else
		result not-ok "a ping as large as the MTU" "$pinged"
	fi
	try "pings in fragments, up to 65507 bytes" pings 1473 3000 8192 20000 65507
	blob $((MB * 1048576))
	tcp_by_sum "TCP, $MB MB each way, same sums" "$REMOTE_V4" $((MB * 1048576))
	udp=$(udp_sizes "$REMOTE_V4" 1 2 63 64 200 511 1000 1471 1472 1473 3000 5000 9000 20000 40000 65000)
	result_of $? "UDP of 1 to 65000 bytes there and back" "$udp"
}
