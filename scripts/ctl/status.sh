# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl status: what runs now. Reads only; works with either driver and on a machine
# without Xen.

# shellcheck source=scripts/lib/xenstore.sh
. "$XEN_NETFRONT_LIB/xenstore.sh"
# shellcheck source=scripts/lib/atboot.sh
. "$XEN_NETFRONT_LIB/atboot.sh"
# shellcheck source=scripts/lib/window.sh
. "$XEN_NETFRONT_LIB/window.sh"

# What an end can offer to take: the name we print, and the node it publishes. The filter is the
# backend's alone.
FEATURES="sg:feature-sg tso4:feature-gso-tcpv4 tso6:feature-gso-tcpv6 csum6:feature-ipv6-csum-offload"
BACKEND_FEATURES="$FEATURES multicast:feature-dynamic-multicast-control"

# offered FOLDER NAME:NODE...: the names of what that end offers
offered()
{
	offers=$1
	shift
	for pair; do
		[ "$(xs_read "$offers/${pair#*:}")" != 1 ] || printf '%s ' "${pair%:*}"
	done
}

# unseen: why nobody here can ask xenstore; status 1 when it can be asked
unseen()
{
	if ! node=$(xs_device); then
		echo "there is no xenstore here"
	elif [ ! -r "$node" ] || [ ! -w "$node" ]; then
		echo "only root can ask xenstore"
	else
		return 1
	fi
}

# state_words STATE
state_words()
{
	if why=$(unseen); then echo "not known: $why"; else xs_state "$1"; fi
}

# offer_words OFFERED
offer_words()
{
	if why=$(unseen); then echo "not known: $why"; else echo "${1:-plain packets only}"; fi
}

counted()
{
	count=0
	for queue; do
		[ ! -e "$queue" ] || count=$((count + 1))
	done
	echo $count
}

# Sets the facts of one device: interface, frontend, backend, rx_queues, tx_queues, carrier, mac,
# mtu, from_guest, to_guest, split.
look_at()
{
	device=$1
	node=device/vif/${device#vif-}
	interface=$(interface_of "$device") || interface=
	frontend=$(xs_read "$node/state") || frontend=
	backend_node=$(xs_read "$node/backend") || backend_node=
	backend=
	from_guest=
	[ -z "$backend_node" ] || {
		backend=$(xs_read "$backend_node/state") || backend=
		# shellcheck disable=SC2086  # words
		from_guest=$(offered "$backend_node" $BACKEND_FEATURES)
	}
	# shellcheck disable=SC2086
	to_guest=$(offered "$node" $FEATURES)
	split=0
	if [ -n "$(xs_read "$node/event-channel-tx")$(xs_read "$node/queue-0/event-channel-tx")" ]; then
		split=1
	fi
	sys=/sys/class/net/$interface
	rx_queues=$(counted "$sys"/queues/rx-*)
	tx_queues=$(counted "$sys"/queues/tx-*)
	carrier=$(cat "$sys/carrier" 2>/dev/null) || carrier=0
	mac=$(cat "$sys/address" 2>/dev/null)
	mtu=$(cat "$sys/mtu" 2>/dev/null)
}

# last_swap: what the last change of driver cost, or nothing.
last_swap()
{
	cat "$RUN/swap/verdict" 2>/dev/null
}

# since_words: when the running driver came, in UTC
since_words()
{
	date -u -d "@$(running_since)" +%Y-%m-%dT%H:%M:%SZ
}

# change_words: what would be changed, and when, or why not
change_words()
{
	change=$(pending) || return 1
	if why=$(window_refused "${change% *}"); then
		echo "installed ${change% *}, running ${change#* }: not tried again in the window ($why)"
	else
		echo "installed ${change% *}, running ${change#* }: changed $(window_words)"
	fi
}

# package_of FILE: of a module that was not built here
package_of()
{
	is_prebuilt "$1" && prebuilt_package "$1"
}

status_text()
{
	kernel=$(uname -r)
	case $(running_driver) in
	ours) echo "driver     ours, version $(running_version)" ;;
	beside) echo "driver     ours, version $(running_version), beside the one built into the kernel" ;;
	intree) echo "driver     the distribution's, a module" ;;
	builtin) echo "driver     the distribution's, built into the kernel" ;;
	none) echo "driver     none is loaded" ;;
	esac
	[ "$(running_driver)" = none ] || echo "since      $(since_words)"
	echo "kernel     $kernel"
	if file=$(chosen_file "$kernel"); then
		if version=$(driver_version "$file"); then
			echo "installed  ours, version $version ($file$(from=$(package_of "$file") && echo ", built module of $from"))"
		else
			echo "installed  the distribution's ($file)"
		fi
	fi
	if change=$(change_words); then echo "change     $change"; fi
	[ ! -e "$APPLY_WHEN" ] || echo "window     changes are made $(window_words)"
	if state=$(at_boot_state); then echo "at boot    $state"; fi
	[ ! -s "$RUN/fallback" ] || echo "fallback   at boot: $(cat "$RUN/fallback")"
	[ -z "$(last_swap)" ] || echo "last swap  $(last_swap)"
	if [ -z "$(vif_devices)" ]; then
		echo "interfaces none: this machine has no network device from Xen"
		return 1
	fi
	for each in $(vif_devices); do
		look_at "$each"
		echo
		echo "${interface:-(no interface)}  $device, MAC ${mac:-?}, MTU ${mtu:-?}, carrier $([ "$carrier" = 1 ] && echo on || echo off)"
		echo "  frontend  $(state_words "$frontend")"
		echo "  backend   $(state_words "$backend")${backend_node:+ ($backend_node)}"
		echo "  queues    $rx_queues receive, $tx_queues transmit, $([ $split = 1 ] && echo "an interrupt for each" || echo "one interrupt for both")"
		echo "  offered   by the backend: $(offer_words "${from_guest% }")"
		echo "            by the guest:   $(offer_words "${to_guest% }")"
	done
}

