#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mmu.sh: what the shadow MMU costs, in instructions, from the vector to the return into the guest:
# the guest bench/mmu.S, run bare and under the monitor in deterministic runs. Each line: what, how many
# under either policy, the limit, which is for `page`. BUILD is the build directory. The exit status is 1 if one isn't kept.
set -eu

build=${BUILD:-$(dirname "$0")/../build}
out=$build/bench
mark=0xe30cce11 # as in mmu.S
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

for mode in native page block; do
	case $mode in
	native) set -- --native ;;
	*) set -- --bt $mode --stats "$tmp/$mode.json" ;;
	esac
	"$build/palimpsest" run -kernel "$out/mmu.bin" -m 128 --timeout 300 --icount "$@" \
		--qemu-arg -plugin --qemu-arg "$out/insn.so,mark=$mark" \
		--qemu-arg -d --qemu-arg plugin --qemu-arg -D --qemu-arg "$tmp/$mode.log" </dev/null >"$tmp/$mode.out" 2>&1 || {
		echo "bench: mmu: $mode failed" >&2
		tail -n 5 "$tmp/$mode.out" >&2
		exit 1
	}
done
tr -d '\r' <"$tmp/page.out" | grep '^task' >"$tmp/names"
awk '
	BEGIN {
		limit["fill_section"] = 400
		limit["fill_page"] = limit["fill_page_own"] = limit["fill_page_user"] = 500
		limit["switch"] = limit["switch_reserved"] = 150
		text["fill_section"] = "fill of a section"
		text["known_section"] = "access to one that is there"
		text["fill_page"] = "fill of a page, global"
		text["fill_first_page"] = "the same, and its table"
		text["fill_page_own"] = "fill of a page, not global"
		text["fill_page_user"] = "fill of a page, from user mode"
		text["switch"] = "switch to a known space"
		text["switch_reserved"] = "the same, by way of TTBR1"
		text["tlbi_va"] = "TLBIMVA, global page"
		text["tlbi_va_asid"] = "TLBIMVA, page of one space"
		text["tlbi_all"] = "TLBIALL"
	}
	$1 == "mark" { at[FILENAME, $2] = $3; next }
	$1 == "task" { name[++n] = $2; rounds[n] = $3 }
	function cost(mode, i,   file, a, b) {
		file = dir "/" mode ".log"
		a = at[file, 2 * i - 1] - at[file, 2 * i - 2]
		file = dir "/native.log"
		b = at[file, 2 * i - 1] - at[file, 2 * i - 2]
		return (a - b) / rounds[i]
	}
	END {
		printf "%-31s %10s %10s %10s\n", "instructions of the monitor", "page", "block", "at most"
		for (i = n / 2 + 1; i <= n; i++) { # the second time through
			p = cost("page", i)
			b = cost("block", i)
			l = limit[name[i]]
			printf "%-31s %10.1f %10.1f %10s%s\n", text[name[i]], p, b, l, (l && int(p) > l) ? "  not reached" : ""
			bad += l && int(p) > l
		}
		exit bad != 0
	}' dir="$tmp" "$tmp/native.log" "$tmp/page.log" "$tmp/block.log" "$tmp/names"
