# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Are the driver's options such that it takes them?

# check_options_range OPTION VALUE LOWEST HIGHEST: the driver's own limits, see xen-netfront(4).
check_options_range()
{
	case $2 in
	'' | *[!0-9]* | ??????*) ;;
	*) [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || return 0 ;;
	esac
	found warning bad-option "option $1=$2 is not a number from $3 to $4" "$(unoption_command "$1")"
}

check_options_system()
{
	for word in $(modprobe_config | sed -n 's/^options xen_netfront //p'); do
		name=${word%%=*}
		value=${word#*=}
		case $name in
		max_queues) check_options_range "$name" "$value" 0 64 ;;
		close_timeout_ms) check_options_range "$name" "$value" 100 15000 ;;
		trusted)
			case $value in
			0 | 1 | y | n | Y | N) ;;
			*) found warning bad-option "option trusted=$value is neither 0 nor 1" "$(unoption_command "$name")" ;;
			esac
			;;
		*) found warning bad-option "the driver has no option $name" "$(unoption_command "$name")" ;;
		esac
	done
}
