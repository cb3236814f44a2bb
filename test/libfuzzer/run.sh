#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD NAME...: runs the libFuzzer targets NAME for FUZZ_SECONDS (60) each, on a corpus that
# grows in BUILD/libfuzzer/NAME.corpus and begins with good inputs made here. A line per target, for
# a failure with the input that shows it, and a tally.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$1
shift
seconds=${FUZZ_SECONDS:-60}
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

case $seconds in
'' | *[!0-9]* | 0*)
	echo "run.sh: FUZZ_SECONDS=$seconds: not a number of seconds" >&2
	exit 1
	;;
esac

# A raw kernel that powers off: MOV r0, #0; B .
kernel() { printf '\000\000\240\343\376\377\377\352'; }

# The beginning of a zImage of $1 bytes, little-endian words in octal.
zimage() {
	head -c 36 /dev/zero
	printf '\030\050\157\001\000\000\000\000'
	printf "$(printf '\\%03o\\%03o\\000\\000' $(($1 % 256)) $(($1 / 256)))"
	printf '\001\002\003\004'
	head -c 12 /dev/zero
}

zimage_of() { # NAME COMMAND...
	seed=$1
	shift
	kernel | "$@" >"$work/payload"
	{ zimage $((64 + $(stat -c %s "$work/payload"))); cat "$work/payload"; } >"$corpus/$seed"
}

# seeds NAME: good inputs into its corpus
seeds() {
	case $1 in
	fit)
		kernel >"$work/kernel"
		"$B/palimpsest" bundle -o "$corpus/fit" -kernel "$work/kernel" -append "console=ttyAMA0"
		"$B/palimpsest" bundle -o "$corpus/fit-all" -kernel "$work/kernel" -initrd "$work/kernel" --bt block
		;;
	host)
		qemu-system-arm -M "virt,dumpdtb=$corpus/virt" -cpu cortex-a15 -append "vm=one" 2>"$work/err"
		dtc -q -O dtb -o "$corpus/small" <<-'END'
			/dts-v1/;
			/memreserve/ 0x50000000 0x1000;
			/ {
				#address-cells = <1>; #size-cells = <1>; interrupt-parent = <1>;
				memory@40000000 { device_type = "memory"; reg = <0x40000000 0x8000000>; };
				reserved-memory {
					#address-cells = <1>; #size-cells = <1>; ranges;
					a@42000000 { reg = <0x42000000 0x1000>; };
				};
				uart@9000000 { compatible = "arm,pl011"; reg = <0x9000000 0x1000>; interrupts = <0 1 4>; };
				gic@8000000 { compatible = "arm,gic-400"; reg = <0x8000000 0x1000 0x8010000 0x1000>;
					#interrupt-cells = <3>; phandle = <1>; interrupt-controller; };
				timer { compatible = "arm,armv7-timer"; interrupts = <1 13 4 1 14 4 1 11 4 1 10 4>; };
				chosen { bootargs = "vm=one trace"; stdout-path = "/uart@9000000";
					linux,initrd-start = <0x44000000>; linux,initrd-end = <0x44100000>; };
			};
		END
		;;
	scanimage)
		zimage_of gzip gzip -9n
		zimage_of xz xz --check=crc32
		zimage_of lzma xz --format=lzma
		printf '_start:\n bx lr\n.type _start, %%function\n' >"$work/elf.S"
		arm-none-eabi-gcc -nostdlib -Wl,--build-id=none -o "$corpus/elf" "$work/elf.S" 2>"$work/err"
		arm-none-eabi-gcc -c -o "$corpus/module" "$work/elf.S"
		;;
	*)
		tail -c 4096 "$B/palimpsest.zImage" >"$corpus/code"
		;;
	esac
}

for name; do
	corpus=$B/libfuzzer/$name.corpus
	log=$B/libfuzzer/$name.log
	mkdir -p "$corpus"
	seeds "$name"
	if ASAN_OPTIONS=detect_leaks=0 "$B/libfuzzer/$name" -max_total_time="$seconds" -max_len=8192 -timeout=10 -detect_leaks=0 -rss_limit_mb=3000 -print_final_stats=1 \
		-artifact_prefix="$B/libfuzzer/$name-" "$corpus" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $name, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
	else
		failed=$((failed + 1))
		echo "FAIL $name: $(grep -m 1 -E "doesn't hold|ERROR:|runtime error" "$log")"
		echo "     log $log; $B/libfuzzer/$name $(sed -n 's/.*Test unit written to //p' "$log")"
	fi
done
echo "libfuzzer: $passed passed, $failed failed"
[ $failed -eq 0 ]
