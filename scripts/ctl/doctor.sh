# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# xen-netfrontctl doctor: what would cost the network, or our driver, at the next boot, and the command that mends it.
#
# Reads only. One function a question; each calls found() for a fault and is silent otherwise. Findings are lines of
# "severity<TAB>code<TAB>kernel<TAB>text<TAB>command" in $findings.
#   critical: the next boot may have no network. warning: the network stays, our driver would not be used. note: the next boot is
#   sound, a change of driver before it would be refused; or only root can see it.
# A command mends what it stands for when it is typed in as it is; what else there is to know follows as a comment of the shell's.

# shellcheck source=scripts/lib/atboot.sh
. "$XEN_NETFRONT_LIB/atboot.sh"
# shellcheck source=scripts/lib/window.sh
. "$XEN_NETFRONT_LIB/window.sh"
# shellcheck source=scripts/lib/whence.sh
. "$XEN_NETFRONT_LIB/whence.sh"

# found SEVERITY CODE TEXT COMMAND
found()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$kernel" "$3" "$4" >> "$findings"
}

# ---- questions about the machine (kernel is "-") ----

# The hook that builds the driver for the next kernel.
check_kernel_hook()
{
	# Red Hat's kernels call one or the other, Debian's the first.
	set -- /etc/kernel/postinst.d/dkms-xen-netfront
	[ -e /etc/debian_version ] || set -- "$@" /usr/lib/kernel/install.d/45-xen-netfront.install
	for hook; do
		[ -x "$hook" ] || found warning hook-missing "$hook is missing or not executable: no build for the next kernel" "$reinstall"
	done
	if [ -e "$AT_BOOT" ] && [ "$(systemctl is-enabled xen-netfront-takeover.service 2>/dev/null)" = masked ]; then
		found warning at-boot-masked "takeover at boot is asked for, and its unit is masked" "systemctl unmask xen-netfront-takeover.service"
	fi
	[ -x "$XEN_NETFRONT_LIB/kernels" ] || found warning hook-missing "$XEN_NETFRONT_LIB/kernels is missing" "$reinstall"
}

modprobe_config()
{
	modprobe -c 2>/dev/null
}

