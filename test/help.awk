# SPDX-License-Identifier: MIT
#
# help.awk MAKEFILE...: the goals, each with the comment "## ..." above its rule.

/^## / { what = substr($0, 4); next }
what != "" && /^[^:\t]+:/ {
	goal = substr($0, 1, index($0, ":") - 1)
	sub(/%/, "NAME", goal)
	printf "make %-24s %s\n", goal, what
	what = ""
}
