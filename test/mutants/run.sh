#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD [check]: runs the faults of test/mutants/*.cfg, see README there. First the tree is copied to
# BUILD/mutants/base, built, and every suite run once: it must pass, and the time it takes is what
# puts the suites in order and bounds them. Each fault gets a copy of that of its own, in which
# only what depends on its file is built again. A suite that fails, or hangs until its time is over, has killed it.
set -u
cd "$(dirname "$0")/../.." || exit 1
HERE=test/mutants
B=$1
OUT=$PWD/$B/mutants
BASE=$OUT/base
TAB=$(printf '\t')
JOBS=${JOBS:-2}
ONLY=${ONLY:-*}
SUITES=${SUITES:-*}
AGAIN=${AGAIN:-}
# Without warnings, for all that runs make, so that it is all built with the same flags.
MAKEFLAGS=WARN=-w
export JOBS ONLY SUITES AGAIN MAKEFLAGS

# shellcheck disable=SC2046 # the lists' names are words
lists() { awk "$@" -f $HERE/mutants.awk $(find $HERE -name '*.cfg' ! -name suites.cfg | sort); }
stamp() { cksum | cut -d' ' -f1; }
now() { date +%s; }
make_in() { make --no-print-directory -C "$@"; }

# The value of key $2 of [$1] in suites.cfg.
key() {
	awk -v n="[$1]" -v k="$2" '/^\[/ { on = $0 == n } on && $1 == k && $2 == "=" { sub(/^[^=]*= */, ""); print; exit }' $HERE/suites.cfg
}

# The guest tests of group $1, all without one.
guests() {
	awk -v g="$1" '/^\[/ { name = substr($0, 2, length($0) - 2); if (g == "") print "guest/" name }
		/^groups *=/ && g != "" { for (i = 3; i <= NF; i++) if ($i == g) print "guest/" name }' test/guest/tests.cfg
}

hosts() { find test/host -name '*.c' ! -name 'fake_*' | sed 's|^test/host/\(.*\)\.c$|host/\1|' | sort; }