# modprobe_files REGEX: those of modprobe's configuration that have such a line, but our own
modprobe_files()
{
	grep -lsE "^[[:space:]]*$1" /etc/modprobe.d/*.conf /run/modprobe.d/*.conf /usr/local/lib/modprobe.d/*.conf /usr/lib/modprobe.d/*.conf \
		/lib/modprobe.d/*.conf | grep -v '/xen-netfront\.conf$' | tr '\n' ' '
}

# unset_command blacklist|install: what takes such lines away
unset_command()
{
	files=$(modprobe_files "$1[[:space:]]+xen.netfront([[:space:]]|\$)")
	if [ -n "$files" ]; then
		printf '%s\n' "sed -i -E '/^[[:space:]]*$1[[:space:]]+xen.netfront([[:space:]]|\$)/d' ${files% }"
	elif [ "$1" = blacklist ]; then
		unboot_command "modprobe.blacklist=xen_netfront"
	else
		echo "modprobe -c | grep '^$1 xen_netfront'   # and take that line out of the file it is in"
	fi
}

# unoption_command NAME: what takes an option of the driver away
unoption_command()
{
	options='options[[:space:]]+xen.netfront'
	files=$(modprobe_files "${options}[[:space:]](.*[[:space:]])?$1(=|[[:space:]]|\$)")
	! grep -qsE "^[[:space:]]*${options}[[:space:]](.*[[:space:]])?$1(=|[[:space:]]|\$)" /etc/modprobe.d/xen-netfront.conf ||
		files="$files/etc/modprobe.d/xen-netfront.conf "
	if [ -n "$files" ]; then
		printf '%s\n' "sed -i -E -e '/$options/s/[[:space:]]$1(=[^[:space:]]*)?//' -e '/^[[:space:]]*${options}[[:space:]]*\$/d' ${files% }"
	else
		unboot_command "xen_netfront.$1"
	fi
}

# unboot_command WORD: what takes it off the kernel's command line, from the next boot on
unboot_command()
{
	files=$(grep -lsF -e "$1" /etc/default/grub /etc/default/grub.d/*.cfg | tr '\n' ' ')
	if command -v grubby > /dev/null; then
		echo "grubby --update-kernel=ALL --remove-args=$1"
	elif command -v update-grub > /dev/null && [ -n "$files" ]; then
		printf '%s\n' "sed -i -E 's|([ \"])$1[^ \"]*|\\1|' ${files% } && update-grub"
	else
		echo "# take $1 out of the boot loader's configuration"
	fi
}

check_modprobe_config()
{
	config=$(modprobe_config)
	if echo "$config" | grep -q '^blacklist xen_netfront$'; then
		found critical blacklisted "modprobe's configuration blacklists xen_netfront" "$(unset_command blacklist)"
	fi
	# The first of several is run.
	installs=$(printf '%s\n' "$config" | grep '^install xen_netfront ' | head -n 1)
	case $installs in
	*xen-netfront/load*) ;;
	'') found warning no-fallback "modprobe does not know the way back to the distribution's driver" \
		"grep ^install $XEN_NETFRONT_LIB/modprobe.conf >> /etc/modprobe.d/xen-netfront.conf" ;;
	*) found critical foreign-install "modprobe runs a command of somebody else's instead of loading the driver: ${installs#install xen_netfront }" \
		"$(unset_command install)" ;;
	esac
	[ -x "$XEN_NETFRONT_LIB/load" ] ||
		found warning no-fallback "$XEN_NETFRONT_LIB/load is missing: no way back to the distribution's driver" "$reinstall"
}

# check_range OPTION VALUE LOWEST HIGHEST: the driver's own limits, see xen-netfront(4).
check_range()
{
	case $2 in
	'' | *[!0-9]* | ??????*) ;;
	*) [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ] || return 0 ;;
	esac
	found warning bad-option "option $1=$2 is not a number from $3 to $4" "$(unoption_command "$1")"
}

check_options()
{
	for word in $(modprobe_config | sed -n 's/^options xen_netfront //p'); do
		name=${word%%=*}
		value=${word#*=}
		case $name in
		max_queues) check_range "$name" "$value" 0 64 ;;
		close_timeout_ms) check_range "$name" "$value" 100 15000 ;;
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

check_command_line()
{
	read -r cmdline < /proc/cmdline
	for word in $cmdline; do
		case $word in
		modprobe.blacklist=* | module_blacklist=* | rd.driver.blacklist=*)
			case ",${word#*=}," in
			*,xen_netfront,* | *,xen-netfront,*)
				found critical blacklisted "the kernel's command line has $word" "$(unboot_command "$word")" ;;
			esac
			;;
		esac
	done
	! intree_asked || found warning intree-asked "the kernel's command line asks for the distribution's driver (xen-netfront=intree)" \
		"$(unboot_command xen-netfront=intree)"
}

check_this_boot()
{
	# What was mended since, by apply, is no finding.
	[ ! -s "$RUN/fallback" ] || [ "$(running_driver)" = ours ] ||
		found warning fallback-used "this boot took the distribution's driver: $(cat "$RUN/fallback")" "xen-netfrontctl apply"
	for device in $(vif_devices); do
		interface_of "$device" > /dev/null && continue
		# One that has its driver has its interface, too: in a container's network namespace. The next boot is sound.
		if [ -e "/sys/bus/xen/devices/$device/driver" ] || [ "$(cat "/sys/bus/xen/devices/$device/state" 2>/dev/null)" = Connected ]; then
			found warning interface-elsewhere "$device has no interface here; it may be in another network namespace, and apply refuses" \
				"lsns -t net   # of a process there: nsenter -t PID -n ip link set INTERFACE netns 1"
		else
			found critical no-interface "$device has no interface" "dmesg | grep -i -e netfront -e $device"
		fi
	done
}

# A change in the admin's window that failed, and the timer that would make it.
check_window()
{
	[ -e "$APPLY_WHEN" ] || return 0
	if change=$(pending) && why=$(window_refused "${change% *}"); then
		found warning window-failed "the change to version ${change% *} in the window failed: $why" \
			"xen-netfrontctl apply --when '$(window_setting when)'   # has it tried again"
	fi
	case $(window_setting when) in
	idle | at\ *)
		[ -L "$UNITS/timers.target.wants/$TIMER" ] || found warning window-off "a window is set, and its timer is off" \
			"xen-netfrontctl apply --when '$(window_setting when)'"
		;;
	esac
}

# What apply, rollback and takeover would refuse now, in the same words.
check_change()
{
	[ -n "$(vif_devices)" ] || return 0
	command -v ip > /dev/null || {
		found note change-refused "apply, rollback and takeover would refuse: addresses could not be put back (ip is not installed)" "$installer iproute2"
		return
	}
	if [ "$(id -u)" != 0 ]; then
		found note change-unseen "only root can see whether apply, rollback or takeover would refuse" "sudo xen-netfrontctl doctor"
		return
	fi
	# shellcheck source=scripts/lib/netstate.sh
	. "$XEN_NETFRONT_LIB/netstate.sh"
	# shellcheck source=/dev/null
	. "$XEN_NETFRONT_LIB/ctl/apply.sh"
	obstacles | while read -r obstacle; do
		[ -z "$obstacle" ] || found note change-refused "apply, rollback and takeover would refuse: $obstacle" "reboot"
	done
}

# Images that nobody can list: bootc, ostree, unified kernel images. What runs tells what was in it.
check_unseen_image()
{
	running=$(uname -r)
	[ "$(running_driver)" = intree ] && our=$(our_file "$running") && ! held "$running" && [ ! -s "$RUN/fallback" ] &&
		[ ! -e "$RUN/swap" ] && [ "$(chosen_file "$running")" = "$our" ] || return 0
	! intree_asked || return 0
	booted=$(awk '$1 == "btime" { print $2 }' /proc/stat)
	installed=$(stat -c %Z "$our")
	[ "${installed:-0}" -lt "${booted:-0}" ] || return 0
	found warning intree-booted "our driver was installed before this boot, and the distribution's was loaded: a boot image holds it that is not ours to see" \
		"xen-netfrontctl apply   # for later boots: write that image anew with what made it (rpm-ostree, bootc, ukify)"
}

check_space()
{
	for place in "/boot 30" "/var/lib 50" "/lib/modules 5"; do
		free=$(df -Pk "${place% *}" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }')
		[ "${free:-999}" -ge "${place#* }" ] ||
			found warning disk-full "${place% *} has $free MB free, a kernel update wants ${place#* }" \
				"du -xsh ${place% *}/* | sort -h   # and make room there"
	done
}

# ---- questions about one kernel ----

# check_buildable: status 1 when nothing more can be asked about this kernel.
check_buildable()
{
	if held "$kernel"; then
		found warning held "held back by an earlier rollback --for-good" "xen-netfrontctl rollback --undo"
		return 1
	fi
	if [ "$(intree_kind "$kernel")" = builtin ]; then
		# After a takeover ours has the devices; the running kernel's next boot is the takeover's business then.
		if [ -e "$AT_BOOT" ]; then
			check_at_boot
			return 1
		fi
		[ -e "$TAKEOVER" ] && [ "$(running_driver)" = beside ] && beside_file "$kernel" > /dev/null && return 1
		found warning builtin "the distribution's driver is built in, a module cannot replace it" "xen-netfrontctl takeover"
		return 1
	fi
	if why=$(unfit "$kernel"); then
		found warning no-xen "$why" "reboot   # into another kernel"
		return 1
	fi
	check_source_of_module
}

# check_at_boot: would takeover at boot give the devices to ours on this kernel, and did it, if it runs?
check_at_boot()
{
	if ! our=$(beside_file "$kernel"); then
		found warning at-boot-not-built "takeover at boot is asked for, and our driver is not built for it: $(recorded "$kernel" detail ||
			echo "nobody built it yet")" "$(has_headers "$kernel" || echo "$installer $(header_package "$kernel") && ")xen-netfrontctl build $kernel"
		return
	fi
	check_file
	for which in all $(vif_devices); do
		why=$(refused "$kernel" "$version" "$which") || continue
		found warning at-boot-refused "takeover at boot does not try $(echo "$which" | sed 's/^all$/it/') again with version $version: $why" \
			"xen-netfrontctl takeover --yes --at-boot   # has it tried again; or install another version"
		return
	done
	[ "$kernel" = "$(uname -r)" ] && [ "$(running_driver)" = builtin ] && ! intree_asked && grep -qs '^left ' "$AT_BOOT_SAID" || return 0
	found warning at-boot-left "this boot left the devices to $(at_boot_state)" "xen-netfrontctl takeover --yes --at-boot"
}

# check_module: is our module there, sound, and for this kernel?
check_module()
{
	if ! our=$(our_file "$kernel"); then
		case $(recorded "$kernel" result) in
		build-failed) found warning build-failed "the build failed, see $STATE/log/$kernel" "xen-netfrontctl report" ;;
		not-trusted) found warning not-enrolled "built, but not installed: $(recorded "$kernel" detail)" \
			"$(recorded "$kernel" next)" ;;
		# check_source_of_module says so.
		no-module) command -v dkms > /dev/null && found warning not-installed "DKMS came after the package and our driver was not built since" \
			"xen-netfrontctl build $kernel" ;;
		put-off) found warning put-off "this system was made where DKMS could not work; its first boot builds our driver" "reboot" ;;
		# check_buildable says so, unless they came since.
		headers-missing)
			! has_headers "$kernel" || found warning not-installed \
				"its headers came after the package and our driver was not built since" "xen-netfrontctl build $kernel"
			;;
		*) found warning not-installed "our driver is not installed for it" "xen-netfrontctl build $kernel" ;;
		esac
		return 1
	fi
	check_file
}

# check_kept: why is there a driver of an earlier version? What is missing is said elsewhere.
check_kept()
{
	[ "$(kept "$kernel")" = "$our" ] || return 1
	case $(recorded "$kernel" result) in
	build-failed) found warning build-failed "the build of $(source_version) failed, see $STATE/log/$kernel; version $version stays in use" \
		"xen-netfrontctl report" ;;
	not-trusted) found warning not-enrolled "$(recorded "$kernel" detail); version $version stays in use" "$(recorded "$kernel" next)" ;;
	headers-missing) has_headers "$kernel" && return 1 ;;
	*) return 1 ;;
	esac
	return 0
}

# check_file: is $our a module, for this kernel, and would it be let in? Sets version.
check_file()
{
	version=$(driver_version "$our")
	if is_prebuilt "$our"; then
		check_prebuilt
		return
	fi
	if ! magic=$(modinfo -F vermagic "$our" 2>/dev/null) || [ -z "$magic" ]; then
		found warning broken-module "$our cannot be read as a module" "xen-netfrontctl build $kernel"
		return 1
	fi
	[ "${magic%% *}" = "$kernel" ] ||
		found warning wrong-kernel "$our was built for ${magic%% *}" "xen-netfrontctl build $kernel"
	[ "$version" = "$(source_version)" ] || check_kept ||
		found warning outdated "version ${version:-none} is installed, the sources are $(source_version)" "xen-netfrontctl build $kernel"
	if signatures_enforced; then
		if [ -z "$(modinfo -F signer "$our")" ]; then
			found warning unsigned "Secure Boot is on and $our carries no signature" "$(sign_advice)"
		elif ! signer_trusted "$our" && [ "$(id -u)" != 0 ]; then
			found note signer-unseen "only root can see whether the key that signed $our is enrolled" "sudo xen-netfrontctl doctor"
		elif ! signer_trusted "$our"; then
			found warning not-enrolled "Secure Boot is on and the key that signed $our is not enrolled" \
				"$(enrol_advice "$our")"
		fi
	fi
}

check_order()
{
	chosen=$(chosen_file "$kernel")
	[ -e "$our" ] && [ "$chosen" != "$our" ] || return 0
	index=/lib/modules/$kernel/modules.dep
	# depmod leaves out a module that another of the same name comes before; one that came after depmod is not known yet.
	if grep -q "^${our#/lib/modules/"$kernel"/}:" "$index" 2>/dev/null ||
		{ [ -n "$chosen" ] && [ -z "$(find "$our" -cnewer "$index" 2>&1)" ]; }; then
		found warning shadowed "modprobe would load ${chosen:-nothing}, not $our" "$(override_advice "$kernel" "$our")"
	elif [ -n "$chosen" ]; then
		found warning depmod-stale "modules.dep does not know $our" "depmod $kernel"
	else
		found critical depmod-stale "modules.dep knows no Xen network driver" "depmod $kernel"
	fi
}

check_way_back()
{
	intree_file "$kernel" > /dev/null && return 0
	[ -d "/lib/modules/$kernel/kernel" ] || return 0
	found warning intree-missing "the distribution's driver is missing, there is no way back" \
		"$(if [ -e /etc/debian_version ]; then
			echo "apt install --reinstall linux-image-$kernel"
		else
			# Which of the kernel's packages has it differs from release to release.
			echo "${installer% install} reinstall 'kernel*-${kernel%%+*}'"
		fi)"
}

list_image()
{
	if command -v lsinitramfs > /dev/null; then
		lsinitramfs "$1"
	elif command -v lsinitrd > /dev/null; then
		lsinitrd "$1"
	else
		return 1
	fi 2>/dev/null
}

check_image()
{
	if ! image=$(image_of "$kernel"); then
		[ -e "/boot/vmlinuz-$kernel" ] || return 0
		image_tool > /dev/null || return 0
		found critical image-missing "the kernel has no boot image" "$(image_command)"
		return
	fi
	if [ ! -r "$image" ] && [ "$(id -u)" != 0 ]; then
		found note image-unseen "only root can see whether $image is sound" "sudo xen-netfrontctl doctor"
		return
	fi
	if ! list=$(list_image "$image") || [ -z "$list" ]; then
		found critical image-broken "$image cannot be read" "$(image_command)"
		return
	fi
	! check_old_image || return 0
	[ -e "$our" ] || return 0
	if ! echo "$list" | grep -q '/xen_netfront\.ko'; then
		found warning image-stale "$image lacks our driver" "$(image_command)"
	elif ! echo "$list" | grep -q 'xen-netfront/load'; then
		found warning image-stale "$image lacks the way back to the distribution's driver" "$(image_command)"
	elif [ -n "$(find "$our" -newer "$image")" ]; then
		found warning image-stale "$image is older than our driver" "$(image_command)"
	fi
}

# check_old_image: one that had to be written anew, and could not be. Also of kernels that are to have nothing of ours any more.
check_old_image()
{
	image=$(image_of "$kernel") && image_due "$kernel" "$image" && why=$(grep . "$STATE/due/$kernel") || return 1
	found warning image-stale "$image was not rewritten: $why" "xen-netfrontctl build $kernel   # when there is room in ${image%/*}"
}

# What writes it. Never dracut over an image: it deletes one that the new one finds no room for.
image_command()
{
	if [ "$(image_tool)" = update-initramfs ]; then
		if [ -e "$image" ]; then
			echo "update-initramfs -u -k $kernel"
		else
			echo "update-initramfs -c -k $kernel"
		fi
	elif [ -e "$image" ] && [ -e /run/ostree-booted ]; then
		echo "rpm-ostree initramfs --enable   # or make the system's image anew, with what made it"
	elif [ -e "$image" ]; then
		echo "xen-netfrontctl build $kernel"
	else
		echo "dracut $image $kernel"
	fi
}

# ---- the visit ----

# loader_default: the kernel that the boot loader starts when nobody chooses, where it tells. It need not be the newest: Oracle's have two
# kinds, and an admin may have gone back to an older one.
loader_default()
{
	command -v grubby > /dev/null && default=$(grubby --default-kernel 2>/dev/null) || return 0
	default=${default##*/vmlinuz-}
	[ -z "$default" ] || [ ! -d "/lib/modules/$default/kernel" ] || echo "$default"
}

# The kernels that matter: the running one, the newest, and the boot loader's; or all.
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
	kernel=-
	check_package "$1"
	check_kernel_hook
	check_modprobe_config
	check_options
	# In a chroot these would be asked of the machine around it.
	if ! in_chroot; then
		check_command_line
		check_this_boot
		check_window
		check_change
		check_unseen_image
	fi
	check_next_kernels
	check_space
	for kernel in $(kernels_to_visit "$1"); do
		our=
		if check_buildable; then
			if check_module; then
				check_order
			fi
			check_image
		else
			check_old_image
		fi
		check_way_back
	done
}

print_findings()
{
	while IFS='	' read -r severity code kernel text mend; do
		[ "$kernel" = - ] && where= || where="$kernel: "
		printf "%s\n" "$severity: $where$text [$code]" "    mend: $mend"
	done < "$findings"
}

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

counted_findings()
{
	grep -c "^$1" "$findings"
}

# print_nagios RESULT: one line as Nagios, Icinga and NRPE want it, the findings after it; the exit status is theirs as it is.
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
