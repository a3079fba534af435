# SPDX-License-Identifier: GPL-2.0
# Compares two reports of xen-netfront-test: awk -v a=A -v b=B -v margin=PERCENT -v json=0|1 -f
# compare.awk
# Exit status: 0 nothing is worse or slower, 1 something is worse, 3 nothing is worse, but something
# slower; 2 a file is no report.

# A reader of JSON: every value goes to V[file, path], path being the keys and places with "/"
# between; arrays count from 0, and their length is at path "/#".
function fault(why) {
	print "compare: " file ": " why > "/dev/stderr"
	faulty = 1
	exit 2
}
function token(pattern) {
	if (!match(text, "^[ \t\r\n]*" pattern)) return 0
	got = substr(text, 1, RLENGTH)
	text = substr(text, RLENGTH + 1)
	sub(/^[ \t\r\n]+/, "", got)
	return 1
}
function unquote(word,   plain, c) {
	word = substr(word, 2, length(word) - 2)
	while ((c = index(word, "\\")) > 0) {
		plain = plain substr(word, 1, c - 1)
		c = substr(word, c + 1, 1)
		plain = plain (c == "n" ? "\n" : c == "t" ? "\t" : c)
		word = substr(word, index(word, "\\") + 2)
	}
	return plain word
}
function read_value(path,   n, key) {
	if (token("\"([^\"\\\\]|\\\\.)*\"")) {
		V[file, path] = unquote(got)
	} else if (token("[{]")) {
		if (token("}")) return
		do {
			if (!token("\"([^\"\\\\]|\\\\.)*\"")) fault("a key is missing before: " substr(text, 1, 40))
			key = unquote(got)
			if (!token(":")) fault("a colon is missing before: " substr(text, 1, 40))
			read_value(path == "" ? key : path "/" key)
		} while (token(","))
		if (!token("}")) fault("no } before: " substr(text, 1, 40))
	} else if (token("[[]")) {
		n = 0
		if (!token("[]]")) {
			do read_value(path "/" n++); while (token(","))
			if (!token("[]]")) fault("no ] before: " substr(text, 1, 40))
		}
		V[file, path "/#"] = n
	} else if (token("-?[0-9.eE+-]+") || token("true") || token("false") || token("null")) {
		V[file, path] = got
	} else fault("not JSON: " substr(text, 1, 40))
}
function read_report(name,   line, ended) {
	file = name
	text = ""
	while ((ended = (getline line < file)) > 0) text = text line "\n"
	if (ended < 0) fault("cannot be read")
	close(file)
	read_value("")
	if (V[file, "format"] != 1 || !((file, "results/#") in V)) fault("is no report of xen-netfront-test")
}

function headline(which, name) {
	return which ": " name ": kernel " V[name, "kernel/release"] ", driver " V[name, "driver/module"] " " (V[name, "driver/version"] != "" ? "version " V[name, "driver/version"] : "without a version") \
		", backend in domain " V[name, "backend/domain"] ", " V[name, "hypervisor/type"] " " V[name, "hypervisor/version"] " " V[name, "hypervisor/guest_type"] \
		(V[name, "complete"] == "true" ? "" : " (NOT COMPLETE)")
}
function add(kind, what, from, to) {
	n[kind]++
	line[kind, n[kind]] = what
	before[kind, n[kind]] = from
	after[kind, n[kind]] = to
}
function quoted(word) {
	gsub(/\\/, "\\\\", word)
	gsub(/"/, "\\\"", word)
	gsub(/[\001-\037]/, " ", word)
	return "\"" word "\""
}
# first line of a result's detail
function detail(name, i,   d) {
	d = V[name, "results/" i "/detail"]
	sub(/\n.*/, "", d)
	return d != "" ? " (" substr(d, 1, 100) ")" : ""
}
# slower BETTER FROM TO UNIT: 1 slower, -1 faster, 0 within the margin. What is measured in
# hundredths of a second differs by some anyhow.
function slower(better, from, to, unit,   ratio) {
	if (unit == "s" && (from > to ? from - to : to - from) < 0.2) return 0
	if (from <= 0 || to <= 0) return 0
	ratio = better == "lower" ? to / from : from / to
	return ratio > 1 + margin / 100 ? 1 : ratio < 1 / (1 + margin / 100) ? -1 : 0
}

BEGIN {
	if (margin == "") margin = 30
	read_report(a)
	read_report(b)
	for (i = 0; i < V[a, "results/#"]; i++) in_a[V[a, "results/" i "/test"] ": " V[a, "results/" i "/name"]] = i
	for (i = 0; i < V[b, "results/#"]; i++) {
		what = V[b, "results/" i "/test"] ": " V[b, "results/" i "/name"]
		in_b[what] = i
		to = V[b, "results/" i "/verdict"]
		if (!(what in in_a)) {
			add(to == "not ok" ? "worse" : "new", what, "not there", to detail(b, i))
			continue
		}
		j = in_a[what]
		from = V[a, "results/" j "/verdict"]
		if (from != to) {
			# Nothing is good that is not tested any more.
			add(to == "not ok" || from == "ok" ? "worse" : "better", what, from detail(a, j), to detail(b, i))
		} else if (to == "not ok") {
			add("still failing", what, from detail(a, j), to detail(b, i))
		} else {
			same++
			if (((a, "results/" j "/value") in V) && ((b, "results/" i "/value") in V)) {
				x = V[a, "results/" j "/value"] + 0
				y = V[b, "results/" i "/value"] + 0
				unit = V[b, "results/" i "/unit"]
				s = slower(V[b, "results/" i "/better"], x, y, unit)
				if (s > 0) add("slower", what, x " " unit, y " " unit)
				if (s < 0) add("faster", what, x " " unit, y " " unit)
			}
		}
	}
	for (i = 0; i < V[a, "results/#"]; i++) {
		what = V[a, "results/" i "/test"] ": " V[a, "results/" i "/name"]
		if (!(what in in_b)) add(V[a, "results/" i "/verdict"] == "ok" ? "worse" : "gone", what, V[a, "results/" i "/verdict"], "not there")
	}
	kinds = split("worse slower still_failing better faster new gone", kind, " ")
	if (json) printf "{\"a\": %s, \"b\": %s, \"margin\": %d, \"same\": %d", quoted(a), quoted(b), margin, same
	else {
		print headline("A", a)
		print headline("B", b)
	}
	for (k = 1; k <= kinds; k++) {
		word = kind[k]
		sub(/_/, " ", word)
		if (json) printf ", \"%s\": [", kind[k]
		for (i = 1; i <= n[word]; i++) {
			if (json) printf "%s{\"result\": %s, \"a\": %s, \"b\": %s}", (i > 1 ? ", " : ""), quoted(line[word, i]), quoted(before[word, i]), quoted(after[word, i])
			else printf "%-13s %s: %s -> %s\n", word, line[word, i], before[word, i], after[word, i]
		}
		if (json) printf "]"
	}
	if (json) print "}"
	else printf "%d better, %d worse, %d slower, %d faster by more than %d %%, %d the same, %d still failing\n", n["better"], n["worse"], n["slower"], n["faster"], margin, same, n["still failing"]
	exit n["worse"] ? 1 : n["slower"] ? 3 : 0
}
END { if (faulty) exit 2 }
