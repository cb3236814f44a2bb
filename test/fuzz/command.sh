#!/bin/bash
# SPDX-License-Identifier: MIT
#
# command.sh [BUILD]: tests the command `palimpsest fuzz` of BUILD (default: build): what it says to bad
# input, and with real machines that it repeats itself, finds and shrinks a divergence, replays, keeps a
# corpus, and goes on where it was interrupted. The divergence is ERET's, by which QEMU's Cortex-A15 returns
# although the machine has no Virtualization Extensions, so it is there whatever the monitor does right.
set -u

build=$(realpath "${1:-build}")
subcommand=fuzz
# shellcheck source=test/subcommand.sh
. "$(dirname "$0")/../subcommand.sh"
mkdir tmp empty
export TMPDIR=$work/tmp

# good NAME STATUS PATTERN ARG...: the status, and a line of the output that matches PATTERN.
good() {
	local name=$1 expected=$2 pattern=$3 why='' status
	shift 3
	timeout 120 "$palimpsest" fuzz "$@" >out 2>err </dev/null
	status=$?
	grep -qE -- "$pattern" out || why="no line matches $pattern"
	cp out last
	[ ! -s err ] || why="something on standard error"
	[ $status = "$expected" ] || why="status $status instead of $expected"
	result "$name" "$why"
}

check() { # NAME COMMAND...
	local name=$1
	shift
	"$@" >out 2>err
	result "$name" "$([ $? = 0 ] || echo "$*")"
}

echo "not a case" >text
echo '{"type":"case","case":"a32:1:42","at":0,"slot":5}' >part.json
echo '{"type":"state","seed":"0x1"}' >empty/state.json
bad "unknown option" "--frobnicate" --frobnicate
bad "option without its argument" "--seed" --seed
bad "stray word" "stray" stray
for n in '' -1 x 1x 99999999999999999999; do
	bad "--seed '$n'" "--seed $n" --seed "$n"
done
bad "--cases 0" "--cases 0" --cases 0
bad "--time -1" "--time -1" --time -1
bad "--time nan" "--time nan" --time nan
bad "--isa" "--isa a64: none of a32, t16, t32 and all" --isa a64
bad "--policy" "--policy fast: none of page, block, strict, block-strict and all" --policy fast
bad "--class" "--class frob" --class frob
bad "a class without rows in the instruction set" "no row" --isa t16 --class rfe
bad "--class mmu, and another" "not together" --class mmu --class mrs
bad "--class mmu, and an instruction set" "not together" --class mmu --isa a32
bad "--jobs 0" "--jobs 0" --jobs 0
bad "--batch, too large" "--batch 1000000" --batch 1000000
bad "--replay of a file that isn't there" "none: neither a case" --replay none
bad "--replay of text" "text: line 1" --replay text
bad "--replay of a damaged case" "part.json: line 1: no member" --replay part.json
bad "--replay of an empty file" "/dev/null: has no cases" --replay /dev/null
bad "--replay of a folder" "tmp: " --replay tmp
bad "--replay of what is no case" "a32:1:7x2: neither a case" --replay a32:1:7x2
bad "--resume of what isn't there" "none/state.json: No such file" --resume none
bad "--resume of a damaged state" "empty/state.json: no number" --resume empty
bad "--corpus is a file" "text: " --corpus text
bad "--crashes is a file" "text: " --crashes text
bad "--output can't be written" "none/out: " --output none/out
PALIMPSEST_FUZZER=$work/none bad "the runner is missing" "none: No such file" --cases 1
PALIMPSEST_MONITOR=$work/none bad "the monitor is missing" "none: No such file" --cases 1
printf '#!/bin/sh\nPATH=/nowhere exec %s "$@"\n' "$palimpsest" >nopath
chmod +x nopath
palimpsest=$work/nopath
bad "QEMU is missing" "qemu-system-arm: not found" --jobs 8 --cases 1000
palimpsest=$build/palimpsest

good "help" 0 "^Usage: palimpsest fuzz" --help
good "the rows" 0 "^t32 .* RFE\|RFEDB .* rfe sensitive" --list
good "a row that is not generated" 0 "^a32 .* ERET .*only by its name: " --list --isa a32
good "a campaign" 0 "^fuzz: seed 3, 600 cases in .*, 0 divergences, 30 of 30 rows$" \
	--isa t16 --seed 3 --cases 600 --coverage --output t16.jsonl --corpus corpus
