# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# What the tests in the guest share: results, times, which driver has which interfaces, pictures of
# what is set, and putting it back.
#
# Sourced by agent, facts and the tests, with kit set (the folder that was brought into the guest;
# words in it has the settings of this run). Of a guest it wants a shell, awk, ip, ethtool and ping,
# and what every system has. POSIX sh; busybox's and RHEL 7's, too.

# shellcheck disable=SC2034  # read by what is sourced here
XEN_NETFRONT_LIB=$kit/net
# shellcheck source=scripts/lib/common.sh
. "$kit/net/common.sh"
# shellcheck source=scripts/lib/netstate.sh
. "$kit/net/netstate.sh"
# shellcheck source=scripts/lib/bus.sh
. "$kit/net/bus.sh"
# shellcheck source=scripts/lib/xenstore.sh
. "$kit/net/xenstore.sh"
# shellcheck source=/dev/null
. "$kit/words"

log()
{
	[ -z "${out:-}" ] || echo "$*" >> "$out/log"
}

# ---- results ----

# clock: sets cs, hundredths of a second since the boot, without a process.
clock()
{
	read -r cs _ < /proc/uptime
	cs=${cs%.*}${cs#*.}
}

# begin: the next result's time counts from here.
begin()
{
	clock
	began=$cs
}

# figure VALUE UNIT lower|higher: of the next result; which way is better.
figure()
{
	fig_value=$1 fig_unit=$2 fig_better=$3
}

# result ok|not-ok|skip NAME [DETAIL]: one line: verdict, seconds, value, unit, better, name,
# detail. Names have no figures: reports are compared by them.
result()
{
	clock
	took=$((cs - ${began:-$cs}))
	text=
	[ -z "${3:-}" ] || text=$(printf '%s\n' "$3" | head -c 4000 | tr '\t\r' '  ' | sed 's/\\/\\\\/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }')
	printf '%s\t%d.%02d\t%s\t%s\t%s\t%s\t%s\n' "$1" $((took / 100)) $((took % 100)) "${fig_value:-}" "${fig_unit:-}" "${fig_better:-}" "$2" "$text" >> "$results"
	unset fig_value fig_unit fig_better
	began=$cs
}

# try NAME COMMAND...: ok when it succeeds; its output is the detail when it does not. Status as
# COMMAND's.
try()
{
	try_name=$1
	shift
	if try_said=$("$@" 2>&1); then
		result ok "$try_name"
	else
		result not-ok "$try_name" "${try_said:-status $?: $*}"
		return 1
	fi
}

# in_time SECONDS COMMAND...: within, with what it prints in $said.
in_time()
{
	within "$@" > "$kit/said" 2>&1
	in_time_rc=$?
	said=$(cat "$kit/said")
	[ $in_time_rc != 124 ] || said="${said:+$said, }no end within $1 s"
	return $in_time_rc
}

# rest BEGIN: between two looks; the longer it takes, the rarer they are, for a process each is no
# small thing on a busy machine
rest()
{
	clock
	if [ $((cs - $1)) -lt 200 ]; then nap 0.1; else nap 0.5; fi
}

# eventually SECONDS COMMAND...: polls until it succeeds.
eventually()
{
	clock
	eventually_begin=$cs eventually_end=$((cs + $1 * 100))
	shift
	until "$@" > /dev/null 2>&1; do
		clock
		[ "$cs" -lt "$eventually_end" ] || return 1
		rest "$eventually_begin"
	done
}

# within SECONDS COMMAND...: as in bus.sh, with fewer looks
within()
{
	within_limit=$1
	shift
	"$@" &
	within_pid=$!
	clock
	within_begin=$cs
	while kill -0 $within_pid 2>/dev/null; do
		clock
		if [ $((cs - within_begin)) -ge $((within_limit * 100)) ]; then
			kill -9 $within_pid 2>/dev/null
			log "given up, no end after $within_limit s: $*"
			return 124
		fi
		rest "$within_begin"
	done
	wait $within_pid
}

median()
{
	sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}

# ---- interfaces and their driver ----

# device_of INTERFACE: vif-N
device_of()
{
	for device in $(vif_devices); do
		[ "$(interface_of "$device")" != "$1" ] || { echo "$device"; return 0; }
	done
	return 1
}

# driver_folder DEVICE: of the driver that has it
driver_folder()
{
	for folder in "$BUS"/drivers/*; do
		[ ! -e "$folder/$1" ] || { echo "$folder"; return 0; }
	done
	ls -d "$BUS/drivers/vif" 2>/dev/null
}

# module_of DEVICE: the driver's module; status 1 when it is a part of the kernel
module_of()
{
	folder=$(driver_folder "$1") || return 1
	if [ -e "$folder/module" ]; then
		module=$(readlink -f "$folder/module")
		module=${module##*/}
	else
		module=xen_netfront
	fi
	[ -e "/sys/module/$module/initstate" ] && echo "$module"
}

