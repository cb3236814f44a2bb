#!/bin/sh
# SPDX-License-Identifier: MIT
#
# edk2.sh [POLICY...]: Debian's EDK2, Thumb with A32 in between, as firmware in flash, bare and under the monitor [page block]:
# from reset to its shell, some commands there, and power-off. A line is printed for each of
#
#   ended     the VM powered off: status 0, and the monitor's report says so
#   patched   no sensitive instruction ran unpatched and was caught by UNDEF only
#   shell     the commands gave what they give bare
#
# KEEP=1 keeps the consoles in $BUILD/edk2, where a failure leaves them anyhow.
set -eu

here=$(dirname "$0")
build=${BUILD:-$here/../../build}
out=$build/edk2
limit=300 # seconds for one VM

COMMANDS='ver
map -b
set
reset -s'

subject() { echo "$policy"; }
# shellcheck source=test/boot/check.sh
. "$here/check.sh"

# The console's text: what is behind the last colour or place of the cursor on each line.
text() { tr -d '\r' <"$1" | sed 's/\x1b\[[0-9;]*[A-Za-z]//g'; }

# converse: each command at a prompt of its own, for as long as the VM lives
converse() {
	prompts=0
	echo "$COMMANDS" | while read -r line; do
		prompts=$((prompts + 1))
		while [ "$(text "$out/$name.console" | grep -ac 'Shell> ')" -lt $prompts ]; do
			kill -0 "$pid" 2>/dev/null || return 0
			sleep 0.2
		done
		printf '%s\r' "$line"
	done
}

# run_vm NAME [OPTION...]: console into $out/NAME.console, status into $out/NAME.status
run_vm() {
	name=$1 status=0
	shift
	mkfifo "$out/$name.fifo"
	: >"$out/$name.console"
	"$build/palimpsest" run -bios "$edk2" -m 256 --timeout $limit "$@" \
		<"$out/$name.fifo" >"$out/$name.console" 2>"$out/$name.errors" &
	pid=$!
	converse >"$out/$name.fifo"
	wait $pid || status=$?
	echo $status >"$out/$name.status"
}

ended_well() {
	[ "$(cat "$out/$policy.status")" = 0 ] && grep -q '"exit":"poweroff"' "$out/$policy.stats" && return 0
	echo "    status $(cat "$out/$policy.status")"
	tail -n 5 "$out/$policy.console" "$out/$policy.errors" | cut -c 1-200 | sed 's/^/    /'
	return 1
}

same_shell() {
	for name in bare "$policy"; do
		text "$out/$name.console" | sed -n '/Shell> ver/,$p' >"$out/$name.text"
	done
	[ -s "$out/bare.text" ] && diff -a "$out/bare.text" "$out/$policy.text" >"$out/$policy.diff" && return 0
	head -n 20 "$out/$policy.diff" | sed 's/^/    /'
	return 1
}

rm -rf "$out"
mkdir -p "$out"
edk2=$("$here/../../guests/images/fetch.sh" edk2)
[ $# -gt 0 ] || set -- page block
run_vm bare --native
for policy; do
	: >"$out/$policy.stats"
	run_vm "$policy" --bt "$policy" --stats "$out/$policy.stats"
	check ended ended_well
	check patched grep -q '"unpatched_trapped":0,' "$out/$policy.stats"
	check shell same_shell
done
echo "edk2: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ -z "${KEEP:-}" ] && rm -rf "$out"
[ $failed -eq 0 ]
