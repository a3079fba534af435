# SPDX-License-Identifier: GPL-2.0
# Completion of xen-netfrontctl for bash.

_xen_netfrontctl()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words

	case $before in
	--kernel) words=$(ls /lib/modules) ;;
	--output)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--when) words="idle at next-boot never" ;;
	--peer | --timeout) return ;;
	*)
		case ${COMP_WORDS[1]} in
		status) words="--json --prometheus" ;;
		doctor) words="--json --nagios --prometheus --all" ;;
		apply) words="--peer --timeout --reload --force --when" ;;
		rollback) words="--now --peer --timeout --force --for-good --undo --kernel" ;;
		takeover) words="--yes --at-boot --undo --peer --timeout --force" ;;
		build) words=$(ls /lib/modules) ;;
		timeline) words="--json --plot --output --reload --wait --from --" ;;
		report) words="--output" ;;
		esac
		[ "$COMP_CWORD" -ne 1 ] || words="status doctor apply rollback takeover build timeline report --help --version"
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _xen_netfrontctl xen-netfrontctl
