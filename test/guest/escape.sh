#!/bin/sh
# SPDX-License-Identifier: MIT
#
# escape.sh: shows that the counter of silent sensitive instructions (bench/insn.c with the patterns of
# test/silent.inc) catches one that the monitor leaves unpatched: the kernels of escape.S have one on
# purpose, or the same instruction where it is patched. B is the build directory.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/silent.inc disable=SC1091
. test/silent.inc
B=${B:-build}
passed=0 failed=0

# escape CASE POLICY WANTED: the sites' pattern, or none
escape() {
	log=$B/guest/escape-$1.$2.insn
	rm -f "$log"
	"$B/palimpsest" run -kernel "$B/guest/escape-$1.bin" -m 64 --timeout 60 --bt "$2" \
		--qemu-arg -plugin --qemu-arg "$B/bench/insn.so,range=kernel:0xc0000000:0xc00fffff,in=kernel,$SILENT_MATCHES" \
		--qemu-arg -d --qemu-arg plugin --qemu-arg -D --qemu-arg "$log" </dev/null >"$log.console" 2>&1
	found=$(none_silent "$log" | awk '{print $2}')
	if ! grep -q 'read 600dda7a' "$log.console" || ! grep -q '^range kernel [1-9]' "$log"; then
		why="didn't run"
	elif [ "${found:-none}" = "$3" ]; then
		passed=$((passed + 1))
		echo "ok   escape-$1 $2: $3"
		return
	else
		why="found ${found:-none} instead of $3"
	fi
	failed=$((failed + 1))
	echo "FAIL escape-$1 $2: $why"
	tail -n 5 "$log.console" | sed 's/^/     | /'
}

escape left page ldrt_strt_reg
escape left block none
escape patched page none
escape thumb page unprivileged_t32
escape thumb block none
escape thumb_patched page none
echo "escape: $passed passed, $failed failed"
[ $failed -eq 0 ]