status_json()
{
	kernel=$(uname -r)
	printf '{"driver":%s,' "$(json_string "$(running_driver)")"
	printf '"version":%s,' "$(json_string "$(running_version)")"
	printf '"kernel":%s,' "$(json_string "$kernel")"
	printf '"running_since":%s,' "$(json_string "$(since_words)")"
	printf '"change":%s,' "$(json_string "$(change_words)")"
	printf '"window":%s,' "$(json_string "$(window_setting when '')")"
	printf '"installed_file":%s,' "$(json_string "$(chosen_file "$kernel")")"
	printf '"installed_version":%s,' "$(json_string "$(our=$(our_file "$kernel") && driver_version "$our")")"
	printf '"installed_package":%s,' "$(json_string "$(our=$(our_file "$kernel") && package_of "$our")")"
	printf '"takeover_at_boot":%s,' "$(json_string "$(at_boot_state)")"
	printf '"fallback":%s,' "$(json_string "$(cat "$RUN/fallback" 2>/dev/null)")"
	printf '"last_swap":%s,' "$(json_string "$(last_swap)")"
	printf '"interfaces":['
	separator=
	for each in $(vif_devices); do
		look_at "$each"
		printf '%s{"device":%s,"interface":%s,' "$separator" "$(json_string "$device")" "$(json_string "$interface")"
		printf '"frontend":%s,"backend":%s,' "$(json_string "$(xs_state "$frontend")")" "$(json_string "$(xs_state "$backend")")"
		printf '"backend_node":%s,"mac":%s,' "$(json_string "$backend_node")" "$(json_string "$mac")"
		printf '"mtu":%d,"carrier":%d,"rx_queues":%d,"tx_queues":%d,"split_event_channels":%d,' \
			"${mtu:-0}" "$carrier" "$rx_queues" "$tx_queues" "$split"
		printf '"features_to_backend":%s,"features_to_guest":%s}' \
			"$(json_string "${from_guest% }")" "$(json_string "${to_guest% }")"
		separator=,
	done
	printf ']}\n'
}

# One metric of node_exporter's text format: metric NAME HELP, then its samples on standard input.
metric()
{
	echo "# HELP xen_netfront_$1 $2"
	echo "# TYPE xen_netfront_$1 gauge"
	sed "s/^/xen_netfront_$1/"
}

status_prometheus()
{
	kernel=$(uname -r)
	version=$(running_version)
	echo "{driver=\"$(running_driver)\",version=\"$version\",kernel=\"$kernel\"} 1" |
		metric info "The running driver; ours carries a version."
	echo " $(running_since)" | metric running_since_seconds "When the running driver's first interface came, in seconds since 1970."
	if installed=$(our_file "$kernel") && installed=$(driver_version "$installed"); then
		echo "{version=\"$installed\"} 1" | metric installed_info "The version of ours that is installed for the running kernel."
	fi
	change=$(pending) && differs=1 || differs=0
	echo " $differs" | metric change_pending "1 if another version is installed than the one that runs."
	window_refused "${change% *}" > /dev/null && failed=1 || failed=0
	echo " $failed" | metric window_failed "1 if a change in the window failed, and is not tried again with that version."
	[ -s "$RUN/fallback" ] && fell=1 || fell=0
	echo " $fell" | metric fallback "1 if the distribution's driver was loaded because ours could not be."
	if [ -e "$AT_BOOT" ]; then
		[ "$(running_driver)" = beside ] && took=1 || took=0
		echo " $took" | metric takeover_at_boot "1 if ours has devices of a built-in driver, as is asked for at each boot; 0 if it has none."
	fi
	facts=$(for each in $(vif_devices); do
		look_at "$each"
		echo "device=\"$device\",interface=\"$interface\" ${frontend:-0} ${backend:-0} $rx_queues $tx_queues $carrier"
	done)
	[ -n "$facts" ] || return 0
	column=2
	for name in frontend_state backend_state rx_queues tx_queues carrier; do
		case $name in
		*_state) help="XenbusState; 4 is Connected." ;;
		*_queues) help="Number of queues." ;;
		carrier) help="1 if the link is up." ;;
		esac
		echo "$facts" | awk -v column=$column '{ print "{" $1 "} " $column }' | metric "$name" "$help"
		column=$((column + 1))
	done
}

ctl_status()
{
	case ${1:-} in
	'') status_text ;;
	--json) status_json ;;
	--prometheus) status_prometheus ;;
	*) wrong_usage "status does not know '$1'" ;;
	esac
}
