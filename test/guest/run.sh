#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs guest tests: test/guest/run.sh [-g GROUP] [NAME...], all of tests.cfg without a name.
# Each kernel runs on the bare machine, whose output is the expectation, and under the
# monitor with each policy of $POLICIES. A line per test and policy, a diff where they
# differ, and a tally; no sensitive word may have run unpatched. B is the build directory; the outputs stay in $B/guest.
# BARE=keep takes the bare machine's output from there, if it is newer than the kernel.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
POLICIES=${POLICIES:-page block}
CFG=test/guest/tests.cfg
SECONDS_MAX=${SECONDS_MAX:-60}
passed=0
failed=0

names() {
	awk -v g="$1" '/^\[/ { name = substr($0, 2, length($0) - 2); if (g == "") print name }
		/^groups *=/ && g != "" { for (i = 3; i <= NF; i++) if ($i == g) print name }' $CFG
}

# The value of key $2 of test $1.
key() {
	awk -v n="[$1]" -v k="$2" '/^\[/ { on = $0 == n } on && $1 == k && $2 == "=" { sub(/^[^=]*= */, ""); print }' $CFG | sed "s|@B@|$B|g"
}

# The file of test $1 that is given as a kernel.
image() {
	pack=$(key "$1" mkimage)
	kind=$(key "$1" kind)
	if [ -z "$pack" ]; then
		echo "$B/guest/$1.${kind:-bin}"
		return
	fi
	case $pack in
	*gzip*) gzip -nc "$B/guest/$1.bin" >"$B/guest/$1.packed" ;;
	*) cp "$B/guest/$1.bin" "$B/guest/$1.packed" ;;
	esac
	# shellcheck disable=SC2086 # arguments are words
	mkimage -A arm $pack -n "$1" -d "$B/guest/$1.packed" "$B/guest/$1.uimage" >"$B/guest/$1.mkimage" &&
		echo "$B/guest/$1.uimage"
}

# Runs test $1 with the rest as options; its output goes to standard output.
run() {
	kernel=$(image "$1")
	shift
	"$B/palimpsest" run -kernel "$kernel" -m 64 --timeout "$SECONDS_MAX" "$@" </dev/null
}

verdict() {
	if [ "$1" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	printf '%s\t%s %s\n' "$1" "$2" "$3"
}

# The guest's own lines: up to "done".
guest_part() {
	tr -d '\r' <"$1" | sed '/^done$/q'
}

# Whether of the exits in report $2 that the window is for as many as test $1 allows were slow ones, at most.
few_slow() {
	most=$(key "$1" slow)
	[ -n "$most" ] || return 0
	n=$(grep -oE '"(branch|mrs|msr|cps|eret|srs)":\{"count":[0-9]+,"slow":[0-9]+' "$2" | awk -F: '{ n += $NF } END { print n + 0 }')
	[ "$n" -le "$most" ]
}

# Whether no more code pages were made under `block`, by report $2, than test $1 allows.
few_made() {
	most=$(key "$1" made)
	[ -n "$most" ] && [ "$policy" = block ] || return 0
	n=$(grep -o '"made":[0-9]*' "$2" | cut -d: -f2)
	[ "$n" -le "$most" ]
}

# A test that is compared with the bare machine.
compare() {
	want=$B/guest/$1.bare
	status=0
	if [ "${BARE:-}" != keep ] || [ -z "$(find "$want" -newer "$B/guest/$1.bin" 2>/dev/null)" ]; then
		# shellcheck disable=SC2046 # arguments are words
		run "$1" --native $(key "$1" args) >"$want" 2>"$want.err"
		status=$?
	fi
	if [ $status -ne 0 ] || [ "$(tail -n 1 "$want" | tr -d '\r')" != "done" ]; then
		verdict FAIL "$1" bare
		tail -n 5 "$want" "$want.err"
		return
	fi
	guest_part "$want" >"$want.txt"
	only=$(key "$1" policy)
	for policy in $POLICIES; do
		[ "${only:-$policy}" = "$policy" ] || continue
		got=$B/guest/$1.$policy
		# shellcheck disable=SC2046
		run "$1" --bt "$policy" --stats "$got.stats" $(key "$1" args) $(key "$1" monitored) >"$got" 2>"$got.err"
		status=$?
		guest_part "$got" >"$got.txt"
		if [ $status -eq 0 ] && ! grep -q '"unpatched_trapped":0,' "$got.stats"; then
			verdict FAIL "$1" "$policy (sensitive words ran unpatched)"
		elif ! few_slow "$1" "$got.stats"; then
			verdict FAIL "$1" "$policy (too many slow exits: $n)"
		elif ! few_made "$1" "$got.stats"; then
			verdict FAIL "$1" "$policy (too many code pages made: $n)"
		elif [ $status -eq 0 ] && cmp -s "$want.txt" "$got.txt"; then
			verdict ok "$1" "$policy"
		else
			verdict FAIL "$1" "$policy (status $status; bare machine < > monitor)"
			diff "$want.txt" "$got.txt" | head -n 20
			[ $status -eq 0 ] || tail -n 30 "$got.err"
		fi
	done
}

# A test of how the monitor ends a guest.
stops() {
	says=$(key "$1" says)
	want=$(key "$1" status)
	for policy in $POLICIES; do
		got=$B/guest/$1.$policy
		# shellcheck disable=SC2046
		run "$1" --bt "$policy" --stats - $(key "$1" args) $(key "$1" monitored) >"$got" 2>&1
		status=$?
		if [ $status -eq "${want:-0}" ] && tr -d "\r" <"$got" | grep -Eq "$says"; then
			verdict ok "$1" "$policy"
		else
			verdict FAIL "$1" "$policy (status $status, wanted ${want:-0}, and a line \"$says\")"
			tail -n 30 "$got"
		fi
	done
}

group=
if [ "${1:-}" = -g ]; then
	group=$2
	shift 2
fi
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(names "$group")
for name; do
	if [ ! -f "$B/guest/$name.bin" ] || ! grep -qxF "[$name]" $CFG; then
		verdict FAIL "$name" "(no such test, or not built: make test/guest/$name.ok)"
	elif [ -n "$(key "$name" says)" ]; then
		stops "$name"
	else
		compare "$name"
	fi
done
echo "guest: $passed passed, $failed failed"
[ $failed -eq 0 ]
