#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh: what `make bench` does: runs the same guests bare on QEMU and under the monitor
# in both policies, prints what each costs and the ratio to bare metal (1.0), and
# writes that as results.json and results.csv into $BUILD/bench. Instructions are counted by
# bench/insn.c in deterministic runs (--icount), wall time is the median of three
# plain runs (one under block). MODES and RUNS in the environment do less: MODES="native page" RUNS=1.
#
# A mode that fails leaves its cells empty. The exit status is 0 even if a limit isn't
# reached: the table says so.
set -eu

here=$(dirname "$0")
build=${BUILD:-$here/../build}
out=$build/bench
modes=${MODES:-native page block}
runs=${RUNS:-3}
limit=${TIMEOUT:-900} # seconds for one boot; counting under `block` takes some minutes
memory=512            # MiB of the guest
mark=0xe30cce11       # as in tasks.c
text=0xbf000000:0xc1ffffff # where the kernel's text and modules are, once it has unpacked itself

kernel=$("$here/../guests/images/fetch.sh" kernel-6.1)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

say() { echo "bench: $*" >&2; }

# run MODE INITRD OUTPUT [OPTION...]: one boot to power-off
run() {
	run_mode=$1 run_initrd=$2 run_output=$3
	shift 3
	case $run_mode in
	native) set -- --native "$@" ;;
	*) set -- --bt "$run_mode" "$@" ;;
	esac
	"$build/palimpsest" run -kernel "$kernel" -initrd "$run_initrd" -m $memory --timeout "$limit" \
		-append "console=ttyAMA0 quiet" "$@" </dev/null >"$run_output" 2>&1 || {
		say "$run_mode: failed with status $?; its last lines:"
		tail -n 3 "$run_output" >&2
		return 1
	}
}

# counted MODE INITRD NAME [OPTION...]: a deterministic boot, counted into $tmp/NAME.log
counted() {
	counted_mode=$1 counted_initrd=$2 counted_name=$3
	shift 3
	run "$counted_mode" "$counted_initrd" "$tmp/$counted_name.out" --icount \
		--qemu-arg -plugin --qemu-arg "$out/insn.so,mark=$mark,range=kernel:$text" \
		--qemu-arg -d --qemu-arg plugin --qemu-arg -D --qemu-arg "$tmp/$counted_name.log" "$@"
}

# row NAME UNIT MODE VALUE
row() { echo "$1 $2 $3 $4" >>"$tmp/rows"; }

boot_instructions() {
	say "$1: counting a boot"
	stats=$out/stats-$1.json
	set -- "$1" "$tmp/boot.cpio" "boot-$1"
	if [ "$1" = native ]; then
		counted "$@" || return 0
	else
		counted "$@" --stats "$stats" || return 0
		bytes=$(sed -n 's/.*"monitor_bytes":\([0-9]*\).*/\1/p' "$stats")
		row monitor_memory "%" "$1" "$(awk "BEGIN { print 100 * $bytes / ($memory * 1048576) }")"
		grep -o '"[a-z0-9_]*":{"count":[0-9]*' "$stats" | tr -d '"{' | while IFS=: read -r reason _ count; do
			row "exits_$reason" exits "$1" "$count"
		done
	fi
	row boot instructions "$1" "$(sed -n 's/^total all //p' "$tmp/boot-$1.log")"
	row boot_unpacked instructions "$1" "$(awk '$1 == "total" { t = $3 } $1 == "began" { print t - $3 }' "$tmp/boot-$1.log")"
}

boot_wall() {
	times=$runs
	[ "$1" != block ] || times=1 # the slow reference
	say "$1: timing a boot, $times times"
	: >"$tmp/wall"
	i=0
	while [ $i -lt "$times" ]; do
		start=$(date +%s%N)
		run "$1" "$tmp/boot.cpio" "$tmp/wall.out" || return 0
		echo $((($(date +%s%N) - start) / 1000000)) >>"$tmp/wall"
		i=$((i + 1))
	done
	row boot_wall ms "$1" "$(sort -n "$tmp/wall" | sed -n "$((times / 2 + 1))p")"
}

# The tasks come in the order of the marks, two of which enclose each.
tasks() {
	say "$1: counting the tasks"
	counted "$1" "$tmp/tasks.cpio" "tasks-$1" || return 0
	tr -d '\r' <"$tmp/tasks-$1.out" | grep '^task' >"$tmp/names" || :
	grep -q '^task end' "$tmp/names" || say "$1: the tasks didn't all run"
	awk -v mode="$1" '
		NR == FNR { if ($1 == "mark") at[$2] = $3; next }
		$1 == "task" && $2 != "end" { printf "%s instructions %s %.0f\n", $2, mode, (at[2 * n + 1] - at[2 * n]) / $3; n++ }
	' "$tmp/tasks-$1.log" "$tmp/names" >>"$tmp/rows"
}

mkdir -p "$out"
printf 'true\n' >"$tmp/boot.cmds"
printf '/tasks\n' >"$tmp/tasks.cmds"
"$here/../guests/images/mkinitramfs.sh" "$tmp/boot.cpio" "$tmp/boot.cmds"
"$here/../guests/images/mkinitramfs.sh" "$tmp/base.cpio" "$tmp/tasks.cmds"
cp "$out/tasks" "$tmp/tasks"
(cd "$tmp" && echo tasks | cpio --quiet -o -H newc -R +0:+0 | gzip -1 -n) >"$tmp/more.cpio"
cat "$tmp/base.cpio" "$tmp/more.cpio" >"$tmp/tasks.cpio"
: >"$tmp/rows"

for mode in $modes; do
	boot_instructions "$mode"
	boot_wall "$mode"
	tasks "$mode"
done

awk -v csv="$out/results.csv" -v json="$out/results.json" -v kernel="$(cat "$kernel.version")" \
	-f "$here/table.awk" "$tmp/rows"
if command -v gnuplot >/dev/null; then
	gnuplot -e "csv='$out/results.csv'; png='$out/exits.png'" "$here/exits.gp" || say "no plot: gnuplot failed"
fi
say "written to $out"
