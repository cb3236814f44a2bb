#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD OPTION...: a campaign of BUILD/palimpsest fuzz that must find no divergence and execute every row
# of the instruction tables. In the tally a row counts as passed; each divergence, and each row that
# never ran, as failed. Divergences are left in BUILD/fuzz.
set -u

B=$1
shift
results=$B/fuzz/results.jsonl
rm -rf "$B/fuzz"
mkdir -p "$B/fuzz"
"$B/palimpsest" fuzz --coverage --crashes "$B/fuzz" --output "$results" "$@"
status=$?
number() { sed -n "/\"type\":\"summary\"/s/.*\"$1\":\([0-9]*\)[,}].*/\1/p" "$results"; }
executed=$(number rows_executed) rows=$(number rows) divergences=$(number divergences)
[ -n "$rows" ] || exit 1
echo "fuzz: $executed passed, $((divergences + rows - executed)) failed"
exit $status
