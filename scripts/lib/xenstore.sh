# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Reading xenstore from inside a guest with nothing but a shell: xenstore's own tools are rarely
# installed there.
#
# Sourced. The wire format (xen/include/public/io/xs_wire.h): four little-endian words type,
# request, transaction and length, then the body; the answer looks the same. XS_DIRECTORY is 1,
# XS_READ is 2, XS_ERROR is 16.

# xs_device: the device file to ask. XEN_NETFRONT_XENBUS names another one, for tests.
xs_device()
{
	for device in "${XEN_NETFRONT_XENBUS:-/dev/xen/xenbus}" /proc/xen/xenbus; do
		if [ -e "$device" ]; then
			echo "$device"
			return 0
		fi
	done
	return 1
}

# xs_request TYPE PATH: the answer's body as it comes (XS_DIRECTORY: names with a NUL after each).
# Status 1 for an error answer or no xenstore.
xs_request()
{
	device=$(xs_device) || return 1
	length=$((${#2} + 1))
	{
		# shellcheck disable=SC2059  # the format is the message
		{
			printf "\\00$1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
			printf "\\$(printf %03o $((length % 256)))\\$(printf %03o $((length / 256)))\\0\\0%s\\0" "$2"
		} >&3
		# shellcheck disable=SC2046  # four words
		set -- $(dd bs=16 count=1 <&3 2>/dev/null | od -An -tu4)
		[ $# -eq 4 ] || return 1
		[ "$4" -eq 0 ] || dd bs="$4" count=1 <&3 2>/dev/null | if [ "$1" = 16 ]; then cat > /dev/null; else cat; fi
		[ "$1" != 16 ]
	} 3<> "$device" 2>/dev/null
}

# xs_read PATH: a node's value. A relative path starts at this guest's home.
xs_read()
{
	xs_request 2 "$1"
}

# xs_list PATH: the names below a node, one a line.
xs_list()
{
	xs_request 1 "$1" | tr '\0' '\n'
}

# xs_state NUMBER: the name of a XenbusState.
xs_state()
{
	case ${1:-} in
	0) echo Unknown ;;
	1) echo Initialising ;;
	2) echo InitWait ;;
	3) echo Initialised ;;
	4) echo Connected ;;
	5) echo Closing ;;
	6) echo Closed ;;
	7) echo Reconfiguring ;;
	8) echo Reconfigured ;;
	*) echo "unknown (${1:-no answer})" ;;
	esac
}
