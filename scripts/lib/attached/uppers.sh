# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# What stands on an interface, or is tied to it. VLANs, macvlans and ipvlans of this network
# namespace, also one on another, are made again with what they were made with; net_save and
# net_restore do the rest for each. Of others, of those in other network namespaces, of tunnels,
# PPPoE, ports of switches that are not the kernel's and XDP programs it is only said that they
# would be lost. See netstate.sh for the verbs.

# UPPERS_AWK: reads `ip -d -o link show` and prints what stands on top, lower before upper: "LOWER
# NAME HOW...", where HOW is what `ip link add` makes it from, or "? WHY" where it cannot be made
# again. iproute2 before 5.6 breaks the line of a VLAN with priority maps, and where the words of
# all kinds of links stand changes with the version.
# shellcheck disable=SC2016  # awk's
UPPERS_AWK='
	/^[0-9]+: / { take(line); line = $0; next }
	{ line = line "\\" $0 }

	function take(text,   part, parts, word, words, i, j) {
		if (text == "") return
		parts = split(text, part, /\\/)
		split(part[1], word, " ")
		name = word[2]
		sub(/:$/, "", name)
		if (match(name, /@[^@]*$/)) {
			i = substr(name, RSTART + 1)
			name = substr(name, 1, RSTART - 1)
			lower[name] = i == "NONE" ? "" : i
		}
		order[++count] = name
		split(part[2], word, " ")
		mac[name] = word[2]
		for (i = 2; i <= parts; i++) {
			words = split(part[i], word, " ")
			if (word[1] == "alias") break
			if (i == 3) kind[name] = word[1]
			if (i == 3 || word[1] ~ /gress-qos-map$/) details[name] = details[name] " " part[i]
			for (j = 1; j < words; j++) {
				if (word[j] ~ /^num[rt]xqueues$/ && word[j + 1] != 1) queues[name] = queues[name] word[j] " " word[j + 1] " "
				# A tunnel may say what it goes by in its details alone.
				if (i == 3 && word[j] == "dev" && lower[name] == "") lower[name] = word[j + 1]
			}
		}
	}

	# Sets word and words: the details of a link after its kind, up to those of all kinds.
	function own_words(name,   i) {
		words = split(details[name], word, " ")
		for (i = 1; i <= words; i++)
			if (word[i] ~ /^(addrgenmode|num[rt]xqueues|gso_max_size|gso_max_segs|portname|portid|switchid|parentbus|parentdev)$/) words = i - 1
	}

	function unread(name, what) {
		return "? not all of it can be read (" what "): ip link del " name ", and make it again after"
	}

	function given_mac(name,   file, type) {
		file = "/sys/class/net/" name "/addr_assign_type"
		if ((getline type < file) < 1) type = ""
		close(file)
		# 2: taken from what it stands on.
		return type != 2 && (type == 3 || mac[name] != mac[lower[name]]) ? "address " mac[name] " " : ""
	}

	function vlan(name,   how, flags, flag, n, i) {
		flags = "REORDER_HDR"
		for (i = 2; i <= words; i++) {
			if (word[i] == "id" && word[i + 1] ~ /^[0-9]+$/) how = " id " word[++i] how
			else if (word[i] == "protocol" && tolower(word[i + 1]) == "802.1q") i++
			else if (word[i] == "protocol" && word[i + 1] == "802.1ad") { how = how " protocol 802.1ad"; i++ }
			else if (word[i] ~ /^<.*>$/) flags = substr(word[i], 2, length(word[i]) - 2)
			else if (word[i] ~ /gress-qos-map$/ && word[i + 1] == "{") {
				how = how " " word[i++]
				while (word[++i] ~ /^[0-9]+:[0-9]+$/) how = how " " word[i]
				if (word[i] != "}") return unread(name, word[i])
			} else return unread(name, word[i])
		}
		if (how !~ / id /) return unread(name, "no id")
		if (flags !~ /REORDER_HDR/) how = how " reorder_hdr off"
		n = split(flags, flag, ",")
		for (i = 1; i <= n; i++) {
			if (flag[i] ~ /^(GVRP|MVRP|LOOSE_BINDING|BRIDGE_BINDING)$/) how = how " " tolower(flag[i]) " on"
			else if (flag[i] != "REORDER_HDR") return unread(name, "flag " flag[i])
		}
		return given_mac(name) queues[name] "type vlan" how
	}

	function macvlan(name,   how, mode, i) {
		for (i = 2; i <= words; i++) {
			if (word[i] == "mode" && word[i + 1] ~ /^(private|vepa|bridge|passthru)$/) how = how " mode " (mode = word[++i])
			else if (word[i] == "nopromisc") how = how " nopromisc"
			else if (word[i] == "bcqueuelen" || word[i] == "bclim") {
				if (word[i + 1] != (word[i] == "bclim" ? 1 : 1000)) how = how " " word[i] " " word[i + 1]
				i++
			} else if (word[i] == "usedbcqueuelen") i++
			else return unread(name, word[i] " " word[i + 1])
		}
		if (!mode) return unread(name, "no mode")
		# One that takes all of an interface has its MAC, too.
		return (mode == "passthru" ? "" : "address " mac[name] " ") queues[name] "type macvlan" how
	}

	function ipvlan(name,   how, i) {
		for (i = 2; i <= words; i++) {
			if (word[i] == "mode" && word[i + 1] ~ /^l(2|3|3s)$/) how = how " mode " word[++i]
			else if (word[i] ~ /^(private|vepa)$/) how = how " " word[i]
			else if (word[i] != "bridge") return unread(name, word[i] " " word[i + 1])
		}
		return how == "" ? unread(name, "no mode") : queues[name] "type ipvlan" how
	}

	function made_by(name) {
		if (name ~ /[^A-Za-z0-9._-]/) return unread(name, "its name")
		own_words(name)
		if (kind[name] == "vlan") return vlan(name)
		if (kind[name] == "macvlan") return macvlan(name)
		if (kind[name] == "ipvlan") return ipvlan(name)
		return "? a link of type " kind[name] " is not put back: ip link del " name ", and make it again after"
	}

	END {
		take(line)
		standing[last = 1] = top
		for (first = 1; first <= last; first++)
			for (i = 1; i <= count; i++) {
				upper = order[i]
				if (lower[upper] != standing[first] || kind[upper] == "veth" || upper == top) continue
				how = made_by(upper)
				print lower[upper], upper, how
				if (how !~ /^\?/) standing[++last] = upper
			}
	}
