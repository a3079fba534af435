# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of swap
# All interfaces over a change of driver: written down before it, put back after it, and do they
# work? Sourced by swap, whose words and variables it uses; see there. POSIX sh.

# save_all: sets why when something could not be read or written down; nothing has been changed
# then.
save_all()
{
	command -v ip > /dev/null || {
		why="iproute2 (ip) is not installed"
		return 1
	}
	: > "$RUN/names.new"
	for device in $(vif_devices); do
		interface=$(interface_of "$device") || {
			why="$device has no interface that can be seen here (in another network namespace?)"
			return 1
		}
		echo "$device $interface" >> "$RUN/names.new"
	done
	[ -s "$RUN/names.new" ] || {
		why="there is no interface, or no room in $RUN"
		return 1
	}
	net_together=$(cut -d' ' -f2 "$RUN/names.new" | tr '\n' ' ')
	for interface in $net_together; do
		net_save "$interface" "$WORK/$interface" || {
			why="what $interface has, or what stands on it, could not be read and written down (is $RUN full?)"
			return 1
		}
	done
	mv "$RUN/names.new" "$RUN/names" && cp "$RUN/names" "$WORK/names"
}

# reserve: the room that the rest will need, taken while nothing has been changed: the verdict's
# page, and for what is written while things are put back as much as was written down, and some
# more. Status 1 when it is not to be had.
reserve()
{
	used=$(du -sk "$WORK" | cut -f1)
	{ : > "$WORK/steps" && printf '%4000s' '' | tr ' ' '\n' > "$WORK/verdict.room" && head -c $(((${used:-0} + 256) * 1024)) /dev/zero > "$WORK/room"; } 2>/dev/null
}

# Give each new interface its name and settings back.
restore_all()
{
	rm -f "$WORK/room"
	while read -r device name; do
		tries=40
		until interface=$(interface_of "$device"); do
			tries=$((tries - 1))
			if [ $tries -le 0 ]; then
				log "$device has no interface with the new driver"
				return 1
			fi
			sleep 0.1
		done
		# udev may rename it at the same time; it has the same name to give.
		[ ! -x "$(command -v udevadm)" ] || within 5 udevadm settle --timeout=3
		interface=$(interface_of "$device")
		if [ "$interface" != "$name" ]; then
			ip link set dev "$interface" down
			ip link set dev "$interface" name "$name" 2>> "$WORK/log"
		fi
	done < "$RUN/names"
	# First of all what stands on them: a rule of the firewall may name what is on another
	# interface.
	while read -r _ name; do
		uppers_make "$name" "$WORK/$name" 2>> "$WORK/log"
	done < "$RUN/names"
	while read -r _ name; do
		net_restore "$name" "$WORK/$name" 2>> "$WORK/log"
	done < "$RUN/names"
}

links_up()
{
	while read -r _ name; do
		case $(cat "$WORK/$name/flags") in
		*[13579bdfBDF]) [ "$(cat "/sys/class/net/$name/carrier" 2>/dev/null)" = 1 ] || return 1 ;;
		esac
	done < "$RUN/names"
}

# forget_neighbours: what was known of them was put back, but a gateway may have another MAC by now,
# one that failed over, say. The kernel would take some eight seconds to find out. What the admin
# set stays.
forget_neighbours()
{
	while read -r _ name; do
		ip neigh flush dev "$name" 2>/dev/null
	done < "$WORK/names"
}

# network_works SECONDS: links have carrier, and a peer that answered before answers again.
network_works()
{
	look_at_clock
	until=$((now + $1))
	while :; do
		if links_up; then
			[ -n "$peers" ] || return 0
			for peer in $peers; do
				answers "$peer" && return 0
			done
			why="no answer from $peers"
			forget_neighbours
		else
			why="no carrier"
		fi
		look_at_clock
		[ "$now" -lt "$until" ] || return 1
		sleep 0.2
	done
}
