#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mutants.sh BUILD [PATTERN...]: puts the faults of test/mutants/mmu.cfg (or those whose names match) into a copy of the tree,
# one at a time, and says behind how many MMU programs the fuzzer finds each. It fails if one isn't
# found in PROGRAMS (100,000) of seed SEED (1). JOBS (2): runs of QEMU at a time.
set -u
cd "$(dirname "$0")/../.." || exit 1
list=test/mutants/mmu.cfg read=test/mutants/mutants.awk
B=$1 passed=0 failed=0
shift
tree=$B/fuzz-mutants
rm -rf "$tree"
mkdir -p "$tree/build"
tar -c --exclude="./$B" --exclude=./.git . | tar -x -C "$tree"
tar -c -C "$B" --exclude=./fuzz-mutants --exclude=./mutants --exclude=./test --exclude=./guest --exclude=./boot . | tar -x -C "$tree/build"

chosen() {
	[ $# -gt 1 ] || return 0
	name=$1
	shift
	for pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $name in $pattern) return 0 ;; esac
	done
	return 1
}

# shellcheck disable=SC2013 # names are words
for name in $(sed -n 's/^\[\(.*\)\]$/\1/p' $list); do
	chosen "$name" "$@" || continue
	file=$(awk -v task=list -f $read $list | awk -F'\t' -v n="$name" '$1 == n { print $2 }')
	if awk -v task=apply -v name="$name" -f $read $list >"$tree/$file" &&
		make --no-print-directory -C "$tree" WARN=-w build/palimpsest.zImage >"$tree/make.log" 2>&1; then
		found=$(PALIMPSEST_MONITOR=$tree/build/palimpsest.zImage "$B/palimpsest" fuzz --class mmu --first --batch "${BATCH:-192}" \
			--jobs "${JOBS:-2}" --cases "${PROGRAMS:-100000}" --seed "${SEED:-1}" ${POLICIES:-} 2>&1 |
			sed -n 's/^  bare machine and \(.*\) differ:/\1/p; s/.*replay: .*mmu:[0-9]*:\([0-9]*\)$/\1/p' | paste -sd' ')
	else
		found="" && tail -n 3 "$tree/make.log"
	fi
	if [ -n "$found" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	echo "$name: ${found:-NOT FOUND}"
	cp "$file" "$tree/$file"
done
echo "fuzz-mutants: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
