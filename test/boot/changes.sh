#!/bin/sh
# SPDX-License-Identifier: MIT
#
# changes.sh [POLICY...]: a Debian kernel that changes its own code in all the ways it has
# [page block], bare and under the monitor; then it starts another one by kexec: itself under
# block, a newer one under page. Under block with --strict, since ftrace reads what it replaces.
# What it prints must be the same, and one line is printed for each of
#
#   exit      the VM powered off: status 0, and the monitor's report says so
#   patched   no sensitive instruction ran unpatched and was caught by UNDEF only
#   ftrace    function tracers on and off, of some functions and of all
#   jumps     jump labels and tracepoints on and off
#   kprobes   kprobes and kretprobes
#   programs  what programs do: code that writes itself, BPF by interpreter and JIT, seccomp
#   modules   modules loaded and unloaded, the BPF JIT's own test among them
#   next      the other kernel's shell
#   dmesg     no kernel message of level warning or worse that the bare boot lacks, of either kernel
#
# KEEP=1 keeps the outputs in $BUILD/changes, where a failure leaves them anyhow.
set -eu

here=$(dirname "$0")
build=${BUILD:-$here/../../build}
guests=$here/../../guests
out=$build/changes
limit=1500 # seconds for one VM, should the host be busy

subject() { echo "$policy"; }
# shellcheck source=test/boot/check.sh
. "$here/check.sh"

# pack DIRECTORY: its files as an archive that an initramfs can be followed by
pack() {
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R +0:+0 | gzip -1 -n)
}

# module NAME: one of the kernel's into the guest
module() {
	dpkg-deb --fsys-tarfile "$image" | tar -xO --wildcards -f - "*/$1" >"$out/files/modules/$1"
	[ -s "$out/files/modules/$1" ]
}

# The guest's files but for the next kernel, and each policy's initramfs.
make_guests() {
	mkdir -p "$out/files/modules" "$out/page" "$out/block"
	cp "$build/boot-changes" "$out/files/changes"
	"$guests/images/mkinitramfs.sh" "$out/files/next.cpio" "$here/next.commands"
	for name in test_static_key_base.ko test_static_keys.ko test_bpf.ko; do
		module $name
	done
	"$guests/images/mkinitramfs.sh" "$out/base.cpio" "$here/changes.commands"
	pack "$out/files" >>"$out/base.cpio"
	cp "$("$guests/images/fetch.sh" kernel-6.12)" "$out/page/vmlinuz-next"
	cp "$kernel" "$out/block/vmlinuz-next"
	for name in page block; do
		pack "$out/$name" | cat "$out/base.cpio" - >"$out/$name.cpio"
	done
}

# boot NAME POLICY [OPTION...]: console into $out/NAME.console, status into $out/NAME.status
boot() {
	name=$1 initrd=$out/$2.cpio
	shift 2
	status=0
	"$build/palimpsest" run -kernel "$kernel" -initrd "$initrd" -m 512 -append "console=ttyAMA0 loglevel=1" --icount \
		--timeout $limit "$@" </dev/null >"$out/$name.console" 2>"$out/$name.errors" || status=$?
	echo $status >"$out/$name.status"
}

# section NAME TITLE: the lines between "@@ TITLE" and the next "@@"
section() {
	tr -d '\r' <"$out/$1.console" | awk -v title="$2" '/^@@/ { on = $0 == "@@ " title; next } on'
}

same() { # TITLE
	section "bare-$policy" "$1" >"$out/expected"
	section "$policy" "$1" >"$out/got"
	[ -s "$out/expected" ] && diff "$out/expected" "$out/got" >"$out/diff" && return 0
	head -n 20 "$out/diff" | sed 's/^/    /'
	return 1
}

# warnings NAME TITLE: messages of level 4 (warning) to 0, without facility and time
warnings() {
	section "$1" "$2" | awk -F'[<>]' '/^<[0-9]+>/ && $2 % 8 <= 4' | sed 's/^<[0-9]*>\[[^]]*\] //' | sort -u
}

no_new_warning() {
	for title in dmesg "next dmesg"; do
		section "$policy" "$title" | grep -q 'Linux version' || { echo "    no kernel messages"; return 1; }
		warnings "bare-$policy" "$title" >"$out/expected"
		warnings "$policy" "$title" >"$out/got"
		comm -13 "$out/expected" "$out/got" >"$out/diff"
		head -n 20 "$out/diff" | sed 's/^/    /'
		[ ! -s "$out/diff" ] || return 1
	done
}

ended_well() {
	[ "$(cat "$out/$policy.status")" = 0 ] && grep -q '"exit":"poweroff"' "$out/$policy.stats" && return 0
	echo "    status $(cat "$out/$policy.status")"
	tail -n 5 "$out/$policy.console" "$out/$policy.errors" | cut -c 1-200 | sed 's/^/    /'
	return 1
}

[ $# -gt 0 ] || set -- page block
kernel=$("$guests/images/fetch.sh" kernel-6.1)
image=$("$guests/images/fetch.sh" image-6.1)
rm -rf "$out"
make_guests
for policy; do
	boot "bare-$policy" "$policy" --native &
	# shellcheck disable=SC2046 # an option or none
	boot "$policy" "$policy" --bt "$policy" $([ "$policy" = page ] || echo --strict) --stats "$out/$policy.stats"
	wait
	[ -e "$out/$policy.stats" ] || : >"$out/$policy.stats"
	check exit ended_well
	check patched grep -q '"unpatched_trapped":0,' "$out/$policy.stats"
	check ftrace same ftrace
	check jumps same "jump labels"
	check kprobes same kprobes
	check programs same programs
	check modules same modules
	check next same next
	check dmesg no_new_warning
done
echo "changes: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ -z "${KEEP:-}" ] && rm -rf "$out"
[ $failed -eq 0 ]
