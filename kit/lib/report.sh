# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154  # set by xen-netfront-test
# What comes out of a run: KTAP as it goes, and one JSON file at the end.

# ktap LINE...: also when nobody reads any more
ktap()
{
	printf '%s\n' "$@" 2>/dev/null || :
}

# A result is a line: verdict, seconds, value, unit, better, name, detail; tabs between.
# test_results has those of all tests, with the test's name in front.
# take_results TEST FILE: shows and keeps them. Counts in sub, sub_bad, sub_done.
take_results()
{
	[ -s "$2" ] || return 0
	awk -F '\t' -v n="$sub" '{
			print "  " ($1 == "not-ok" ? "not ok" : "ok") " " ++n " " $6 ($1 == "skip" ? " # SKIP " first($7) : "")
			if ($3 != "") print "  # " $3 " " $4
			if ($1 == "not-ok" && $7 != "") { parts = split($7, part, /\\n/); for (i = 1; i <= parts && i <= 30; i++) print "  #   " part[i] }
		}
		function first(text) { sub(/\\n.*/, "", text); return text }' "$2" 2>/dev/null || :
	while IFS= read -r line; do
		sub=$((sub + 1))
		printf '%s\t%s\n' "$1" "$line" >> "$work/results"
		case $line in
		not-ok*) sub_bad=$((sub_bad + 1)) ;;
		ok*) sub_done=$((sub_done + 1)) ;;
		esac
	done < "$2"
}

# own VERDICT NAME [DETAIL]: a result of this side, timed since own_began; VALUE, UNIT and BETTER as
# figure sets them in the guest
own()
{
	clock
	own_took=$((cs - ${own_began:-$cs}))
	own_text=$(printf '%s\n' "${3:-}" | head -c 4000 | tr '\t\r' '  ' | sed 's/\\/\\\\/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }')
	printf '%s\t%d.%02d\t%s\t%s\t%s\t%s\t%s\n' "$1" $((own_took / 100)) $((own_took % 100)) "${value:-}" "${unit:-}" "${better:-}" "$2" "$own_text" > "$work/own"
	unset value unit better
	take_results "$test" "$work/own"
}

# begin_test NAME, end_test: what the top level says of it
begin_test()
{
	test=$1 sub=0 sub_bad=0 sub_done=0
	ktap "  KTAP version 1" "  # Subtest: $test"
}
end_test()
{
	number=$((number + 1))
	ktap "  1..$sub"
	if [ "$sub_bad" -gt 0 ]; then
		ktap "not ok $number $test"
	elif [ "$sub_done" -gt 0 ]; then
		ktap "ok $number $test"
	else
		ktap "ok $number $test # SKIP nothing of it can be done here"
	fi
}

# report_json FILE COMPLETE: of facts and results
report_json()
{
	clock
	awk -F '\t' -v complete="$2" -v seconds=$(((cs - run_began) / 100)) -v begun="$run_date" -v tool="xen-netfront-test $VERSION" -v tests="$TESTS" '
	# Details have their backslashes doubled and their ends of line as \n already.
	function string(text) { gsub(/"/, "\\\"", text); gsub(/[\001-\037]/, " ", text); return "\"" text "\"" }
	function plain(text) { gsub(/\\/, "\\\\", text); return string(text) }
	function section(name,   i, line) {
		for (i = 1; i <= facts; i++) if (where[i] == name) line = line (line != "" ? ", " : "") "\"" key[i] "\": " fact[i]
		return "{" line "}"
	}
	FILENAME ~ /facts$/ {
		dot = index($1, ".")
		s = substr($1, 1, dot - 1)
		where[++facts] = s == "backend" && $1 ~ /\.(feature-|multi-)/ ? "features" : s
		key[facts] = substr($1, dot + 1)
		fact[facts] = plain($2)
		next
	}
	{
		results++
		count[$2]++
		line = "    {\"test\": \"" $1 "\", \"name\": " string($7) ", \"verdict\": \"" ($2 == "not-ok" ? "not ok" : $2) "\", \"seconds\": " $3
		if ($4 != "") line = line ", \"value\": " $4 ", \"unit\": \"" $5 "\", \"better\": \"" $6 "\""
		if ($8 != "") line = line ", \"detail\": " string($8)
		out[results] = line "}"
	}
	END {
		printf "{\n  \"format\": 1,\n  \"tool\": \"%s\",\n  \"begun\": \"%s\",\n  \"seconds\": %d,\n  \"complete\": %s,\n", tool, begun, seconds, complete
		n = split("guest kernel driver interface hypervisor toolstack", names, " ")
		for (j = 1; j <= n; j++) printf "  \"%s\": %s,\n", names[j], section(names[j])
		backend = section("backend")
		features = section("features")
		sub(/}$/, (backend == "{}" ? "" : ", ") "\"features\": " features "}", backend)
		printf "  \"backend\": %s,\n", backend
		n = split(tests, names, " ")
		printf "  \"tests\": ["
		for (j = 1; j <= n; j++) printf "%s\"%s\"", (j > 1 ? ", " : ""), names[j]
		printf "],\n  \"summary\": {\"passed\": %d, \"failed\": %d, \"skipped\": %d},\n  \"results\": [\n", count["ok"], count["not-ok"], count["skip"]
		for (j = 1; j <= results; j++) print out[j] (j < results ? "," : "")
		print "  ]\n}"
	}' "$work/facts" "$work/results" > "$1"
}
