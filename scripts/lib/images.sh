# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# Boot images: what writes them here, where each kernel's is, what of ours belongs into it, and
# whether it has to be written anew. Writing them is the work of the script image.
#
# Sourced after common.sh. Nothing here changes anything except image_is_due(). POSIX sh.

# image_driver KERNEL: the driver of ours that belongs into its boot image. One beside a built-in
# driver is needed that early only where it takes over at boot.
image_driver()
{
	our_file "$1" || { [ -e "$AT_BOOT" ] && beside_file "$1"; }
}

# image_tool: what writes them here.
image_tool()
{
	if command -v update-initramfs > /dev/null && [ -e /usr/share/initramfs-tools/hook-functions ]; then
		echo update-initramfs
	elif command -v dracut > /dev/null; then
		echo dracut
	else
		return 1
	fi
}

# image_places KERNEL: where its boot image may be; this distribution's own place first, whichever
# tool writes it.
image_places()
{
	if [ -e /etc/debian_version ]; then
		echo "/boot/initrd.img-$1"
		echo "/boot/initramfs-$1.img"
	else
		echo "/boot/initramfs-$1.img"
		echo "/boot/initrd.img-$1"
	fi
	# Where images of bootc and ostree are made; what boots is a copy, which only they see.
	echo "/lib/modules/$1/initramfs.img"
	{ read -r machine < /etc/machine-id; } 2>/dev/null || return 0
	for boot in /boot /efi /boot/efi; do
		echo "$boot/$machine/$1/initrd"
	done
}

# image_of KERNEL: its boot image. When there is none: where one belongs, and status 1.
image_of()
{
	for image in $(image_places "$1"); do
		if [ -e "$image" ]; then
			echo "$image"
			return 0
		fi
	done
	image_places "$1" | head -n 1
	return 1
}

# image_is_due KERNEL: its driver changed, so that its image has to be written anew.
image_is_due()
{
	mkdir -p "$STATE/due"
	printf '' > "$STATE/due/$1"
}

# image_due KERNEL IMAGE: and that did not happen yet.
image_due()
{
	[ -e "$STATE/due/$1" ] && [ -z "$(find "$2" -newer "$STATE/due/$1" 2>/dev/null)" ]
}
