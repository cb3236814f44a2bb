#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [all | KERNEL-POLICY[-MIB]...]: boots Debian's own kernels under the monitor, each bare,
# too, and compares what a shell in them sees. KERNEL: 6.1, 6.1-rt, 6.1-lpae, 6.12, 5.10, and thumb2 and thumb2-debug,
# kernels in Thumb-2 built by guests/images/thumb-kernel.sh; POLICY: page, block, or strict, which is page with --strict;
# MIB [512]: the VM's RAM. Without arguments 6.1 and 6.12 in page and block; `all`: Debian's kernels
# in both, three of them with 128, 512 and 2048 MiB.
# Checks, one line each:
#
#   exit      the VM powered off: status 0, and the monitor's report says so
#   patched   no sensitive instruction ran unpatched and was caught by UNDEF only
#   silent    no word that misbehaves at PL0 without a trap was executed in the kernel's text
#             (block: with 512 MiB only, for counting takes its time)
#   cost      the boot takes no more of the bare one's instructions than the table `most` says
#   shell     the shell's and its tools' output is what it must be
#   uname     the kernel is the one that booted bare
#   cpuinfo   /proc/cpuinfo is the bare one
#   iomem     /proc/iomem is the bare one
#   dmesg     no kernel message of level warning or worse that the bare boot lacks, but that it is late (`late`)
#   typing    what is typed at the console reaches an interactive shell (page and 512 MiB only)
#
# The kernels are tested side by side. All runs are deterministic (--icount) but the one that types.
# KEEP=1 keeps the outputs in $BUILD/boot, where a failure leaves them anyhow.
set -eu

here=$(dirname "$0")
# shellcheck source=test/silent.inc disable=SC1091
. "$here/../silent.inc"
build=${BUILD:-$here/../../build}
guests=$here/../../guests
top=$build/boot
limit=1200 # seconds for one boot, should the host be busy

# The kernel's text and modules, where Debian's kernels have had them since 5.x.
SILENT="range=kernel:0xbf000000:0xc1ffffff,in=kernel,$SILENT_MATCHES"

subject() { echo "$version $policy $mib"; }
# shellcheck source=test/boot/check.sh
. "$here/check.sh"

# boot NAME INITRD [OPTION...]: console into $out/NAME.console, status into $out/NAME.status
boot() {
	name=$1 initrd=$2
	shift 2
	status=0
	"$build/palimpsest" run -kernel "$kernel" -initrd "$initrd" -m "$mib" -append "console=ttyAMA0 loglevel=1" \
		--timeout $limit "$@" >"$out/$name.console" 2>"$out/$name.errors" || status=$?
	echo $status >"$out/$name.status"
}

# section NAME TITLE: the lines between "@@ TITLE" and the next "@@"
section() {
	tr -d '\r' <"$out/$1.console" | awk -v title="$2" '$1 == "@@" { on = $2 == title; next } on'
}

# same FILE-A FILE-B: both there and equal, else the difference
same() {
	[ -s "$1" ] && diff "$1" "$2" >"$out/diff" && return 0
	[ -s "$1" ] || echo "nothing: $1" >"$out/diff"
	sed 's/^/    /' "$out/diff" | head -n 20
	return 1
}

same_section() {
	section "$bare" "$1" >"$out/expected"
	section "$vm" "$1" >"$out/got"
	same "$out/expected" "$out/got"
}

shell_works() {
	cat >"$out/expected" <<-'END'
		42
		counted to 1000
		HELLO FROM A PIPE
		53d025127ae99ab79e8502aae2d9bea6  -
		child 7
		500 files
	END
	section "$vm" shell >"$out/got"
	same "$out/expected" "$out/got"
}

# warnings NAME: messages of level 4 (warning) to 0, without facility and time
warnings() {
	section "$1" dmesg | awk -F'[<>]' '/^<[0-9]+>/ && $2 % 8 <= 4' | sed 's/^<[0-9]*>\[[^]]*\] //' | sort -u
}

# What a kernel that watches its own deadlines says of any machine that is slow enough.
late() {
	case $version-$policy in
	thumb2-debug-*) echo '^sched: DL replenish lagged too much$' ;;
	*) echo '^$' ;;
	esac
}

no_new_warning() {
	section "$vm" dmesg | grep -q 'Linux version' || { echo "    no kernel messages"; return 1; }
	warnings "$bare" >"$out/expected"
	warnings "$vm" | grep -v "$(late)" >"$out/got" || :
	comm -13 "$out/expected" "$out/got" >"$out/diff"
	sed 's/^/    /' "$out/diff" | head -n 20
	[ ! -s "$out/diff" ]
}

ended_well() {
	[ "$(cat "$out/$vm.status")" = 0 ] && grep -q '"exit":"poweroff"' "$out/$vm.stats" && return 0
	echo "    status $(cat "$out/$vm.status")"
	tail -n 5 "$out/$vm.console" "$out/$vm.errors" | sed 's/^/    /'
	return 1
}

all_patched() {
	grep -q '"unpatched_trapped":0,' "$out/$vm.stats" && return 0
	grep -o '"unpatched_trapped":[0-9]*' "$out/$vm.stats" | sed 's/^/    /'
	return 1
}

# The most that this boot may take, as a ratio to the bare one.
most() {
	case $version-$policy in
	5.10-block) echo 3.0 ;;
	6.1-lpae-page) echo 1.26 ;; # 1.2 times what 6.1 takes
	thumb2-debug-page) echo 4.0 ;;
	esac
}

