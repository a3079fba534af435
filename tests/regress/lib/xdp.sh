# shellcheck shell=bash
# What tests of XDP programs share; the guest is g1.

# ethtool_sum NAME [INTERFACE]: a counter, summed over queues
ethtool_sum() { guest_exec g1 "ethtool -S ${2:-eth0} | awk '/[rt]x[0-9]+_$1:/ {n += \$2} END {print n + 0}'"; }
connected() { [ "$(xs "$(fe_path g1)/state")" = 4 ] && [ "$(xs "$(be_path g1)/state")" = 4 ]; }
# told VALUE: the backend was told so, and both ends are connected
told() { connected && [ "$(xs "$(fe_path g1)/feature-no-csum-offload")" = "$1" ]; }
