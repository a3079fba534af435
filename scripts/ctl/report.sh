# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl report: one archive with what a bug report needs. Holds names, addresses and
# routes of this guest.

# shellcheck source=scripts/lib/xenstore.sh
. "$XEN_NETFRONT_LIB/xenstore.sh"

# keep FILE COMMAND...: a command's output, and how it ended.
keep()
{
	file=$folder/$1
	shift
	{
		echo "\$ $*"
		"$@" < /dev/null
		echo "(status $?)"
	} >> "$file" 2>&1
}

# xenstore_tree NODE: all nodes below, with their values.
xenstore_tree()
{
	echo "$1 = $(xs_read "$1")"
	for name in $(xs_list "$1"); do
		xenstore_tree "$1/$name"
	done
}

xenstore_devices()
{
	xs_device > /dev/null || { echo "no xenstore device" && return 1; }
	for number in $(xs_list device/vif); do
		xenstore_tree "device/vif/$number"
		xenstore_tree "$(xs_read "device/vif/$number/backend")"
	done
}

collect()
{
	keep machine.txt uname -a
	keep machine.txt cat /etc/os-release /proc/cmdline /sys/hypervisor/type /sys/hypervisor/guest_type
	keep machine.txt date -u
	keep machine.txt uptime
	keep status.txt "$0" status
	keep status.json "$0" status --json
	keep doctor.txt "$0" doctor --all
	keep driver.txt modinfo xen_netfront
	keep driver.txt modprobe --show-depends --ignore-install xen_netfront
	keep driver.txt dkms status
	keep driver.txt dkms --version
	keep driver.txt grep -r . /sys/module/xen_netfront/parameters
	keep driver.txt cat /proc/interrupts
	keep network.txt ip -d -s link
	keep network.txt ip addr
	keep network.txt ip route show table all
	keep network.txt ip neigh
	for device in $(vif_devices); do
		interface=$(interface_of "$device") || continue
		for option in -i -k -l -g -c -S; do
			keep "ethtool-$interface.txt" ethtool $option "$interface"
		done
	done
	keep xenstore.txt xenstore_devices
	dmesg 2>/dev/null | grep -iE 'xen|vif|netfront|BUG|WARNING|Oops|Call Trace' > "$folder/dmesg.txt"
	cp /etc/modprobe.d/xen-netfront.conf "$AT_BOOT" "$folder/" 2>/dev/null
	cp -r "$STATE" "$folder/state" 2>/dev/null
	cp -r "$RUN" "$folder/run" 2>/dev/null
	for log in "/var/lib/dkms/$MODULE"/*/build/make.log "/var/lib/dkms/$MODULE"/*/*/*/log/make.log; do
		[ ! -e "$log" ] || cat "$log" >> "$folder/make.log"
	done
}

ctl_report()
{
	output=
	while [ $# -gt 0 ]; do
		case $1 in
		--output)
			option_value "$@"
			output=$2
			shift
			;;
		*) wrong_usage "report does not know '$1'" ;;
		esac
		shift
	done
	need_root report
	# It names addresses, and a command line may hold a secret: for root's eyes, in a name that
	# nobody can have put there before.
	umask 077
	title=xen-netfront-report-$(uname -n)-$(date -u +%Y%m%dT%H%M%SZ)
	output=${output:-$(mktemp "./$title-XXXXXX.tar.gz" 2>/dev/null)}
	[ -n "$output" ] || fail "cannot write here; use --output"
	workplace=$(mktemp -d) || exit 1
	trap 'rm -rf "$workplace"' EXIT
	folder=$workplace/$title
	mkdir "$folder"
	collect
	tar -czf "$output" -C "$workplace" "$title" || fail "could not write $output"
	echo "$output: read it before you send it, it names this guest's addresses and routes"
}
