# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What an admin sets of an interface by files of /proc and /sys.

# net_settings X: files of /proc and /sys with their values, one "FILE:VALUE" a line.
net_settings()
{
	grep -s . /proc/sys/net/*/conf/"$1"/* /proc/sys/net/*/neigh/"$1"/* \
		/sys/class/net/"$1"/ifalias /sys/class/net/"$1"/tx_queue_len /sys/class/net/"$1"/netdev_group \
		/sys/class/net/"$1"/gro_flush_timeout /sys/class/net/"$1"/napi_defer_hard_irqs /sys/class/net/"$1"/threaded
}

# net_queue_settings X: the same of its queues, which may come only when the backend has agreed to
# them.
net_queue_settings()
{
	grep -s . /sys/class/net/"$1"/queues/rx-*/rps_cpus /sys/class/net/"$1"/queues/rx-*/rps_flow_cnt \
		/sys/class/net/"$1"/queues/tx-*/xps_cpus /sys/class/net/"$1"/queues/tx-*/xps_rxqs /sys/class/net/"$1"/queues/tx-*/tx_maxrate \
		/sys/class/net/"$1"/queues/tx-*/byte_queue_limits/limit_m??
}

# net_set < SETTINGS. Some hundred files: a process for each takes longer on a busy machine than the
# watchdog waits.
net_set()
{
	while IFS=: read -r file value; do
		[ -w "$file" ] || continue
		now=
		read -r now < "$file"
		[ "$now" = "$value" ] || printf '%s\n' "$value" > "$file"
	done 2>/dev/null
	return 0
}
