# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2153,SC2154  # of agent, lib.sh and the words of this run
# The driver is unloaded and loaded again, CYCLES times: each time the interface comes back, by its
# MAC, with link and traffic. A result for each step over all cycles, with the median of its times.

interfaces_of_reload()
{
	mates "$(device_of "$NETIF")"
}

unload()
{
	if [ -n "${MODULE_FILE:-}" ]; then rmmod "$the_module"; else modprobe -r "$the_module"; fi && [ ! -e "/sys/module/$the_module" ]
}
there()
{
	now_there=$(interface_of "$the_device") && [ "$(cat "/sys/class/net/$now_there/address")" = "$the_mac" ]
}
same_driver()
{
	same_now=$(cat "/sys/module/$the_module/srcversion" 2>/dev/null)
	[ "$same_now" = "$(cat "$out/srcversion")" ] || {
		echo "srcversion was $(cat "$out/srcversion"), is ${same_now:-none}: what is loaded by hand is named with --module FILE"
		return 1
	}
}

# STEPS of a cycle: the word, and its result's name
cycle_steps()
{
	case $1 in
	reload) printf '%s\n' 'unload:the driver is unloaded' 'load:it is loaded again' 'there:the interface comes back' 'same:the same driver' \
		'link:it has a link' 'answer:traffic' ;;
	rebind) printf '%s\n' 'unbind:the device is taken from the driver' 'bind:it is given back' 'there:the interface comes back' 'link:it has a link' \
		'answer:traffic' ;;
	esac
}
one_step()
{
	case $1 in
	unload) in_time "$STEP" unload ;;
	load) in_time "$STEP" load_module ;;
	unbind) in_time "$STEP" unbind_one "$the_device" ;;
	bind) in_time "$STEP" bind_one "$the_driver" "$the_device" ;;
	there) said="no interface of $the_device with MAC $the_mac within $STEP s: $(ip -o link 2>&1)" && eventually "$STEP" there ;;
	same) said=$(same_driver) ;;
	link)
		restore_all
		said="$NETIF has no carrier within $STEP s: $(ip link show dev "$NETIF" 2>&1)" && eventually "$STEP" carrier "$NETIF"
		;;
	answer) said=$(comes_back "$STEP") ;;
	esac
}

# cycles KIND: runs them, then says of each step how it went
cycles()
{
	broken='' cycle=0
	: > "$out/away"
	while [ "$cycle" -lt "$CYCLES" ] && [ -z "$broken" ]; do
		cycle=$((cycle + 1))
		for step in $(cycle_steps "$1" | cut -d: -f1); do
			begin
			if one_step "$step"; then
				clock
				echo "$step $((cs - began))" >> "$out/times"
			else
				broken=$step
				broke_why="cycle $cycle: $said"
				break
			fi
		done
	done
	cycle_steps "$1" | while IFS=: read -r step name; do
		unset began
		if [ "$step" = "$broken" ]; then
			result not-ok "$name" "$broke_why"
		elif [ "$(grep -c "^$step " "$out/times" 2>/dev/null)" = "$CYCLES" ]; then
			figure "$(awk -v s="$step" '$1 == s { print $2 }' "$out/times" | median | awk '{ printf "%.2f", $1 / 100 }')" s lower
			result ok "$name"
		else
			result skip "$name" "not reached $CYCLES times: cycle $cycle broke before it"
		fi
	done
}

# goes_away reload|rebind: sets device, driver, module, mac; or says why it cannot be done here,
# with status 1
goes_away()
{
	the_device=$(device_of "$NETIF")
	the_driver=$(cat "$out/driver") the_module=$(cat "$out/module")
	# One that an admin set goes with the driver, whichever it is.
	the_mac=$(xs_read "device/vif/${the_device#vif-}/mac") || the_mac=$(cat "/sys/class/net/$NETIF/address")
	if [ -s "$kit/obstacles.$1" ] && [ -z "${FORCE:-}" ]; then
		result skip "the interface is taken away" "this would be lost (--force does it all the same): $(tr '\n' ';' < "$kit/obstacles.$1")"
		return 1
	fi
}

test_reload()
{
	goes_away reload || return 0
	if [ -z "$the_module" ]; then
		result skip "the driver is unloaded" "it is a part of this kernel, not a module"
		return 0
	fi
	cycles reload
}
