# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What the system runs from: while the network is away nothing can be read from a disk that is
# behind it, not even the way back. Of the machine, not of one interface.

storage_machine()
{
	storage_mounts | while read -r numbers place type source; do
		case $type in
		nfs | nfs4 | cifs | smb3 | ceph | glusterfs | fuse.glusterfs | fuse.sshfs | 9p | afs | ocfs2 | gfs2)
			echo "the file system $place is on the network ($type)"
			continue
			;;
		esac
		block=$(readlink -f "/sys/dev/block/$numbers" 2>/dev/null)
		# Of btrfs and others the number says nothing.
		[ -d "$block" ] || block=/sys/class/block/$(basename "$(readlink -f "$source")")
		storage_by_network "$block" && echo "the file system $place is on the network ($(storage_by_network "$block"))"
	done
	# Not there in a kernel without swap space.
	[ ! -r /proc/swaps ] || while read -r source _; do
		case $source in
		/dev/*) what=$(storage_by_network "/sys/class/block/$(basename "$(readlink -f "$source")")") &&
			echo "the swap space $source is on the network ($what)" ;;
		esac
	done < /proc/swaps
	return 0
}

# storage_mounts: "MAJOR:MINOR PLACE TYPE SOURCE" of what programs are read from.
storage_mounts()
{
	sed -n 's/^[0-9]* [0-9]* \([0-9:]*\) [^ ]* \([^ ]*\) .* - \([^ ]*\) \([^ ]*\).*/\1 \2 \3 \4/p' /proc/self/mountinfo |
		grep -E '^[^ ]+ (/|/usr|/var|/etc|/lib|/run) '
}

# storage_by_network FOLDER-IN-SYSFS: what it is, if it or what it stands on is reached through the
# network.
storage_by_network()
{
	storage_path=$(readlink -f "$1") || return 1
	case $storage_path in
	*/session[0-9]*) echo iSCSI ;;
	*/nbd[0-9]*) echo NBD ;;
	*/rbd[0-9]* | */rbd/*) echo RBD ;;
	*/drbd[0-9]*) echo DRBD ;;
	*/nvme-fabrics/*) echo "NVMe over fabrics" ;;
	*)
		for storage_below in "$storage_path"/slaves/* "$storage_path"/../slaves/*; do
			[ -e "$storage_below" ] || continue
			storage_by_network "$storage_below" && return 0
		done
		return 1
		;;
	esac
}
