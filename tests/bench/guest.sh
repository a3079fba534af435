#!/bin/bash
# Runs in the guest: pktgen transmit. One line "packets microseconds" a call.
#
# usage: guest.sh tx SIZE BURST COUNT
#   SIZE bytes without FCS, BURST packets a doorbell at most (clone_skb shares them), COUNT packets
set -e
[ "$1" = tx ] || exit 2
size=$2 burst=$3 count=$4
[ -e /proc/net/pktgen ] || modprobe pktgen
pg() { echo "$2" > "/proc/net/pktgen/$1"; }
pg kpktgend_0 rem_device_all
pg kpktgend_0 "add_device eth0"
pg eth0 "count $count"
pg eth0 "clone_skb 1000"
pg eth0 "pkt_size $size"
pg eth0 "delay 0"
pg eth0 "burst $burst"
pg eth0 "dst 10.99.0.1"
pg eth0 "dst_mac $(ip neigh show 10.99.0.1 dev eth0 | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')"
pg pgctrl start
sed -n 's/.*Result: OK: \([0-9]*\)(.*, \([0-9]*\) .*byte.*/\2 \1/p' /proc/net/pktgen/eth0
pg kpktgend_0 rem_device_all
