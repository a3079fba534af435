# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# nftables. "iif eth0", unlike "iifname eth0", is kept as the number of the interface, and the new
# one has another: such rules are written again, each in its place, before the link is up. What
# hangs on the device itself, hooks and flowtables, goes with it; sets of numbers are not written
# again. iptables goes by name.

# FIREWALL_AWK: reads `nft -a list ruleset`, and for each line of a rule that has an index of ours
# sets place ("FAMILY TABLE CHAIN"), handle, text; common(TEXT) is the same for what was and what
# has become of it. names, numbers: lists.
# shellcheck disable=SC2016  # awk's
FIREWALL_AWK='
	BEGIN {
		count = split(names, part, " ")
		for (i = 1; i <= count; i++) ours["\"" part[i] "\""] = ours[part[i]] = 1
		count = split(numbers, part, " ")
		for (i = 1; i <= count; i++) ours[part[i]] = 1
	}
	# A set of names is listed in the order of their numbers, which the new interface changes:
	# here in the order of its words.
	function common(text,   n, i, word, line, set, members, inside) {
		gsub(/packets [0-9]+ bytes [0-9]+/, "", text)
		gsub(/[{},]/, " & ", text)
		n = split(text, word, /[ \t]+/)
		for (i = 1; i <= n; i++) {
			if (word[i] in ours) word[i] = "@"
			if (inside && word[i] ~ /^[,}]$/) {
				line = line (word[i] == "}" ? in_order(set, members) " }" : "")
				inside = word[i] == ","
				set[++members] = ""
			} else if (word[i] == "{") {
				line = line (inside ? in_order(set, members) : "") " {"
				inside = 1
				set[members = 1] = ""
			} else if (inside && word[i] != "") set[members] = set[members] " " word[i]
			else if (word[i] != "") line = line " " word[i]
		}
		return line (inside ? in_order(set, members) : "")
	}
	function in_order(set, members,   i, j, one, line) {
		for (i = 2; i <= members; i++) {
			one = set[i]
			for (j = i - 1; j >= 1 && set[j] > one; j--) set[j + 1] = set[j]
			set[j + 1] = one
		}
		for (i = 1; i <= members; i++) line = line (i > 1 ? " ," : "") set[i]
		return line
	}
	function by_index(text) {
		return text ~ /(^|[ .])(iif|oif|sdif)([ .]|$)/ && common(text) ~ / @( |$)/
	}
	function rule() {
		if (!chain || !match($0, / # handle [0-9]+$/)) return 0
		handle = substr($0, RSTART + 10)
		text = substr($0, 1, RSTART - 1)
		sub(/^[ \t]+/, "", text)
		if (text ~ /\{$/ || text ~ /^(type|policy|comment) /) return 0
		place = table " " chain
		return by_index(text)
	}
	/^table / { table = $2 " " $3; chain = ""; next }
	/^\t[a-z]+ .*\{/ { chain = $1 == "chain" ? $2 : "" ; block = $1; block_name = $2; block_text = "" }
	/^\t\}/ { chain = "" }
'

# firewall_names X: of all interfaces that change together, and what stands on them, since one rule
# may name several.
firewall_names()
{
	for interface in ${net_together:-$1}; do
		echo "$interface"
		uppers_kept "$interface"
	done | tr '\n' ' '
}

# firewall_numbers DIR
firewall_numbers()
{
	tr ' ' '\n' < "$1/firewall.names" | while read -r interface; do
		cat "/sys/class/net/$interface/ifindex"
	done 2>/dev/null | tr '\n' ' '
}

# firewall_in_kernel: has it nftables?
firewall_in_kernel()
{
	[ -d /sys/module/nf_tables ] || grep -qs '/nf_tables\.ko' "/lib/modules/$(uname -r)/modules.builtin"
}

firewall_obstacles()
{
	if ! command -v nft > /dev/null; then
		# Rules of iptables, which go by name, are in there as well: whether there are
		# others, nft alone can say.
		! firewall_in_kernel || echo "the rules of nftables cannot be read (nft is not installed, package nftables)"
		return 0
	fi
	if ! rules=$(nft -a list ruleset 2>/dev/null); then
		! firewall_in_kernel || echo "the rules of nftables cannot be read (nft list ruleset)"
		return 0
	fi
	printf '%s\n' "$rules" | awk -v names="$1" -v numbers= -v name="$1" "$FIREWALL_AWK"'
		/^\tflags .*owner/ { owned[table] = 1 }
		block == "set" || block == "map" || block == "flowtable" { block_text = block_text " " $0 }
		/^\t\}/ && block_text != "" {
			if (block == "flowtable" && common(block_text) ~ / @ /)
				print "the flowtable " block_name " of nftables (table " table ") has " name " as a device"
			else if (block_text ~ /iface_index|[ .](iif|oif)([ .]|$)|typeof (meta )?(iif|oif)[ .]/ && common(block_text) ~ / @ /)
				print "the " block " " block_name " of nftables (table " table ") has " name " by its index"
			block = block_text = ""
		}
		chain && $1 == "type" && / hook / && / device/ {
			line = $0
			gsub(/;/, " ", line)
			if (common(line) ~ / @ /) print "the chain " chain " of nftables (table " table ") hangs on the device " name
		}
		rule() && owned[table] && !said[table]++ {
			print "rules of nftables (table " table ") name " name " by its index, and belong to a program"
		}
		rule() && text ~ / xt (match|target) / { print "a rule of nftables with parts of iptables names " name " by its index: " text }'
	return 0
}

firewall_save()
{
	rm -f "$2/firewall"
	# shellcheck disable=SC2154  # of net_save
	[ "$1" = "$net_first" ] && command -v nft > /dev/null || return 0
	firewall_names "$1" > "$2/firewall.names"
	firewall_numbers "$2" > "$2/firewall.numbers"
	nft -a list ruleset 2>/dev/null |
		awk -v names="$(cat "$2/firewall.names")" -v numbers="$(cat "$2/firewall.numbers")" "$FIREWALL_AWK"'
			rule() { print place "\t" text }' > "$2/firewall"
}

firewall_early()
{
	[ -s "$2/firewall" ] || return 0
	firewall_now=$(nft -a list ruleset 2>/dev/null)
	firewall_batch=$({
		cat "$2/firewall"
		printf '\n%s\n' "$firewall_now"
	} | awk -v names="$(cat "$2/firewall.names")" -v numbers="$(tr '\n' ' ' < "$2/firewall.numbers")" "$FIREWALL_AWK"'
		!now && $0 == "" { now = 1; next }
		!now {
			split($0, half, "\t")
			key = half[1] "\t" common(half[2])
			saved[key, ++before[key]] = substr($0, length(half[1]) + 2)
			next
		}
		rule() {
			key = place "\t" common(text)
			found[key, ++after[key]] = handle
		}
		END {
			for (key in before) {
				split(key, half, "\t")
				if (before[key] != after[key]) {
					print "# rules in chain " half[1] ":" half[2]
					continue
				}
				for (i = 1; i <= before[key]; i++) print "replace rule " half[1] " handle " found[key, i] " " saved[key, i]
			}
		}')
	error=$(printf '%s\n' "$firewall_batch" | nft -f - 2>&1) || net_lost "$2" "rules of nftables by the index of $1 ($(echo "$error" | head -n 1))"
	printf '%s\n' "$firewall_batch" | sed -n 's/^# //p' | while read -r text; do
		net_lost "$2" "$text (nftables; changed by somebody meanwhile)"
	done
	# The way back has yet other numbers.
	firewall_numbers "$2" >> "$2/firewall.numbers"
}
