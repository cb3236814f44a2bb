# SPDX-License-Identifier: MIT
#
# Reads results, a line each, tab-separated: name, file, isolation, status, suite, seconds, what.
#   -v task=table   the table for readers, and the tally; fails if too few are killed
#   -v task=json    the same as JSON

function quoted(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

function part(file,	p) {
	p = index(file, "/")
	return p ? substr(file, 1, p - 1) : file
}

BEGIN { FS = "\t" }
{
	n++
	where = part($2)
	if (!(where in total))
		parts[++nparts] = where
	total[where]++
	count[where, $4]++
	all[$4]++
	if ($3 == "yes" && $4 != "equivalent") {
		inside[where]++
		isolation++
		if ($4 == "killed") {
			held[where]++
			isolation_killed++
		}
	}
	if ($4 == "killed") {
		kind = $5
		sub(/\/.*/, "", kind)
		if (!(kind in by))
			kinds[++nkinds] = kind
		by[kind]++
	}
	line[n] = $0
}

END {
	if (task == "json") {
		print "["
		for (i = 1; i <= n; i++) {
			split(line[i], f, "\t")
			printf "{\"name\":%s,\"file\":%s,\"isolation\":%s,\"status\":%s,\"by\":%s,\"seconds\":%d,\"what\":%s}%s\n",
			       quoted(f[1]), quoted(f[2]), f[3] == "yes" ? "true" : "false", quoted(f[4]), quoted(f[5]), f[6], quoted(f[7]), (i < n) ? "," : ""
		}
		print "]"
		exit
	}
	for (i = 1; i <= n; i++) {
		split(line[i], f, "\t")
		if (f[4] != "killed" && f[4] != "equivalent")
			printf "%-10s %s%s (%s): %s%s\n", f[4], f[1], f[3] == "yes" ? ", isolation" : "", f[2], f[7], f[5] == "-" ? "" : ": " f[5]
	}
	printf "%-10s %7s %7s %9s %7s %11s %12s\n", "", "faults", "killed", "survived", "broken", "equivalent", "isolation"
	for (i = 1; i <= nparts; i++) {
		w = parts[i]
		printf "%-10s %7d %7d %9d %7d %11d %7d/%4d\n", w, total[w], count[w, "killed"], count[w, "survived"], count[w, "broken"],
		       count[w, "equivalent"], held[w], inside[w] - 0
	}
	printf "%-10s %7d %7d %9d %7d %11d %7d/%4d\n", "all", n, all["killed"], all["survived"], all["broken"], all["equivalent"], isolation_killed, isolation
	printf "killed by"
	for (i = 1; i <= nkinds; i++)
		printf "%s %s %d", (i > 1) ? "," : "", kinds[i], by[kinds[i]]
	print ""
	killed = all["killed"] + 0
	real = n - all["equivalent"]
	failed = all["broken"] + 0
	for (i = 1; i <= n; i++) {
		split(line[i], f, "\t")
		if (f[4] == "survived" && f[3] == "yes")
			failed++
	}
	if (killed * 100 < real * 95)
		failed += all["survived"] > 0 && failed == 0 ? all["survived"] : 0
	printf "mutants: %d passed, %d failed\n", killed, failed
	exit failed > 0
}