# mates DEVICE: all that its driver has, interfaces without one left out
mates()
{
	folder=$(driver_folder "$1")
	for mate in $(vif_devices); do
		[ "$(driver_folder "$mate")" = "$folder" ] && interface_of "$mate"
	done
}

# stands_on INTERFACE LOWER...: is it one of these, or does it stand on one: a VLAN, a bridge, a
# bond?
stands_on()
{
	case " $2 " in *" $1 "*) return 0 ;; esac
	for lower in /sys/class/net/"$1"/lower_*; do
		if [ -e "$lower" ] && stands_on "${lower##*/lower_}" "$2"; then return 0; fi
	done
	return 1
}

carrier()
{
	[ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 1 ]
}

# answers: the remote end does, by whichever address there is
answers()
{
	ping -c 1 -W 1 "$REMOTE_V4"
}

# comes_back SECONDS
comes_back()
{
	eventually "$1" answers || {
		echo "no answer from $REMOTE_V4 within $1 s"
		ip -o addr show dev "$NETIF" 2>&1
		return 1
	}
}

# ---- what is set ----

# picture INTERFACE: what an admin or a manager set, as far as it is to be there again
picture()
{
	read -r mtu < "/sys/class/net/$1/mtu"
	read -r mac < "/sys/class/net/$1/address"
	echo "mac $mac"
	echo "mtu $mtu"
	echo "txqueuelen $(cat "/sys/class/net/$1/tx_queue_len")"
	echo "flags $(net_flags "$1")"
	net_addresses "$1" | sed 's/ \(valid\|preferred\)_lft [^ ]*//g; s/^/address /' | sort
	{
		net_routes -4 "$1"
		net_routes -6 "$1"
	} | sed 's/ expires [0-9]*//; s/ pref medium//; s/^/route /' | sort
	# Those that were asked of the interface by name alone; the kernel's own come with
	# addresses.
	ip maddr show dev "$1" 2>/dev/null | awk '$1 == "link" && /static/ { print "multicast", $2 }' | sort
	tc qdisc show dev "$1" 2>/dev/null | awk '$4 == "root" && $3 != "0:" { print "qdisc", $2 }'
	net_features "$1" | sed 's/^/offload /'
	channels_of "$1" | sed 's/^/channels /'
	net_coalesce "$1" | sed 's/^/coalesce /'
	[ ! -s "/sys/class/net/$1/ifalias" ] || echo "alias $(cat "/sys/class/net/$1/ifalias")"
}

channels_of()
{
	ethtool -l "$1" 2>/dev/null | sed -n '/^Current/,$s/^Combined:[ 	]*\([0-9][0-9]*\)/\1/p'
}
most_channels_of()
{
	ethtool -l "$1" 2>/dev/null | sed -n '/^Pre-set/,/^Current/s/^Combined:[ 	]*\([0-9][0-9]*\)/\1/p'
}

# difference BEFORE AFTER: files; "lost: ..." and "now: ...", nothing when they are the same
difference()
{
	awk -v first="$1" 'FILENAME == first { before[$0] = 1; order[++n] = $0; next } { after[$0] = 1; if (!($0 in before)) extra[++m] = $0 }
		END { for (i = 1; i <= n; i++) if (!(order[i] in after)) print "lost: " order[i]; for (i = 1; i <= m; i++) print "now: " extra[i] }' "$1" "$2"
}

# save_all INTERFACE...: all that is needed to put them back; once in a run for each, since each
# test puts all back. Status 1: nothing may be changed then.
save_all()
{
	mkdir -p "$kit/saved" "$kit/before"
	net_together=$*
	: > "$out/names"
	for save_each; do
		echo "$(device_of "$save_each") $save_each" >> "$out/names"
		[ ! -e "$kit/before/$save_each" ] || continue
		net_save "$save_each" "$kit/saved/$save_each" || return 1
		picture "$save_each" > "$kit/before/$save_each"
	done
	save_device=$(device_of "$1")
	save_folder=$(driver_folder "$save_device")
	echo "${save_folder##*/}" > "$out/driver"
	module_of "$save_device" > "$out/module" || : > "$out/module"
	cat "/sys/module/$(cat "$out/module")/srcversion" > "$out/srcversion" 2>/dev/null
	return 0
}

