# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2154  # of agent, lib.sh and the words of this run
# Native XDP: programs that pass, drop and send back every frame; the first lets all traffic
# through, the others none, and when they are gone all is as before. The programs are two
# instructions each, put into an ELF file here.

# shellcheck source=kit/guest/tests/traffic.sh
. "$kit/guest/tests/traffic.sh"

interfaces_of_xdp()
{
	echo "$NETIF"
}

# le BYTES NUMBER...: each as so many bytes, the lowest first
le()
{
	le_bytes=$1
	shift
	for le_number; do
		le_i=0
		while [ $le_i -lt "$le_bytes" ]; do
			# shellcheck disable=SC2059  # the format is the byte
			printf "\\$(printf %03o $((le_number % 256)))"
			le_number=$((le_number / 256))
			le_i=$((le_i + 1))
		done
	done
}

# section NAME TYPE FLAGS OFFSET SIZE LINK INFO ALIGN ENTRY-SIZE: its header
section()
{
	le 4 "$1" "$2"
	le 8 "$3" 0 "$4" "$5"
	le 4 "$6" "$7"
	le 8 "$8" "$9"
}

# program ACTION: an object file of BPF (little-endian) with one program "p" in section "xdp" that
# returns ACTION. A header of 64 bytes, at 64 the program (r0 = ACTION; exit), at 80 the license, at
# 84 the names (31 bytes), at 120 two symbols (of 24 bytes), at 168 the five sections' headers.
program()
{
	printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000'
	le 2 1 247
	le 4 1
	le 8 0 0 168
	le 4 0
	le 2 64 0 0 64 5 3
	le 1 183 0 0 0
	le 4 "$1"
	le 1 149 0 0 0 0 0 0 0
	printf 'GPL\000'
	printf '\000xdp\000license\000.strtab\000.symtab\000p\000'
	printf '\000\000\000\000\000'
	le 8 0 0 0
	le 4 29
	le 1 18 0
	le 2 1
	le 8 0 16
	section 0 0 0 0 0 0 0 0 0
	section 1 1 6 64 16 0 0 8 0
	section 5 1 3 80 4 0 0 1 0
	section 13 3 0 84 31 0 0 1 0
	section 21 2 0 120 48 3 1 8 24
}

# attach MODE ACTION
attach()
{
	program "$2" > "$out/program.o"
	ip -force link set dev "$NETIF" "$1" obj "$out/program.o" sec xdp
}
detach()
{
	ip link set dev "$NETIF" "$1" off
}
silent()
{
	! ping -c 2 -W 1 -i 0.5 "$REMOTE_V4" > /dev/null 2>&1 || { echo "$REMOTE_V4 answers while every frame is dropped or sent back"; return 1; }
}

test_xdp()
{
	begin
	if ! attached=$(attach xdpgeneric 2 2>&1); then
		result skip "a program that passes everything" "this kernel or this ip cannot: $attached"
		return 0
	fi
	detach xdpgeneric > /dev/null 2>&1
	if ! attached=$(attach xdpdrv 2 2>&1); then
		case $attached in
		*'not supported'*) result skip "a program that passes everything" "the driver has no native XDP: $attached" ;;
		*) result not-ok "a program that passes everything" "$attached" ;;
		esac
		return 0
	fi
	result ok "a program that passes everything"
	try "traffic passes it" comes_back 15
	blob 1048576
	tcp_by_sum "TCP passes it" "$REMOTE_V4" 1048576
	for action in 1:drops 3:"sends back"; do
		if attached=$(attach xdpdrv "${action%%:*}" 2>&1); then
			result ok "a program that ${action#*:} everything"
			try "nothing passes it, ${action#*:}" silent
		else
			result not-ok "a program that ${action#*:} everything" "$attached"
		fi
	done
	try "it is detached" detach xdpdrv
	try "traffic as before" comes_back 20
}

undo_xdp()
{
	detach xdpdrv
	detach xdpgeneric
}
