#!/bin/sh
# SPDX-License-Identifier: MIT
#
# all.sh BUILD SUITE...: runs suites of tests one after the other, with progress, and adds
# up the tallies that they print ("NAME: N passed, N failed[, N skipped]"). A suite
# is a goal of the Makefile. One that ends without a tally, or with an exit
# status that its tally doesn't explain, counts as one more failure. The last line
# is the sum, alone on the line; the exit status is 0 if nothing failed. The log is $LOG [BUILD/test.log].
set -u

B=$1
shift
mkdir -p "$B"
LOG=${LOG:-$B/test.log}
: >"$LOG"
passed=0 failed=0 skipped=0

suites=$*
for suite in $suites; do
	echo "== $suite"
	began=$(date +%s)
	{ make --no-print-directory "$suite" 2>&1; echo "status $?"; } | tee "$B/suite.log" | grep -v '^status [0-9]*$'
	cat "$B/suite.log" >>"$LOG"
	set -- $(sed -nE 's/^[a-z0-9._-]+: ([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 \4/p' "$B/suite.log" |
		awk '{p += $1; f += $2; s += $3; n++} END {print n + 0, p + 0, f + 0, s + 0}')
	status=$(sed -n 's/^status //p' "$B/suite.log" | tail -n 1)
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	if [ "$1" -eq 0 ] || { [ "$status" != 0 ] && [ "$3" -eq 0 ]; }; then
		echo "$suite ended with status $status after $1 tallies"
		failed=$((failed + 1))
	fi
	echo "   $suite: $(($(date +%s) - began)) s"
done

if [ $skipped -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ]