# load_module: the driver that ran, by the file that was given, or as modprobe finds it; with the
# parameters that it had
load_module()
{
	# shellcheck disable=SC2046,SC2086  # words
	if [ -n "${MODULE_FILE:-}" ]; then
		insmod "$MODULE_FILE" ${MODULE_OPTIONS:-}
	else
		modprobe "$(cat "$out/module")" ${MODULE_OPTIONS:-}
	fi
}

# named DEVICE NAME: its interface has that name again
named()
{
	now_named=$(interface_of "$1") || return 1
	[ "$now_named" != "$2" ] || return 0
	ip link set dev "$now_named" down && ip link set dev "$now_named" name "$2"
}

# no_strangers INTERFACE: a MAC address that was set brought a link-local address along, which stays
# when the MAC goes
no_strangers()
{
	net_addresses "$1" | cut -d' ' -f1 | grep '^fe80' | while read -r stranger; do
		grep -q "^address $stranger" "$kit/before/$1" || ip -6 addr del "$stranger" dev "$1"
	done >> "$out/log" 2>&1
}

# restore_all: each interface that was saved gets its settings again
restore_all()
{
	while read -r saved_device saved_name; do
		eventually "$STEP" named "$saved_device" "$saved_name" || log "$saved_device has no interface"
	done < "$out/names"
	[ ! -x "$(command -v udevadm)" ] || within 5 udevadm settle --timeout=3 >> "$out/log" 2>&1
	while read -r saved_device saved_name; do
		[ -e "/sys/class/net/$saved_name" ] || continue
		net_restore "$saved_name" "$kit/saved/$saved_name" >> "$out/log" 2>&1 < /dev/null
		no_strangers "$saved_name" < /dev/null
	done < "$out/names"
}

# differences: of all interfaces that were saved
differences()
{
	while read -r _ saved_name; do
		if [ -e "/sys/class/net/$saved_name" ]; then
			picture "$saved_name" > "$out/now" 2>/dev/null < /dev/null
			difference "$kit/before/$saved_name" "$out/now" | sed "s/^/$saved_name: /"
		else
			echo "$saved_name is gone"
		fi
	done < "$out/names"
}
as_before()
{
	[ -z "$(differences)" ]
}

# put_back: whatever happened, the driver, the devices and their settings are as they were; says in
# a result when they are not
put_back()
{
	begin
	if [ -s "$out/module" ] && [ ! -e "/sys/module/$(cat "$out/module")" ]; then
		within "$STEP" load_module >> "$out/log" 2>&1
	fi
	while read -r saved_device saved_name; do
		if [ -z "$saved_device" ] || [ -e "/sys/class/net/$saved_name" ]; then continue; fi
		[ -e "$(driver_folder "$saved_device")/$saved_device" ] || within "$STEP" bind_one "$(cat "$out/driver")" "$saved_device" >> "$out/log" 2>&1 < /dev/null
	done < "$out/names"
	if [ ! -e "$out/away" ] && as_before; then
		result ok "all is put back"
		return
	fi
	restore_all
	while read -r _ saved_name; do
		net_hand_back "$saved_name" "$kit/saved/$saved_name" 20 >> "$out/log" 2>&1 < /dev/null
	done < "$out/names"
	if as_before || eventually 6 as_before; then
		result ok "all is put back"
	else
		result not-ok "all is put back" "$(differences)
$(tail -n 10 "$out/log" 2>/dev/null)"
	fi
}

# ---- the kernel's messages ----

BAD='BUG[: ]|WARNING: |Oops|still in use|deferring g|blocked for more than|soft lockup|hard LOCKUP|rcu.*stall|Call Trace:|general protection|bad page|NETDEV WATCHDOG'
# messages MARK: since that was written; all there are when it has been pushed out
messages()
{
	dmesg | awk -v mark="$1" '{ line[NR] = $0 } index($0, mark) { from = NR } END { for (i = from + 1; i <= NR; i++) print line[i] }'
}
# kernel_kept_quiet MARK
kernel_kept_quiet()
{
	begin
	bad=$(messages "$1" | grep -E "$BAD" | head -n 20)
	if [ -z "$bad" ]; then result ok "the kernel kept quiet"; else result not-ok "the kernel kept quiet" "$bad"; fi
	messages "$1" | tail -n 200 > "$out/messages"
}
