#!/bin/bash
# SPDX-License-Identifier: MIT
#
# check.sh BUILD sample|all: judges the corpus (corpus.sh) by `palimpsest scan --truth`, what the rules were tuned with and
# what was held out apart. Code must be patched where it is sensitive, or at least left in doubt, and of data at most a
# word in 4 MiB. What has A32 code only is judged by both rules.
set -u

here=$(dirname "$(realpath "$0")")
palimpsest=$(realpath "$1/palimpsest")
what=$2
dir=${XDG_CACHE_HOME:-$HOME/.cache}/palimpsest/corpus
[ "$what" = all ] || dir=$(realpath "$1")/corpus
MIB=1048576
passed=0
failed=0

"$here/corpus.sh" "$what" "$dir" || exit 1

# field NAME: of the report in $report.
field() {
	echo "$report" | grep -o "\"$1\":[0-9]*" | cut -d: -f2
}

# judge NAME ISA FILE...
judge() {
	local name=$1 bytes lost patched why='' report
	report=$("$palimpsest" scan --truth --json --isa "$2" "${@:3}") || why="status $?"
	if [ -z "$why" ]; then
		bytes=$(($(field a32) + $(field thumb) + $(field data)))
		lost=$(($(field silent_as_other_state) + $(field silent_as_data)))
		patched=$(field patched_data)
		[ $lost = 0 ] || why="$lost silent instructions are taken for something else"
		[ "$patched" -le $((bytes / (4 * MIB) + 1)) ] || why="$patched words of data are patched"
		[ "$(field sensitive)" -gt 0 ] || [[ $name = thumb* ]] || why="nothing sensitive in it"
		echo "	$name: $((bytes / MIB)) MiB, silent $(field silent), of these lost $lost, in doubt" \
			"$(field silent_as_doubtful); data patched $patched; pages in doubt $(field doubtful_pages) of $(field pages)"
	fi
	if [ -z "$why" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL	corpus: $name: $why"
	fi
}

for set in tune held; do
	for kind in a32 thumb mixed; do
		[ -n "$(ls "$dir/$set/$kind")" ] || continue
		judge "$kind, $set" thumb "$dir/$set/$kind"/*
		[ $kind != a32 ] || judge "a32, $set, as A32 only" a32 "$dir/$set/$kind"/*
	done
done
echo "corpus: $passed passed, $failed failed"
[ $failed = 0 ]
