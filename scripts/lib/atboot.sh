# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Takeover at boot: what the admin asks for in $AT_BOOT, and what is remembered of boots.
#
# The file that asks may be empty, or hold lines of
#   peer=ADDRESS      must answer a ping with our driver, or the built-in one gets the devices back;
#                     several: one of them
#   seconds=NUMBER    how long they have to answer, from when the network is configured; 20 if not
#                     said, 5 to 300
#   reboot=no         do not reboot when a device hangs in our driver, and so cannot be given back
#                     (see boot/takeover)
#
# $REFUSED/KERNEL says what did not work there with which version. That is not tried again with the
# same ones, unless the admin asks with "takeover --yes --at-boot". $ATTEMPT is there from before
# our driver gets a device until the network was seen at work: a boot that finds it was preceded by
# one that crashed or hung. Sourced after common.sh. POSIX sh.

# shellcheck source=scripts/lib/cmdline.sh
. "$XEN_NETFRONT_LIB/cmdline.sh"

REFUSED=$STATE/refused
ATTEMPT=$STATE/attempt
# shellcheck disable=SC2034  # read by the scripts that source this file
{
	AT_BOOT_SAID=$RUN/at-boot    # what became of it at this boot: "taken TEXT" or "left TEXT"
	TAKES_NEW=$RUN/takes-new     # there: devices plugged in later go to our driver as well
}

# at_boot_setting NAME: the values, one a line.
at_boot_setting()
{
	sed -n "s/[[:space:]]*$//; s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*//p" "$AT_BOOT" 2>/dev/null | grep .
}

# at_boot_seconds: a number that makes no sense is none.
at_boot_seconds()
{
	seconds=$(at_boot_setting seconds | tail -n 1)
	case $seconds in
	'' | 0* | *[!0-9]* | ????*) seconds=20 ;;
	esac
	[ "$seconds" -ge 5 ] || seconds=5
	[ "$seconds" -le 300 ] || seconds=300
	echo "$seconds"
}

# network_in_image: does the boot image configure the network, before anything of the system runs?
# BOOT and IP are initramfs-tools' own settings.
network_in_image()
{
	[ "${BOOT:-}" != nfs ] && [ -z "${IP:-}" ] || return 0
	read -r cmdline < /proc/cmdline
	for word in $cmdline; do
		case $word in
		ip=off | ip=none) ;;
		ip=* | BOOTIF=* | nfsroot=* | boot=nfs | netboot=* | root=/dev/nfs | root=nfs* | root=http* | netroot=* | rd.neednet=1 | iscsi_*=* | ISCSI_*=*)
			return 0
			;;
		esac
	done
	return 1
}

# on_disk FILE: make sure that it outlives a crash.
on_disk()
{
	sync "$1" "${1%/*}" 2>/dev/null || sync
}

# beside_version KERNEL FILE: sets version, of our module FILE beside the built-in driver. What was
# written down when it was built is as good as asking the file, which takes a process that is dear
# before the network.
beside_version()
{
	version=
	result=
	# shellcheck disable=SC3013  # each shell that may run this knows -nt
	if [ "$STATE/kernels/$1" -nt "$2" ]; then
		while IFS='=' read -r key value; do
			case $key in
			result) result=$value ;;
			version) version=$value ;;
			esac
		done < "$STATE/kernels/$1"
	fi
	[ "$result" = beside ] && [ -n "$version" ] || version=$(driver_version "$2")
}

# refused KERNEL VERSION DEVICE|all: why our driver of that version does not get it there.
refused()
{
	[ -e "$REFUSED/$1" ] || return 1
	[ "$(sed -n 's/^version=//p' "$REFUSED/$1" 2>/dev/null)" = "$2" ] || return 1
	sed -n "s/^all=//p; s/^$3=//p" "$REFUSED/$1" | head -n 1 | grep .
}

# refuse KERNEL VERSION DEVICE|all REASON: what is known of another version is forgotten by that.
refuse()
{
	mkdir -p "$REFUSED" || return 1
	{
		echo "version=$2"
		if [ "$(sed -n 's/^version=//p' "$REFUSED/$1" 2>/dev/null)" = "$2" ]; then
			grep -v -e '^version=' -e "^$3=" "$REFUSED/$1"
		fi
		echo "$3=$4 ($(date -u +%Y-%m-%dT%H:%M:%SZ))"
	} > "$REFUSED/$1.new" && mv "$REFUSED/$1.new" "$REFUSED/$1" && on_disk "$REFUSED/$1"
}

# forgive KERNEL: the admin wants it tried again.
forgive()
{
	rm -f "$REFUSED/$1"
}

# attempt_begins KERNEL VERSION: nothing has happened yet that a half-written line would not tell.
attempt_begins()
{
	{ [ -d "$STATE" ] || mkdir -p "$STATE"; } && echo "$1 $2" > "$ATTEMPT" && on_disk "$ATTEMPT"
}

attempt_ends()
{
	rm -f "$ATTEMPT"
}

# at_boot_state: what became of it at this boot, in words; nothing where nobody asked, or the driver
# is not built in.
at_boot_state()
{
	[ -e "$AT_BOOT" ] || return 1
	case $(running_driver) in
	builtin | beside) ;;
	*) return 1 ;;
	esac
	if read -r word text 2>/dev/null < "$AT_BOOT_SAID"; then
		case $word in
		taken) echo "ours, $text" ;;
		*) echo "the built-in driver: $text" ;;
		esac
	else
		echo "asked for since this boot"
	fi
}
