# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # of doctor.sh
# Is the boot image there, readable, and does it hold what belongs into it?

check_image_kernel()
{
	if [ "$way" = module ]; then
		check_image_sound
	else
		check_image_old
	fi
}

# check_image_sound: of a kernel that our driver is for
check_image_sound()
{
	if ! image=$(image_of "$kernel"); then
		[ -e "/boot/vmlinuz-$kernel" ] || return 0
		image_tool > /dev/null || return 0
		found critical image-missing "the kernel has no boot image" "$(check_image_command)"
		return
	fi
	if [ ! -r "$image" ] && [ "$(id -u)" != 0 ]; then
		found note image-unseen "only root can see whether $image is sound" "sudo xen-netfrontctl doctor"
		return
	fi
	if ! list=$(check_image_list "$image") || [ -z "$list" ]; then
		found critical image-broken "$image cannot be read" "$(check_image_command)"
		return
	fi
	! check_image_old || return 0
	[ -e "$our" ] || return 0
	if ! echo "$list" | grep -q '/xen_netfront\.ko'; then
		found warning image-stale "$image lacks our driver" "$(check_image_command)"
	elif ! echo "$list" | grep -q 'xen-netfront/load'; then
		found warning image-stale "$image lacks the way back to the distribution's driver" "$(check_image_command)"
	elif [ -n "$(find "$our" -newer "$image")" ]; then
		found warning image-stale "$image is older than our driver" "$(check_image_command)"
	fi
}

# check_image_old: one that had to be written anew, and could not be. Also of kernels that are to
# have nothing of ours any more.
check_image_old()
{
	image=$(image_of "$kernel") && image_due "$kernel" "$image" && why=$(grep . "$STATE/due/$kernel") || return 1
	found warning image-stale "$image was not rewritten: $why" "xen-netfrontctl build $kernel   # when there is room in ${image%/*}"
}

# check_image_list IMAGE: the files in it. Status 1: it cannot be listed
check_image_list()
{
	if command -v lsinitramfs > /dev/null; then
		lsinitramfs "$1"
	elif command -v lsinitrd > /dev/null; then
		lsinitrd "$1"
	else
		return 1
	fi 2>/dev/null
}

# check_image_command: what writes it. Never dracut over an image: it deletes one that the new one
# finds no room for.
check_image_command()
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