'

# uppers_list X: what stands on it, directly or not, as UPPERS_AWK says. Status 1 when that cannot
# be read.
uppers_list()
{
	uppers_links=$(ip -d -o link show 2>/dev/null) && printf '%s\n' "$uppers_links" | awk -v top="$1" "$UPPERS_AWK"
}

# uppers_kept X: those of them that are put back.
uppers_kept()
{
	uppers_list "$1" | awk '$3 != "?" { print $2 }'
}

# uppers_write X DIR: DIR/uppers has those that are put back. Status 1 when they cannot be read.
uppers_write()
{
	uppers_list "$1" > "$2/uppers.all" && awk '$3 != "?"' "$2/uppers.all" > "$2/uppers"
}

# uppers_make X DIR: make them again, down yet and without addresses, so that rules and routes may
# name them. What has one of their names and is somebody else's is left alone, and nothing is made
# on it.
uppers_make()
{
	[ -s "$2/uppers" ] || return 0
	: > "$2/uppers.strange"
	uppers_list "$1" | awk -v strangers="$2/uppers.strange" '
		FILENAME == "-" { there[$1, $2] = 1; next }
		($1, $2) in there { next }
		($1 in strange) || (getline number < ("/sys/class/net/" $2 "/ifindex")) > 0 { strange[$2] = 1; print $2 > strangers; next }
		{ $1 = "link add link " $1 " name"; print }' - "$2/uppers" | ip -force -batch - > /dev/null 2>&1
	uppers_list "$1" | awk 'FILENAME == "-" { now[$0] = 1; next } !($0 in now)' - "$2/uppers" > "$2/uppers.missing"
	while read -r lower upper how; do
		if uppers_strange "$upper" "$2"; then
			net_lost "$2" "$upper on $lower (its name, or that of what it stands on, is somebody else's now)"
		elif [ -e "/sys/class/net/$upper" ]; then
			net_lost "$2" "$upper on $lower as it was (ip -d link show dev $upper)"
		else
			# shellcheck disable=SC2086  # words
			error=$(ip link add link "$lower" name "$upper" $how 2>&1) || net_lost "$2" "$upper on $lower ($error)"
		fi
	done < "$2/uppers.missing"
}

# uppers_strange NAME DIR: is the link of that name somebody else's?
uppers_strange()
{
	[ -s "$2/uppers.strange" ] && grep -qxF "$1" "$2/uppers.strange"
}

