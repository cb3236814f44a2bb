# SPDX-License-Identifier: MIT
#
# rooms.awk: rooms.cfg, then lines of rooms.sh: "include FILE FILE", "nm KIND FILE TYPE NAME". Prints the arrows that go up, and
# allowances that nobody needs any more; what was looked at and how much was wrong on the last line.

function room(file) { return match(file, /\/[^\/]*$/) ? substr(file, 1, RSTART - 1) : "" }

function arrow(from, to, name, what,  r, q) {
	r = room(from)
	q = room(to)
	if (!(r in rooms) || r == q || q == "")
		return
	arrows++
	if ((r, q) in may || (r, "*") in may)
		return
	if ((r, q, name) in allowed) {
		used[r, q, name] = 1
		return
	}
	print from " " what " of " q ", which is none of what " r " may use"
	wrong++
}

FILENAME ~ /\.cfg$/ {
	sub(/#.*/, "")
	if ($1 == "allow") {
		sub(/:$/, "", $4)
		allowed[$2, $3, $4] = 1
	} else if (sub(/:$/, "", $1)) {
		for (i = 2; i <= NF; i++) {
			may[$1, $i] = 1
			if ($i != "*" && !($i in rooms)) {
				print "rooms.cfg: " $1 " stands before " $i ", which it uses"
				wrong++
			}
		}
		rooms[$1] = 1
	}
	next
}
$1 == "include" { arrow($2, $3, $3, "includes " $3) }
$1 == "nm" && $4 == "U" { calls[++n] = $2 SUBSEP $3 SUBSEP $5; next }
$1 == "nm" { of[$2, $5] = $3 }

END {
	for (i = 1; i <= n; i++) {
		split(calls[i], call, SUBSEP)
		if ((call[1], call[3]) in of)
			arrow(call[2], of[call[1], call[3]], call[3], "uses " call[3])
	}
	for (key in allowed)
		if (!(key in used)) {
			split(key, a, SUBSEP)
			print "rooms.cfg allows " a[1] " to use " a[3] " of " a[2] ", which it doesn't"
			wrong++
		}
	print "rooms: " arrows " arrows"
	print "rooms: " !wrong " passed, " wrong + 0 " failed"
	exit wrong > 0
}