check "its results are JSON lines" [ "$(grep -c '^{"type":"row",.*}$' t16.jsonl)" = 30 ]
check "and a summary" grep -q '^{"type":"summary","seed":3,"cases":600,.*"divergences":0,"rows":30,"rows_executed":30,"interrupted":false}$' t16.jsonl
check "nothing to resume" [ ! -e corpus/state.json ]
cp corpus/cases.jsonl before
good "the corpus runs" 0 "^fuzz: 0 of $(wc -l <before) cases diverge" --replay corpus/cases.jsonl
good "the same campaign" 0 "600 cases" --isa t16 --seed 3 --cases 600 --corpus corpus
check "has nothing for the corpus" cmp before corpus/cases.jsonl
good "a part of the rows" 0 " 4 of 4 rows$" --isa a32 --class cps --class mrs --cases 30 --coverage --policy page
good "rows that no case executed" 2 "never executed: " --isa a32 --cases 1 --coverage
good "one case" 0 "^  block: .*, the same" --replay t32:5:40
"$palimpsest" fuzz --replay t32:5:40 >again 2>&1
"$palimpsest" fuzz --replay t32:5:40 >once 2>&1
check "is the same each time" cmp once again

good "a divergence" 2 "^divergence a32:1:[0-9]* .ERET" --isa a32 --class ERET --cases 1 --crashes crashes --output eret.jsonl
check "with its disassembly" grep -q "^  \*> [0-9a-f]* .*  eret" last
crash=$(ls crashes/*)
good "is replayed from its file" 2 "^fuzz: 1 of 1 cases diverge" --replay "$crash"
good "and from the results" 2 "^fuzz: 1 of 1 cases diverge" --replay eret.jsonl
check "shrunk" [ "$(grep -o '"[a-z0-9_]*":"0x' "$crash" | wc -l)" -lt 60 ]

# MMU programs. That they find something is shown with a monitor that lets user mode write where AP is 0b010:
# MMU_AP_PL0 (mmu/walk.h), which is 0x50d0 there and the operand of some MOVW.
LC_ALL=C sed 's/\xd0\([\x00-\xff]\)\x05\xe3/\xf0\1\x05\xe3/g' "$build/palimpsest.zImage" >lax.zImage
check "a monitor with a fault can be made" [ "$(cmp -l "$build/palimpsest.zImage" lax.zImage | grep -c ' 320 360$')" -gt 1 ]
good "MMU programs" 0 "^fuzz: seed 4, 150 cases in .*, 0 divergences, [0-9]* of [0-9]* rows$" \
	--class mmu --seed 4 --cases 150 --coverage --output mmu.jsonl --policy page --policy strict
check "their operations are counted" grep -q '^{"type":"row","seed":4,"isa":"mmu","row":"TLBIMVAAIS",.*"executed":[1-9]' mmu.jsonl
good "one program" 0 "^  block: the same" --replay mmu:4:7
PALIMPSEST_MONITOR=lax.zImage good "a fault in the monitor" 2 "^  \* .* but 1[0-7]*" \
	--class mmu --seed 4 --cases 16 --policy page --crashes mmu
check "shrunk to a few operations" awk '/^divergence/ {n = 0} /^  [ *] *[0-9]/ {n++} /^  replay/ && (!least || n < least) {
	least = n} END {exit !least || least > 8}' last
set -- mmu/*
crash=$1
PALIMPSEST_MONITOR=lax.zImage good "is replayed" 2 "^fuzz: 1 of 1 cases diverge" --replay "$crash"
good "and isn't one of the true monitor's" 0 "^fuzz: 0 of 1" --replay "$crash"

interrupt() { # SIGNAL: a campaign of 500000 cases
	"$palimpsest" fuzz --isa t16 --cases 500000 --corpus state --batch 100 --jobs 2 >out 2>err </dev/null &
	local child=$!
	sleep 4
	kill "-$1" $child
	wait $child
	set -- "$1" $?
	cp out last
	[ "$2" = $((128 + $(kill -l "$1"))) ]
}

cases() { sed -n 's/^fuzz: .* \([0-9]*\) cases in.*/\1/p' last; }

check "SIGTERM ends it" interrupt TERM
check "says how to go on" grep -q "^fuzz: go on with: palimpsest fuzz --resume state$" last
first=$(sed -n 's/.*"cases":\([0-9]*\).*/\1/p' state/state.json)
good "is gone on with" 0 "^fuzz: seed 1, " --resume state --time 10
check "where it was" [ "$(cases)" -gt "$first" ]
sed -i 's/"left":\["0x0","0x[0-9a-f]*"/"left":["0x0","0x64"/' state/state.json
good "to its end" 0 "^fuzz: seed 1, " --resume state
check "which leaves no state" [ ! -e state/state.json ]
check "no temporary files" [ -z "$(ls tmp)" ]

echo "fuzz-command: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 50 ]
