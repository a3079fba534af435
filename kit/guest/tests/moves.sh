# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# The guest's part of a move: sets what an admin may set, keeps a connection alive, and looks, each
# time it is asked (the file ask has the move's number), whether all is still there. Ends when ask
# says "end".

# shellcheck source=kit/guest/tests/traffic.sh
. "$kit/guest/tests/traffic.sh"
# shellcheck source=kit/guest/tests/settings.sh
. "$kit/guest/tests/settings.sh"

interfaces_of_moves()
{
	echo "$NETIF"
}

# pump_goes_on: what came back grows
pump_goes_on()
{
	pump_before=$(cat "$out/pump" 2>/dev/null)
	eventually 60 pump_grew || { echo "nothing more than $pump_before lines came back within 60 s; $(cat "$out/pump.said")"; return 1; }
}
pump_grew()
{
	[ "$(cat "$out/pump" 2>/dev/null)" -gt "${pump_before:-0}" ] 2>/dev/null
}

test_moves()
{
	begin
	set_all
	picture "$NETIF" > "$out/wanted"
	try "traffic with all of it" comes_back 15
	pump=
	if [ -n "${PORT:-}" ] && command -v bash > /dev/null; then
		bash "$kit/guest/talk" pump "$REMOTE_V4" "$PORT" "$out/pump" > "$out/pump.said" 2>&1 &
		pump=$!
		try "a connection to be kept" pump_goes_on
	else
		result skip "a connection to be kept" "${NO_PORT:-bash is not installed}"
	fi
	asked=0
	echo 0 > "$out/answered"
	while :; do
		ask=$(cat "$out/ask" 2>/dev/null)
		[ "$ask" != end ] || break
		if [ -n "$ask" ] && [ "$ask" != "$asked" ]; then
			asked=$ask
			begin
			try "traffic after the move, $asked" comes_back 60
			kept "all that was set is kept, $asked"
			[ -z "$pump" ] || try "the connection goes on, $asked" pump_goes_on
			echo "$asked" > "$out/answered"
		fi
		nap 0.3
	done
	[ -z "$pump" ] || kill $pump 2>/dev/null
}

undo_moves()
{
	undo_settings
}
