#!/bin/sh
# SPDX-License-Identifier: MIT
#
# firmware.sh [POLICY...]: Debian's U-Boot as firmware in flash, bare and under the monitor
# [page block], typed to on its console. What it prints must be the same, and one line
# is printed for each of
#
#   ended     the VM powered off: status 0, and the monitor's report says so
#   patched   no sensitive instruction ran unpatched and was caught by UNDEF only
#   prompt    the commands up to the self-test gave what they give bare: version, memory,
#             U-Boot's own text in flash and its checksum, what flash there is, erasing and writing it
#   saveenv   the environment is written to flash, and is there after a reset (bare it isn't
#             with some releases of QEMU, so that isn't compared)
#   selftest  U-Boot's EFI self-test gave what it gives bare, but for the time of day, and for
#             its test of timers, which on a busy host fails bare as well
#   reset     U-Boot came up again after that, and flash kept what had been written
#   kernel    qfw load and bootz: Debian's kernel, to a shell's output and power-off (page only)
#
# KEEP=1 keeps the consoles in $BUILD/firmware, where a failure leaves them anyhow.
set -eu

here=$(dirname "$0")
build=${BUILD:-$here/../../build}
guests=$here/../../guests
out=$build/firmware
limit=150 # seconds for one VM

# Typed one by one, each at a prompt.
BEFORE='version
bdinfo
md 0 40
md.b c0d00 80
crc32 0 c0dd4
flinfo
qfw cpus
protect off bank 2
erase 4040000 407ffff
cp.b 0 4040000 400
cmp.b 0 4040000 400
md 403fff0 8
setenv spoken well'
AFTER='printenv spoken
md 4040000 10'
BOOT='qfw load $kernel_addr_r $ramdisk_addr_r
bootz $kernel_addr_r $ramdisk_addr_r:$filesize $fdtcontroladdr'

subject() { echo "$policy"; }
# shellcheck source=test/boot/check.sh
. "$here/check.sh"

# wait_for COUNT PATTERN: until COUNT lines of the console match; not for longer than the VM lives.
wait_for() {
	while [ "$(grep -ac -- "$2" "$out/$name.console")" -lt "$1" ]; do
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.05
	done
}

# type_lines: those of standard input, each at a prompt of its own
type_lines() {
	while read -r line; do
		wait_for $((prompts += 1)) '^=> ' || return 1
		printf '%s\r' "$line" >&3
	done
}

interrupt_autoboot() { # COUNT
	wait_for "$1" 'stop autoboot' && printf ' ' >&3
}

converse() {
	interrupt_autoboot 1
	type_lines <<-LINES
		$BEFORE
		saveenv
		bootefi selftest
	LINES
	wait_for 1 'Press any key' && printf ' ' >&3
	interrupt_autoboot 2
	type_lines <<-LINES
		$AFTER
		$([ "$policy" = block ] && echo poweroff || echo "$BOOT")
	LINES
}

# run_vm NAME [OPTION...]: console into $out/NAME.console, status into $out/NAME.status
run_vm() {
	name=$1
	shift
	prompts=0 status=0
	rm -f "$out/$name.fifo"
	mkfifo "$out/$name.fifo"
	: >"$out/$name.console"
	"$build/palimpsest" run -bios "$uboot" -kernel "$kernel" -initrd "$out/initrd" \
		-append "console=ttyAMA0 loglevel=1" --timeout $limit "$@" \
		<"$out/$name.fifo" >"$out/$name.console" 2>"$out/$name.errors" &
	pid=$!
	exec 3>"$out/$name.fifo"
	converse || :
	wait $pid || status=$?
	exec 3>&-
	echo $status >"$out/$name.status"
}

# between NAME FROM TO: the console's lines from the first that matches FROM up to the next that matches TO
between() {
	tr -d '\r' <"$out/$1.console" | sed 's/\x1b[^m]*m//g' |
		awk -v from="$2" -v to="$3" 'on && $0 ~ to { exit } $0 ~ from { on = 1 } on'
}

# without_time: standard input less what depends on it
without_time() {
	sed "/Time according/d; /^Executing 'event services'/,/^Tearing down 'event services'/d; /^Summary/d"
}

# same FROM TO: what the VM printed there is what was printed bare
same() {
	between bare "$1" "$2" | without_time >"$out/expected"
	between "$policy" "$1" "$2" | without_time >"$out/got"
	[ -s "$out/expected" ] && diff -a "$out/expected" "$out/got" >"$out/diff" && return 0
	head -n 20 "$out/diff" | sed 's/^/    /'
	return 1
}

ended_well() {
	[ "$(cat "$out/$policy.status")" = 0 ] && grep -q '"exit":"poweroff"' "$out/$policy.stats" && return 0
	echo "    status $(cat "$out/$policy.status")"
	tail -n 5 "$out/$policy.console" "$out/$policy.errors" | cut -c 1-200 | sed 's/^/    /'
	return 1
}

saved() {
	between "$policy" '^=> saveenv' '^=> bootefi' | grep -q '^OK' &&
		between "$policy" '^=> printenv spoken' '^=> md' | grep -q '^spoken=well'
}

same_prompt() {
	grep -aq '^=> cmp.b' "$out/$policy.console" && same '^=> version' '^=> setenv'
}

kernel_ran() {
	same '^=> qfw load' 'Starting kernel' && same '^@@ uname' '^@@ dmesg' &&
		between "$policy" '^@@ shell' '^@@ cpuinfo' | grep -q '^500 files'
}

mkdir -p "$out"
rm -f "$out"/*
uboot=$("$guests/images/fetch.sh" u-boot)
kernel=$("$guests/images/fetch.sh" kernel-6.1)
"$guests/images/mkinitramfs.sh" "$out/initrd" "$here/commands"
[ $# -gt 0 ] || set -- page block
# run_policies LIST: those of the list that were asked for
run_policies() {
	for policy in $1; do
		case " $asked " in
		*" $policy "*) run_vm "$policy" --bt "$policy" --stats "$out/$policy.stats" ;;
		esac
	done
}

asked=$*
(policy=bare run_vm bare --native; run_policies block) &
others=$!
run_policies page
wait $others
for policy; do
	[ -e "$out/$policy.stats" ] || : >"$out/$policy.stats"
	check ended ended_well
	check patched grep -q '"unpatched_trapped":0,' "$out/$policy.stats"
	check prompt same_prompt
	check saveenv saved
	check selftest same '^=> bootefi' 'Preparing for reset'
	check reset same '^=> md 4040000' '^=> '
	[ "$policy" = block ] || check kernel kernel_ran
done
echo "firmware: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ -z "${KEEP:-}" ] && rm -rf "$out"
[ $failed -eq 0 ]
