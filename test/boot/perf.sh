#!/bin/sh
# SPDX-License-Identifier: MIT
#
# perf.sh [POLICY...]: Debian's own perf counts and samples in a VM as on the bare machine [page block]. All runs are
# deterministic (--icount), so that instructions are counted. Checks, one line each:
#
#   stat      cycles and instructions of a program, in user mode and the kernel: none is "not supported"
#   user      the instructions that it executes in user mode are as many as on the bare machine, within one in
#             a thousand: what is fetched again after a fault may count twice
#   record    samples were taken, by the overflow interrupt, and perf reads them
set -u
here=$(dirname "$0")
build=${BUILD:-$here/../../build}
guests=$here/../../guests
limit=600 # seconds for one run
shown="console errors"
# shellcheck source=test/verdict.sh
. "$here/../verdict.sh"

cat >"$work/commands" <<'END'
export PATH=/usr/bin:/bin
loop='i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'
perf stat -x, -e cycles -e instructions -- sh -c "$loop" 2>&1
perf stat -x, -e instructions:u -- sh -c "$loop" 2>&1
perf stat -x, -e cycles:k -- sh -c "$loop" 2>&1
perf record -e cycles -c 1000000 -o /tmp/samples -- sh -c "$loop" >/dev/null 2>&1
perf report -i /tmp/samples --stdio --sort comm 2>/dev/null | grep -v '^#' | sed 's/^/report /'
sed 's/^/interrupts /' /proc/interrupts
END

# A console's field of a line.
count() { tr -d '\r' <"$work/console" | sed -n "s/^\([0-9]*\),,$1,.*/\1/p"; }

run() { # OPTION...
	"$build/palimpsest" run -kernel "$kernel" -initrd "$work/initrd" -m 256 -append "console=ttyAMA0 quiet" --icount \
		--timeout $limit "$@" </dev/null >"$work/console" 2>"$work/errors"
}

stat_works() {
	for event in cycles instructions instructions:u cycles:k; do
		n=$(count $event)
		[ "${n:-0}" -gt 0 ] || echo "no $event"
	done
}

record_works() {
	grep -q '^report.*100.00%.*sh' "$work/console" || echo "no samples"
	grep -Eq '^interrupts .* [1-9][0-9]* .*arm-pmu' "$work/console" || echo "no interrupts"
}

mkdir "$work/root"
kernel=$("$guests/images/fetch.sh" kernel-6.1) || exit 1
tar -C "$work/root" -xf "$("$guests/images/fetch.sh" perf)" || exit 1
"$guests/images/mkinitramfs.sh" "$work/initrd" "$work/commands" "$work/root"

run --native
user=$(count instructions:u)
verdict "perf bare" "$(stat_works)$(record_works)"
[ $# -gt 0 ] || set -- page block
for policy; do
	run --bt "$policy"
	verdict "perf $policy stat" "$(stat_works)"
	mine=$(count instructions:u)
	apart=$((${mine:-0} > ${user:-0} ? ${mine:-0} - ${user:-0} : ${user:-0} - ${mine:-0}))
	why=
	[ "${mine:-0}" -gt 0 ] && [ $((apart * 1000)) -le "$user" ] || why="$mine instructions, bare $user"
	verdict "perf $policy user" "$why"
	verdict "perf $policy record" "$(record_works)"
done
echo "perf: $passed passed, $failed failed"
[ $failed -eq 0 ]
