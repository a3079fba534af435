# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# What ethtool shows and sets, with the remote end answering after each change.

interfaces_of_ethtool()
{
	echo "$NETIF"
}

# shows NAME OPTION [PATTERN]: supported, and has that
shows()
{
	shows_said=$(ethtool "$2" "$NETIF" 2>&1)
	shows_rc=$?
	case $shows_said in
	*'not supported'* | *'no stats available'* | *'annot get'* | *'bad command line'*)
		result skip "$1" "$(printf '%s\n' "$shows_said" | grep -E 'not supported|no stats|annot get|bad command' | head -n 1)"
		;;
	*) if [ $shows_rc = 0 ] && printf '%s\n' "$shows_said" | grep -qE -- "${3:-.}"; then result ok "$1"; else result not-ok "$1" "$shows_said"; fi ;;
	esac
}

# feature_both_ways NAME: switched, in force, answered; and back
feature_both_ways()
{
	was=$(net_features "$NETIF" | awk -v n="$1" '$1 == n { print $2 }')
	case $was in
	on) not=off ;;
	off) not=on ;;
	*) return 0 ;;
	esac
	for turn in "$not" "$was"; do
		switched=$(ethtool -K "$NETIF" "$1" "$turn" 2>&1) || { echo "-K $1 $turn: $switched"; return 1; }
		eventually "$STEP" feature_is "$1" "$turn" || { echo "-K $1 $turn succeeded, and is not in force"; return 1; }
		comes_back 10 || return 1
	done
}
feature_is()
{
	net_features "$NETIF" | grep -qxF "$1 $2"
}

# channels_to NUMBER: in force as it returns, answered
channels_to()
{
	ethtool -L "$NETIF" combined "$1" || return 1
	[ "$(channels_of "$NETIF")" = "$1" ] || { echo "-L combined $1 returned, and -l says $(channels_of "$NETIF")"; return 1; }
	comes_back 10
}

test_ethtool()
{
	begin
	shows "-i names the driver" -i '^driver: .'
	shows "-k" -k '^scatter-gather: '
	shows "-S counts" -S ': [0-9]'
	shows "-g: ring sizes" -g
	shows "-l: queues" -l
	shows "-c: coalescing" -c
	shows "-x: receive hash" -x
	shows "-T: timestamps" -T 'software-|SOF_TIMESTAMPING'
	for each in scatter-gather tx-checksum-ipv4 tcp-segmentation-offload generic-segmentation-offload generic-receive-offload rx-checksumming \
		receive-hashing; do
		if feature_is "$each" on || feature_is "$each" off; then
			try "-K $each off and on" feature_both_ways "$each"
		else
			result skip "-K $each off and on" "fixed, or not there"
		fi
	done
	most=$(most_channels_of "$NETIF")
	if [ "${most:-1}" -gt 1 ]; then
		try "-L combined 1" channels_to 1
		try "-L combined, all there are" channels_to "$most"
		if ethtool -L "$NETIF" combined $((most + 1)) > /dev/null 2>&1; then
			result not-ok "-L refuses more than there are" "combined $((most + 1)) was taken"
		else
			result ok "-L refuses more than there are"
		fi
	else
		result skip "-L combined 1" "ethtool -l: ${most:-not supported}"
	fi
	case $(ethtool -i "$NETIF" 2>/dev/null | sed -n 's/^supports-test: //p') in
	yes) try "-t online" ethtool -t "$NETIF" online ;;
	*) result skip "-t online" "the driver has no self-test" ;;
	esac
}