# Builds what suite $2 needs in tree $1.
prepare() {
	case $2 in
	host/*) make_in "$1" "build/test/${2#host/}" ;;
	guest/*) make_in "$1" "build/guest/${2#guest/}.bin" build/palimpsest build/palimpsest.zImage ;;
	*) make_in "$1" all ;;
	esac
}

# Runs suite $2 in tree $1.
suite() (
	cd "$1" || exit 1
	case $2 in
	host/*) "build/test/${2#host/}" ;;
	guest/*) B=build test/guest/run.sh "${2#guest/}" ;;
	*) sh -c "$(key "$2" run)" ;;
	esac
)

# What a fault in file $1 is to be shown to, cheapest first; of host tests that take as long, those of fewer files.
suites_for() {
	awk -F'\t' -v f="$1" '$2 != at { at = $2; n = 0 } { size[$2] = ++n } $1 == f { on[$2] = 1 } END { for (i in on) print i, size[i] }' \
		"$OUT/links" | while read -r name size; do
		echo "$(cut -d' ' -f1 "$OUT/baseline/$name") $size $name"
	done | sort -n -k1,1 -k2,2 | cut -d' ' -f3
	pattern=$(sed -n 's/^\[\(.*\/.*\)\]$/\1/p' $HERE/suites.cfg | while read -r p; do
		# shellcheck disable=SC2254 # it is a pattern
		case $1 in $p) echo "$p"; break ;; esac
	done)
	for name in $(key "$pattern" suites); do
		case $name in
		guest:*) guests "${name#guest:}" | while read -r g; do
			echo "$(cut -d' ' -f1 "$OUT/baseline/$g") $g"
		done | sort -n | cut -d' ' -f2 ;;
		*) echo "$name" ;;
		esac
	done
}

# The tree with no fault in it: built, each suite run once unless nothing has changed that it depends on.
baseline() {
	mkdir -p "$BASE" "$OUT/baseline/host" "$OUT/baseline/guest" "$OUT/log" "$OUT/results"
	find "$BASE" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
	tar -c --exclude="./$B" --exclude=./.git . | tar -x -C "$BASE"
	if [ ! -d "$BASE/build" ]; then
		mkdir "$BASE/build"
		tar -c -C "$B" --exclude=./mutants --exclude=./test --exclude=./boot . | tar -x -C "$BASE/build"
	fi
	# shellcheck disable=SC2046
	make_in "$BASE" -j"$JOBS" all build/bench/insn.so $(guests '' | sed 's|^guest/\(.*\)|build/guest/\1.bin|') \
		>"$OUT/base.log" 2>&1 || { tail "$OUT/base.log"; exit 1; }
	for name in $(hosts); do
		c=test/$name.c
		# shellcheck disable=SC2046
		(cd "$BASE" && gcc -std=gnu11 -I. -Ibuild -MM "$c" test/host/fake_arch.c $(sed -n 's|^// uses: ||p' "$c")) | tr ' ' '\n' |
			grep '[a-z]$' | sort -u | awk -v name="$name" 'NF { print $1 "\t" name }'
	done >"$OUT/links"
	tree=$(cd "$BASE" && find Makefile monitor bt mmu shadowpt guests test -type f ! -path 'test/mutants/*' ! -path 'test/host/*' |
		sort | xargs cksum | stamp)
	for name in $(hosts) $(guests '') $(sed -n 's/^\[\([a-z-]*\)\]$/\1/p' $HERE/suites.cfg); do
		case $name in
		host/*) sum=$(cd "$BASE" && awk -F'\t' -v n="$name" '$2 == n { print $1 }' "$OUT/links" | xargs cksum | stamp) ;;
		*) sum=$tree ;;
		esac
		# shellcheck disable=SC2254
		case $name in $SUITES) ;; *) [ -s "$OUT/baseline/$name" ] || echo "0 -" >"$OUT/baseline/$name"; continue ;; esac
		read -r _ had 2>/dev/null <"$OUT/baseline/$name" && [ "$had" = "$sum" ] && continue
		echo "$name $sum"
	done >"$OUT/todo"
	[ ! -s "$OUT/todo" ] || xargs -P "$JOBS" -n 2 "$0" "$B" baseline <"$OUT/todo" || exit 1
}

baseline_one() {
	log=$OUT/log/baseline-$(echo "$1" | tr / -)
	{ prepare "$BASE" "$1"; } >"$log" 2>&1
	began=$(now)
	if suite "$BASE" "$1" </dev/null >>"$log" 2>&1; then
		echo "$(($(now) - began)) $2" >"$OUT/baseline/$1"
		rm -f "$BASE/build/test/${1#host/}" "$log"
	else
		tail -n 20 "$log"
		echo "mutants: $1 fails without any fault"
		return 255 # ends xargs
	fi
}

# Runs suite $3 in tree $2, for at most $1 seconds; one that hangs gets three times as long, to be sure that it does.
bounded() {
	timeout -k 5 "$1" "$0" "$B" suite "$2" "$3" </dev/null 2>&1
	hangs=$?
	[ $hangs = 124 ] || [ $hangs = 137 ] || return $hangs
	timeout -k 5 $((3 * $1)) "$0" "$B" suite "$2" "$3" </dev/null 2>&1
}

# One fault: name, file, isolation, equivalent, suites to try, what.
mutant() {
	name=$1 file=$2 isolation=$3 equivalent=$4 try=$5 what=$6
	result=$OUT/results/$name
	entry=$({ lists -v task=entry -v name="$name" | grep -v '^try '; cat "$file"; } | stamp)
	tests=$(cat "$OUT/tests")
	if [ -s "$result" ] && [ "$AGAIN" != all ]; then
		IFS=$TAB read -r had_entry had_tests had_status _ <"$result"
		case $had_status in
		killed) [ "$had_entry" != "$entry" ] || return 0 ;;
		survived) [ "$had_entry$had_tests" != "$entry$tests" ] || [ "$AGAIN" = survived ] || return 0 ;;
		esac
	fi
	work=$(mktemp -d "$OUT/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	log=$OUT/log/$name
	began=$(now)
	status=survived by=-
	tar -c -C "$BASE" . | tar -x -C "$work"
	lists -v task=apply -v name="$name" >"$work/$file.new" && cat "$work/$file.new" >"$work/$file"
	rm "$work/$file.new"
	diff -u "$file" "$work/$file" >"$log"
	tried=" "
	[ "$try" != - ] || try=
	for suite in $try $([ "$SUITES" = try ] || suites_for "$file"); do
		case $tried in *" $suite "*) continue ;; esac
		# shellcheck disable=SC2254
		case $suite in $SUITES) ;; *) [ "$SUITES" = try ] || continue ;; esac
		tried="$tried$suite "
		echo "== $suite" >>"$log"
		if [ ! -s "$OUT/baseline/$suite" ]; then
			status=broken by="no suite $suite"
			break
		fi
		if ! timeout -k 5 600 "$0" "$B" prepare "$work" "$suite" >>"$log" 2>&1; then
			status=broken by="doesn't build for $suite"
			break
		fi
		read -r seconds _ <"$OUT/baseline/$suite"
		bounded $((seconds * 10 + 100)) "$work" "$suite" >>"$log"
		case $? in
		0) ;;
		124 | 137) status=killed by="$suite (hangs)"; break ;;
		*) status=killed by=$suite; break ;;
		esac
	done
	case $status,$SUITES in
	survived,"*") ;;
	survived,*) tests=partly ;;
	esac
	printf '%s\t%s\t%s\t%s\t%s\n' "$entry" "$tests" "$status" "$by" $(($(now) - began)) >"$result"
	printf '%-9s %s %s%s, %s s\n' "$status" "$name" "$([ "$isolation" = no ] || echo "(isolation) ")" "$by" $(($(now) - began))
}

# The results of the faults chosen, as report.awk wants them.
results() {
	while IFS=$TAB read -r name file isolation equivalent _ what; do
		status=none by=- seconds=0
		[ ! -s "$OUT/results/$name" ] || IFS=$TAB read -r _ _ status by seconds <"$OUT/results/$name"
		if [ "$equivalent" = yes ]; then
			if [ "${EQUIVALENT:-}" = 1 ] && [ "$status" != survived ]; then status=broken by="not equivalent: $by"; else status=equivalent; fi
		fi
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$file" "$isolation" "$status" "$by" "$seconds" "$what"
	done <"$OUT/chosen"
}

case ${2:-} in
check)
	bad=$(lists -v task=check 2>&1 >/dev/null | tee /dev/stderr | wc -l)
	echo "mutants-list: $(lists -v task=list | wc -l) passed, $bad failed"
	exit $((bad > 0)) ;;
prepare | suite) "$2" "$3" "$4"; exit ;;
baseline) baseline_one "$3" "$4"; exit ;;
mutant)
	IFS=$TAB read -r name file isolation equivalent try what <<-END
		$(awk -F'\t' -v n="$3" '$1 == n' "$OUT/chosen")
	END
	mutant "$name" "$file" "$isolation" "$equivalent" "$try" "$what"
	exit ;;
esac

export BARE=keep
lists -v task=check || exit 1
mkdir -p "$OUT"
lists -v task=list | while IFS=$TAB read -r name rest; do
	# shellcheck disable=SC2254
	case $name in $ONLY) printf '%s\t%s\n' "$name" "$rest" ;; esac
done >"$OUT/chosen"
[ -s "$OUT/chosen" ] || { echo "mutants: no fault is called $ONLY" >&2; exit 1; }
baseline
find test -type f ! -path 'test/mutants/*' | sort | xargs cksum | stamp >"$OUT/tests"
if [ "${EQUIVALENT:-}" = 1 ]; then cat "$OUT/chosen"; else awk -F'\t' '$4 == "no"' "$OUT/chosen"; fi | cut -f1 |
	xargs -P "$JOBS" -n 1 "$0" "$B" mutant
results >"$OUT/results.tsv"
awk -v task=json -f $HERE/report.awk "$OUT/results.tsv" >"$OUT/results.json"
awk -f $HERE/report.awk "$OUT/results.tsv" >"$OUT/report.txt"
status=$?
cat "$OUT/report.txt"
exit $status