uppers_obstacles()
{
	master=
	[ ! -e "/sys/class/net/$1/master" ] || master=$(basename "$(readlink -f "/sys/class/net/$1/master")")
	if ! uppers=$(uppers_list "$1"); then
		echo "what stands on $1 cannot be read (ip -d -o link show)"
		return 0
	fi
	for upper in /sys/class/net/"$1"/upper_*; do
		[ -e "$upper" ] || continue
		upper=${upper##*/upper_}
		# A bridge, bond or VRF takes its port back.
		[ "$master" != "$upper" ] || continue
		echo "$uppers" | cut -d' ' -f1,2 | grep -qxF "$1 $upper" || echo "$upper stands on $1 and would disappear with it"
	done
	echo "$uppers" | while read -r lower upper how why; do
		case "$lower $how" in
		"$1 ?") ;;
		*) continue ;;
		esac
		if [ -e "/sys/class/net/$1/upper_$upper" ]; then
			echo "$upper stands on $1 and would disappear with it ($why)"
		else
			# Tunnels "dev X" are no uppers of it: they stay, bound to an interface that
			# is gone, or go.
			echo "$upper is bound to $1 and would be cut off or disappear"
		fi
	done
	if [ -n "$master" ] && [ ! -d "/sys/class/net/$master/bridge" ] && [ ! -d "/sys/class/net/$master/bonding" ] &&
		! ip -d link show dev "$master" 2>/dev/null | grep -qE '^ +vrf '; then
		echo "$1 is a port of $master, which is neither bridge nor bond nor VRF"
	fi
	ip link show dev "$1" 2>/dev/null | grep -q 'prog/xdp' && echo "$1 has an XDP program"
	grep -qs " $1\$" /proc/net/pppoe && echo "a PPPoE session runs over $1"
	for netconsole in /sys/kernel/config/netconsole/*; do
		if [ "$(cat "$netconsole/enabled" 2>/dev/null)" = 1 ] && [ "$(cat "$netconsole/dev_name" 2>/dev/null)" = "$1" ]; then
			echo "netconsole (${netconsole##*/}) sends over $1"
		fi
	done
	uppers_elsewhere "$1"
	return 0
}

# uppers_elsewhere X: macvlans and the like that containers have: sysfs shows those of the same
# namespace only.
uppers_elsewhere()
{
	read -r index < "/sys/class/net/$1/ifindex" || return 0
	# A guest may have hundreds of namespaces, and dozens of VLANs: asked once in this shell.
	: "${uppers_others=$(uppers_look_elsewhere)}"
	printf '%s\n' "$uppers_others" | awk -v index_="$index" -v name="$1" '
		/^unread$/ && !said++ { print "what stands on " name " in other network namespaces cannot be looked at (nsenter)" }
		/ (macvlan|macvtap|ipvlan|ipvtap|vlan|gre|gretap|ipip|sit|vti|vxlan|ip6gre|ip6tnl|xfrm|macsec) / {
			upper = $2
			sub(/:$/, "", upper)
			at = index(upper, "@if")
			if (at && substr(upper, at + 3) == index_)
				print substr(upper, 1, at - 1) ", in another network namespace, stands on " name " and would disappear with it"
		}'
}

# uppers_look_elsewhere: the links of all other network namespaces, and "unread" where one cannot be
# looked at.
uppers_look_elsewhere()
{
	ours=$(readlink /proc/self/ns/net)
	uppers_namespaces | while read -r namespace place; do
		[ "$namespace" != "$ours" ] || continue
		# Who hands a network namespace to a container has nsenter, of util-linux or
		# busybox, or ip netns.
		nsenter --net="$place" ip -o -d link show < /dev/null 2>/dev/null || { [ ! -e "$place" ] || echo unread; }
	done
}

# uppers_namespaces: "net:[INODE] FILE" of each network namespace, held by a process or by a mount.
uppers_namespaces()
{
	{
		# shellcheck disable=SC2012  # one process, not one for each
		ls -l /proc/[0-9]*/ns/net | sed -n 's,.* \(/proc/[0-9]*/ns/net\) -> \(.*\),\2 \1,p'
		while read -r _ _ _ root place rest; do
			case "$root $rest" in
			net:*) printf '%s %s\n' "$root" "$place" ;;
			esac
		done < /proc/self/mountinfo
	} 2>/dev/null | awk 'NF == 2 && !seen[$1]++'
}
