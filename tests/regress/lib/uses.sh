# shellcheck shell=bash
# What the tests of daily use share.

# counter GUEST REGEX [IFACE]: from ethtool -S, summed over what matches
counter() {
	guest_exec "$1" -t 20 "ethtool -S ${3:-eth0} 2>/dev/null | awk -v c='^($2):\$' '\$1 ~ c {n += \$2} END {print n + 0}'"
}
# quiet GUEST REGEX: its kernel has said nothing like that
quiet() {
	local out
	out=$(guest_exec "$1" -t 20 "dmesg | grep -E '$2'; true") || { echo "its dmesg cannot be read: $out"; return 1; }
	[ -z "$out" ] || { echo "its kernel says:"; echo "$out"; return 1; }
}
# undisturbed GUEST [IFACE]: one connection since the interface came, no reset, nothing dropped or
# lost with a connection. The kernel's own driver has no such counters; what it dropped, the
# interface's own tells.
undisturbed() {
	local out iface=${2:-eth0}
	out=$(guest_exec "$1" -t 20 "d=\$(< /sys/class/net/$iface/statistics/tx_dropped); [ \$d = 0 ] || echo \"tx_dropped \$d\"
		[ $DRIVER = intree ] || ethtool -S $iface | awk '{sub(/:\$/, \"\", \$1)} \$1 == \"connects\" {seen++; if (\$2 != 1) print}
			\$1 == \"resets\" {seen++; if (\$2) print} \$1 ~ /^tx[0-9]+_(dropped|disconnected)\$/ {seen++; if (\$2) print}
			END {if (seen < 4) print \"no such counters in ethtool -S\"}'") || { echo "no answer: $out"; return 1; }
	[ -z "$out" ] || { echo "$iface: $out"; return 1; }
}
