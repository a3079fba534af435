# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Traffic control: queueing disciplines that are not the kernel's own, filters, and what other
# interfaces send over this one.

queueing_obstacles()
{
	net_sees "queueing disciplines of $1" tc qdisc show dev "$1"
	tc qdisc show dev "$1" 2>/dev/null |
		while read -r _ kind handle _; do
			case $kind:$handle in
			# Handle 0: is the kernel's, whoever chose the kind for all interfaces
			# (net.core.default_qdisc).
			noqueue:* | noop:* | mq:0: | pfifo_fast:0: | fq:0: | fq_codel:0: | fq_pie:0: | pfifo:0: | sfq:0: | cake:0:) ;;
			*) echo "$1 has a queueing discipline of its own ($kind)" ;;
			esac
		done
	{
		tc actions list action mirred
		tc actions list action ife
	} 2>/dev/null | grep -q " device $1)" && echo "a filter of tc sends frames to $1 (tc actions list action mirred)"
	# Programs attached by a link (tcx) are seen by bpftool alone.
	if command -v bpftool > /dev/null; then
		bpftool net show dev "$1" 2>/dev/null | grep -qE "^$1\([0-9]+\) tcx/" && echo "$1 has BPF programs (tcx)"
	fi
	return 0
}
