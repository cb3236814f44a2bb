#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD NAME OPTION...: a campaign of BUILD/palimpsest fuzz that must find no divergence and execute every row
# of the instruction tables, or every kind of operation. In the tally a row counts as passed; each divergence, and
# each row that never ran, as failed. Divergences are left in BUILD/NAME.
set -u

B=$1 name=$2
shift 2
results=$B/$name/results.jsonl
rm -rf "${B:?}/$name"
mkdir -p "$B/$name"
"$B/palimpsest" fuzz --coverage --crashes "$B/$name" --output "$results" "$@"
status=$?
number() { sed -n "/\"type\":\"summary\"/s/.*\"$1\":\([0-9]*\)[,}].*/\1/p" "$results"; }
executed=$(number rows_executed) rows=$(number rows) divergences=$(number divergences)
[ -n "$rows" ] || exit 1
echo "$name: $executed passed, $((divergences + rows - executed)) failed"
exit $status
