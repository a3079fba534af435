# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Moving devices between drivers on the Xen bus, each step within a bound: what hangs in the kernel
# cannot be killed, and is not waited for. Who sources it has a function log. In the boot image,
# too: the shell's own commands and sleep only.

BUS=/sys/bus/xen

# look_at_clock: sets now, whole seconds since boot.
look_at_clock()
{
	read -r now _ < /proc/uptime
	now=${now%.*}
}

# nap SECONDS: not every sleep knows parts of one.
nap()
{
	sleep "$1" 2>/dev/null || sleep 1
}

# within SECONDS COMMAND...: like timeout(1), but does not wait for a process that cannot be killed.
# By the clock: counted naps last longer on a busy machine, and a watchdog has only so much
# patience. Sets stuck to 1 for a process that hangs in the kernel, or that the kernel ended for a
# fault: what locks it had there are never free again.
within()
{
	look_at_clock
	limit=$1
	give_up=$((now + limit))
	shift
	# Without the lock: what hangs in the kernel must not keep it.
	"$@" 9>&- &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		look_at_clock
		if [ "$now" -ge "$give_up" ]; then
			kill -9 $pid 2>/dev/null
			nap 0.3
			! kill -0 $pid 2>/dev/null || stuck=1
			log "given up, no end after $limit s: $*"
			return 124
		fi
		nap 0.05
	done
	wait $pid
	ended=$?
	[ $ended -gt 128 ] || return $ended
	# shellcheck disable=SC2034  # for who sources this
	stuck=1
	log "crashed: $*"
	return 125
}

unbind_one()
{
	echo "$1" > "$BUS/devices/$1/driver/unbind"
}

# bind_one DRIVER DEVICE
bind_one()
{
	echo "$2" > "$BUS/drivers/$1/bind"
}

# has_driver DRIVER DEVICE
has_driver()
{
	[ -e "$BUS/drivers/$1/$2" ]
}

# move DRIVER DEVICE SECONDS: from whichever driver has it, each step within SECONDS. A device that
# is being plugged in may get its driver between two looks at it. Status 124: it hangs; 125: it
# crashed.
move()
{
	for _ in 1 2 3; do
		! has_driver "$1" "$2" || return 0
		if [ -e "$BUS/devices/$2/driver" ]; then
			within "$3" unbind_one "$2"
			moved=$?
			case $moved in 124 | 125) return $moved ;; esac
		fi
		within "$3" bind_one "$1" "$2"
		moved=$?
		case $moved in 0 | 124 | 125) return $moved ;; esac
		# What is left without a driver was refused by this one.
		[ -e "$BUS/devices/$2/driver" ] || return 1
	done
	return 1
}

# driver_options: what the admin gives the driver by its usual name, in modprobe.d and on the
# kernel's command line. Beside a built-in driver ours has another one. Mostly there is nothing, and
# grep is quicker to say so. Not every boot image has sed; those that have not list few lines. Of a
# kernel that is not there modprobe lists the settings alone, and not the tens of thousands of
# aliases of this one's modules.
driver_options()
{
	if command -v grep > /dev/null; then
		grep -qsrE '^[[:space:]]*options[[:space:]]+xen[-_]netfront[[:space:]]|xen[-_]netfront[.][a-z]+=' \
			/etc/modprobe.d /run/modprobe.d /usr/local/lib/modprobe.d /usr/lib/modprobe.d /lib/modprobe.d /proc/cmdline || return 0
	fi
	if command -v sed > /dev/null; then
		modprobe -c -S none 2>/dev/null | sed -n 's/^options xen_netfront //p'
	else
		modprobe -c -S none 2>/dev/null | while read -r word module options; do
			[ "$word $module" != "options xen_netfront" ] || echo "$options"
		done
	fi
}
