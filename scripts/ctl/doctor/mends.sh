# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Mends that several checks give: what takes a line out of modprobe's configuration, an option of
# the driver away, a word from the kernel's command line. Each prints a command that can be typed in
# as it is. Sourced by doctor.sh before the checks.

# modprobe_config: as modprobe reads it, all of its files together
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
