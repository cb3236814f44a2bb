# SPDX-License-Identifier: MIT
#
# coverage.awk: branch coverage from what `gcov -b -c -t` prints for any number of programs: a
# branch counts as taken if any of them took it. Lines of assertions (BUG_ON), whose other side is
# never taken, don't count. -v only=REGEXP names the sources, -v wanted=PERCENT what must be
# reached in all, -v list=1 lists the branches that weren't taken.

{ sub(/^ +/, "") }

/^-: +0:Source:/ { file = substr($0, index($0, "Source:") + 7); on = file ~ only; line = "" }
!on { next }

/^[0-9]+\*?: *[0-9]+:|^#####: *[0-9]+:|^=====: *[0-9]+:|^-: *[0-9]+:/ {
	split($0, field, ":")
	line = file ":" field[2] + 0
	assertion = /BUG_ON\(/
	text[line] = substr($0, length(field[1]) + length(field[2]) + 3)
	n = 0
	next
}

/^branch / && line != "" && !assertion {
	branch = line ":" n++
	if (!(branch in taken)) {
		taken[branch] = 0
		total[file]++
		order[++branches] = branch
		of[branch] = file
		at[branch] = line
	}
	if ($3 == "taken" && $4 > 0)
		taken[branch] = 1
}

END {
	for (i = 1; i <= branches; i++)
		covered[of[order[i]]] += taken[order[i]]
	for (file in total) {
		printf "%-32s %5d of %5d  %5.1f %%\n", file, covered[file], total[file], 100 * covered[file] / total[file] | "sort"
		all += total[file]
		good += covered[file]
	}
	close("sort")
	for (i = 1; list && i <= branches; i++)
		if (!taken[order[i]])
			print order[i] ":" text[at[order[i]]]
	if (!all) {
		print "coverage: nothing was measured"
		exit 1
	}
	printf "branch coverage of bt/ and the emulator by host tests: %.1f %% (%d of %d)\n", 100 * good / all, good, all
	bad = 100 * good < wanted * all
	print "coverage: " !bad " passed, " bad " failed"
	exit bad
}