cheap_enough() {
	awk -v most="$(most)" '/^total all/ { n[++files] = $3 }
		END { r = n[1] ? n[2] / n[1] : 1e9; if (r > most) print "    " r " times the bare boot, at most " most; exit r > most }
	' "$out/$bare.insn" "$out/$vm.insn"
}

# wait_for TEXT: until the console shows it; not for longer than the VM lives
wait_for() {
	while ! grep -q "$1" "$out/$vm-typed.console"; do
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.2
	done
}

# A shell on the console is typed to once it shows its prompt, a character at a time.
typing() {
	rm -f "$out/fifo"
	mkfifo "$out/fifo"
	: >"$out/$vm-typed.console"
	boot "$vm-typed" "$top/interactive.cpio" --bt "$policy" --timeout 300 <"$out/fifo" &
	pid=$!
	exec 3>"$out/fifo"
	if wait_for 'root #'; then
		for key in e c h o ' ' t y p e d ' ' '$' '(' '(' 6 '*' 7 ')' ')' '\n'; do
			printf '%b' "$key" >&3
			sleep 0.02
		done
		wait_for 'typed 42' || :
		printf 'poweroff -f\n' >&3
	fi
	wait "$pid"
	exec 3>&-
	grep -q 'typed 42' "$out/$vm-typed.console" && [ "$(cat "$out/$vm-typed.status")" = 0 ] && return 0
	tail -n 5 "$out/$vm-typed.console" "$out/$vm-typed.errors" | sed 's/^/    /'
	return 1
}

# kernel_of KERNEL-POLICY[-MIB]: its KERNEL
kernel_of() {
	echo "${1%-page*}" | sed 's/-block.*$//; s/-strict.*$//'
}

options_of() { # POLICY
	case $1 in
	strict) echo --bt page --strict ;;
	*) echo --bt "$1" ;;
	esac
}

test_boot() {
	policy=${1#"$version"-}
	mib=512
	case $policy in
	*-*) mib=${policy#*-} policy=${policy%-*} ;;
	esac
	case $version in
	thumb2) kernel=$("$guests/images/thumb-kernel.sh") code=thumb ;;
	thumb2-debug) kernel=$("$guests/images/thumb-kernel.sh" debug) code=thumb ;;
	*) kernel=$("$guests/images/fetch.sh" "kernel-$version") code=a32 ;;
	esac
	bare=bare-$mib
	vm=$policy-$mib
	[ -e "$out/$bare.status" ] || boot "$bare" "$top/commands.cpio" --native --icount --qemu-arg -plugin \
		--qemu-arg "$build/bench/insn.so" --qemu-arg -d --qemu-arg plugin --qemu-arg -D \
		--qemu-arg "$out/$bare.insn" </dev/null
	set --
	if [ "$policy" = page ] || [ "$mib" = 512 ]; then
		set -- --qemu-arg -plugin --qemu-arg "$build/bench/insn.so,$SILENT,code=$code" \
			--qemu-arg -d --qemu-arg plugin --qemu-arg -D --qemu-arg "$out/$vm.insn"
	fi
	# shellcheck disable=SC2046 # options are words
	boot "$vm" "$top/commands.cpio" --icount $(options_of "$policy") --stats "$out/$vm.stats" "$@" </dev/null
	[ -e "$out/$vm.stats" ] || : >"$out/$vm.stats"
	check exit ended_well
	check patched all_patched
	[ $# -eq 0 ] || check silent none_silent "$out/$vm.insn"
	[ $# -eq 0 ] || [ -z "$(most)" ] || check cost cheap_enough
	check shell shell_works
	check uname same_section uname
	check cpuinfo same_section cpuinfo
	check iomem same_section iomem
	check dmesg no_new_warning
	[ "$vm" != page-512 ] || check typing typing # block takes a minute and more to the prompt
}

# test_kernel KERNEL BOOT...: those of this kernel, into $top/KERNEL and its report
test_kernel() {
	version=$1
	out=$top/$1
	shift
	mkdir -p "$out"
	for which; do
		[ "$(kernel_of "$which")" != "$version" ] || test_boot "$which"
	done
	echo "$passed $failed" >"$out/tally"
}

all=
for version in 5.10 6.1-lpae; do
	all="$all $version-page $version-block"
done
for version in 6.1 6.1-rt 6.12; do
	for mib in 128 512 2048; do
		all="$all $version-page-$mib $version-block-$mib"
	done
done
[ $# -gt 0 ] || set -- 6.1-page 6.1-block 6.12-page 6.12-block
[ "$*" != all ] || eval "set -- $all"
for which; do
	if ! echo "$which" | grep -qE '^(5\.10|6\.1|6\.1-rt|6\.1-lpae|6\.12|thumb2|thumb2-debug)-(page|block|strict)(-[0-9]+)?$'; then
		echo "run.sh: no boot '$which': KERNEL-POLICY[-MIB], like 6.1-page, 6.1-rt-block-128, 6.12-page-2048, thumb2-page" >&2
		exit 1
	fi
done
rm -rf "$top"
mkdir -p "$top"
"$guests/images/mkinitramfs.sh" "$top/commands.cpio" "$here/commands"
"$guests/images/mkinitramfs.sh" "$top/interactive.cpio"
kernels=$(for which; do kernel_of "$which"; done | sort -u)
for version in $kernels; do
	test_kernel "$version" "$@" &
done
wait
awk -v n="$(echo "$kernels" | wc -l)" '
	{ passed += $1; failed += $2 }
	END {
		print "boot: " passed " passed, " failed + n - NR " failed"
		exit failed || NR < n
	}
' "$top"/*/tally
[ -n "${KEEP:-}" ] || rm -rf "$top"
