# shellcheck shell=bash
# A disk of an HVM guest beside the one it boots from.

# find_disk SECTORS: prints what a guest with modules=more does to have it as $disk; told by its
# size, for disks are found in any order
find_disk() {
	cat <<-END
		modprobe -d /more ahci && modprobe -d /more sd_mod
		for ((n = 0; n < 100; n++)); do for b in /sys/block/sd*; do [ "\$(cat \$b/size)" = $1 ] && break 2; done 2> /dev/null; sleep 0.1; done
		disk=/dev/\${b##*/}
	END
}
