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

# The device trees of QEMU's board and of a small one, for several targets, and a kernel.
trees() {
	qemu-system-arm -M "virt,dumpdtb=$work/virt" -cpu cortex-a15 -nodefaults -display none 2>"$work/err"
	dtc -q -I dtb -O dtb -S 0 -o "$work/packed" "$work/virt" && mv "$work/packed" "$work/virt"
	dtc -q -O dtb -o "$work/small" <<-'END'
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
	kernel >"$work/kernel"
}

# behind BYTES FILE SEED: FILE as a seed, with bytes before it, from which the target takes what isn't in FILE
behind() {
	{ printf '%b' "$1"; cat "$2"; } >"$corpus/$3"
}

# seeds NAME: good inputs into its corpus
seeds() {
	case $1 in
	fit)
		: >"$corpus/good"
		"$B/palimpsest" bundle -o "$work/fit" -kernel "$work/kernel" -append "console=ttyAMA0"
		behind '\000' "$work/fit" fit
		"$B/palimpsest" bundle -o "$work/fit" -kernel "$work/kernel" -initrd "$work/kernel" -dtb "$work/small" --bt block --strict
		behind '\0201' "$work/fit" fit-all
		"$B/palimpsest" bundle -o "$work/fit" -bios "$work/kernel"
		behind '\000' "$work/fit" fit-firmware
		;;
	guestfdt) # one VCPU, RAM at 1 GiB, 1 GiB of it, no initrd, or one from 1 to 2
		behind '\002\000\005\014\014\000\000' "$work/small" small
		behind '\002\000\000\014\014\001\002' "$work/virt" virt
		behind '\0102\001\005\014\014\001\002\040' /dev/null built
		;;
	options)
		printf '\000run\000-kernel\000x\000-m\000512M\000--timeout\0001.5\000-append\000a b' >"$corpus/run"
		printf '\001bundle\000-o\000y\000-bios\000x\000--bt=block\000--strict' >"$corpus/bundle"
		printf '\001scan\000x\000--raw\000--address\0000x40008000\000--json' >"$corpus/scan"
		printf '\002--seed\0007\000--class\000a\000--policy\000both\000--jobs\0002' >"$corpus/fuzz"
		printf '\00318014398509481985G' >"$corpus/overflow"
		;;
	report)
		printf '\377\017line\n{"exit":"crash","status":2,"x":{}}\r\n' >"$corpus/json"
		printf '\002\000{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}\n' >"$corpus/qmp"
		;;
	image)
		zimage 64 >"$work/zimage"
		behind '\000' "$work/zimage" zimage
		printf '\001\000\002\000\014\014\014' >"$corpus/place"
		;;
	bundle) printf '\070\000\001\007\000\007\200\007\200\007\200\000\001' >"$corpus/all" ;;
	devices | flash | fwcfg) ;; # find their way without
	host) cp "$work/small" "$work/virt" "$corpus" ;;
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

trees
if [ ! -s "$work/virt" ] || [ ! -s "$work/small" ]; then
	echo "run.sh: no device trees: $(cat "$work/err")" >&2
	exit 1
fi
for name; do
	len=$(sed -n 's|^// len: ||p' "test/libfuzzer/$name.c")
	corpus=$B/libfuzzer/$name.corpus
	log=$B/libfuzzer/$name.log
	mkdir -p "$corpus"
	seeds "$name"
	if ASAN_OPTIONS=detect_leaks=0 "$B/libfuzzer/$name" -max_total_time="$seconds" -max_len="${len:-8192}" -len_control=10 -timeout=10 -detect_leaks=0 -rss_limit_mb=3000 -print_final_stats=1 \
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
