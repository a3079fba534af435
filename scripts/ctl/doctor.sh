# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl doctor: what would cost the network, or our driver, at the next boot, and the
# command that mends it.
#
# Reads only. A check is a file doctor/NN-NAME.sh, asked in the order of the numbers, that defines
# one or more of
#   check_NAME_system    asks the system, also one in a chroot
#   check_NAME_machine   asks the machine that runs; not in a chroot, where these would be asked of
#                        the machine around it
#   check_NAME_kernel    asks about $kernel, for each kernel that matters
# Each calls found() for a fault and is silent otherwise; a call is the whole of a finding:
# severity, code, words, mend. A new check is one such file, and one line of
# tests/packages/cases/doctor that plants the fault; nothing else has to name it.
#   critical: the next boot may have no network. warning: the network stays, our driver would not be
#   used. note: the next boot is sound, a change of driver before it would be refused; or only root
#   can see it. A note stops no roll-out.
# A mend mends what it stands for when it is typed in as it is; what else there is to know follows
# as a comment of the shell's. What checks may use: installer and reinstall, the beginnings of this
# distribution's commands; visits, the kernels that are asked about; of a kernel what the checks
# before have found out: way (fit), misfit (source), our (built), version and readable (file).
# Findings are lines of "severity<TAB>code<TAB>kernel<TAB>text<TAB>mend" in $findings.

# shellcheck source=scripts/lib/atboot.sh
. "$XEN_NETFRONT_LIB/atboot.sh"
# shellcheck source=scripts/lib/window.sh
. "$XEN_NETFRONT_LIB/window.sh"
# shellcheck source=scripts/lib/images.sh
. "$XEN_NETFRONT_LIB/images.sh"
# shellcheck source=scripts/lib/signatures.sh
. "$XEN_NETFRONT_LIB/signatures.sh"
# shellcheck source=scripts/ctl/doctor/mends.sh
. "$XEN_NETFRONT_LIB/ctl/doctor/mends.sh"

# The names of the checks, in their order.
CHECKS=
for file in "$XEN_NETFRONT_LIB"/ctl/doctor/[0-9]*.sh; do
	# shellcheck source=/dev/null
	. "$file"
	check=${file##*/[0-9][0-9]-}
	CHECKS="$CHECKS ${check%.sh}"
done

# found SEVERITY CODE WORDS MEND: of $kernel, or of the machine where that is "-"
found()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$kernel" "$3" "$4" >> "$findings"
}

# check_each ABOUT...: asks all checks, one after the other, what each has to ask about system,
# machine or kernel
check_each()
{
	for check in $CHECKS; do
		for about; do
			! command -v "check_${check}_$about" > /dev/null || "check_${check}_$about"
		done
	done
}

# loader_default: the kernel that the boot loader starts when nobody chooses, where it tells. It
# need not be the newest: Oracle's have two kinds, and an admin may have gone back to an older one.
loader_default()
{
	command -v grubby > /dev/null && default=$(grubby --default-kernel 2>/dev/null) || return 0
	default=${default##*/vmlinuz-}
	[ -z "$default" ] || [ ! -d "/lib/modules/$default/kernel" ] || echo "$default"
}

# kernels_to_visit next|all: those that matter, the running one, the newest and the boot loader's;
# or all.
kernels_to_visit()
{
	if [ "$1" = all ]; then
		all_kernels
	else
		{
			# Headers alone boot nothing.
			for installed in $(all_kernels); do
				[ ! -d "/lib/modules/$installed/kernel" ] || echo "$installed"
			done | tail -n 1
			[ ! -d "/lib/modules/$(uname -r)" ] || uname -r
			loader_default
		} | sort -uV
	fi
}

# examine next|all: writes what all checks find into $findings
# shellcheck disable=SC2034  # what checks read
examine()
{
	if [ -e /etc/debian_version ]; then
		installer="apt install"
		reinstall="apt install --reinstall $(our_package)"
	else
		installer="dnf install"
		reinstall="dnf reinstall $(our_package)"
		command -v dnf > /dev/null || { installer="yum install" && reinstall="yum reinstall $(our_package)"; }
	fi
	visits=$(kernels_to_visit "$1")
	kernel=-
	if in_chroot; then check_each system; else check_each system machine; fi
	for kernel in $visits; do
		way=
		misfit=
		our=
		version=
		readable=0
		check_each kernel
	done
}

# print_findings: for people
print_findings()
{
	while IFS='	' read -r severity code kernel text mend; do
		[ "$kernel" = - ] && where= || where="$kernel: "
		printf "%s\n" "$severity: $where$text [$code]" "    mend: $mend"
	done < "$findings"
}

# print_json RESULT
print_json()
{
	case $1 in
	0) verdict=sound ;;
	1) verdict=warning ;;
	2) verdict=critical ;;
	esac
	printf '{"verdict":"%s","driver":%s,"findings":[' "$verdict" "$(json_string "$(running_driver)")"
	separator=
	while IFS='	' read -r severity code kernel text mend; do
		printf '%s{"severity":"%s","code":"%s","kernel":%s,"text":%s,"mend":%s}' "$separator" "$severity" "$code" \
			"$(json_string "${kernel#-}")" "$(json_string "$text")" "$(json_string "$mend")"
		separator=,
	done < "$findings"
	printf ']}\n'
}

# counted_findings SEVERITY
counted_findings()
{
	grep -c "^$1" "$findings"
}

# print_nagios RESULT: one line as Nagios, Icinga and NRPE want it, the findings after it; the exit
# status is theirs as it is.
print_nagios()
{
	case $1 in
	0) word=OK ;;
	1) word=WARNING ;;
	2) word=CRITICAL ;;
	esac
	worst=$(sed -n "$([ "$1" = 2 ] && echo '/^critical/p' || echo '/^warning/p')" "$findings" | cut -f4 | head -n 1 | tr '|' '/')
	echo "XEN_NETFRONT $word - ${worst:-the next boot is sound}, driver $(running_driver) $(running_version) | critical=$(counted_findings critical) warning=$(counted_findings warning)"
	print_findings | tr '|' '/'
}

# print_prometheus RESULT: for node_exporter's textfile collector
print_prometheus()
{
	echo '# HELP xen_netfront_doctor What xen-netfrontctl doctor says of the next boot: 0 sound, 1 warning, 2 critical.'
	echo '# TYPE xen_netfront_doctor gauge'
	echo "xen_netfront_doctor $1"
	echo '# HELP xen_netfront_doctor_findings Its findings.'
	echo '# TYPE xen_netfront_doctor_findings gauge'
	for severity in critical warning note; do echo "xen_netfront_doctor_findings{severity=\"$severity\"} $(counted_findings $severity)"; done
}

ctl_doctor()
{
	form=text
	scope=next
	for word; do
		case $word in
		--json) form=json ;;
		--nagios) form=nagios ;;
		--prometheus) form=prometheus ;;
		--all) scope=all ;;
		*) wrong_usage "doctor does not know '$word'" ;;
		esac
	done
	findings=$(mktemp) || exit 1
	trap 'rm -f "$findings"' EXIT
	examine $scope
	result=0
	! grep -qv '^note' "$findings" || result=1
	! grep -q '^critical' "$findings" || result=2
	case $form in
	json) print_json $result ;;
	nagios) print_nagios $result ;;
	prometheus) print_prometheus $result ;;
	*) print_findings ;;
	esac
	exit $result
}
