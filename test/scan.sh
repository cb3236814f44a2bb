#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scan.sh [BUILD]: tests `palimpsest scan` of BUILD (default: build): its counts on images made here
# word by word, that a packed kernel counts as the same kernel unpacked, also Debian's own, and what it
# says to each kind of bad input.
set -u

build=$(realpath "${1:-build}")
here=$(dirname "$(realpath "$0")")
subcommand=scan
# shellcheck source=test/subcommand.sh
. "$here/subcommand.sh"

# good NAME PATTERN ARG...: a line of the report matches PATTERN.
good() {
	local name=$1 pattern=$2 why=''
	shift 2
	timeout 60 "$palimpsest" scan "$@" >out 2>err </dev/null || why="status $? instead of 0"
	[ ! -s err ] || why="something on standard error"
	grep -qE -- "$pattern" out || why="no line matches $pattern"
	result "$name" "$why"
}

# same NAME FILE-A FILE-B
same() {
	diff "$2" "$3" >out 2>err
	result "$1" "$([ -s "$2" ] && [ ! -s out ] || echo "$2 and $3 differ")"
}

words() { # little-endian words as bytes
	local w
	for w; do
		printf "\\x${w:6:2}\\x${w:4:2}\\x${w:2:2}\\x${w:0:2}"
	done
}

# MRS r0, CPSR; MCR DACR; MRC TPIDRPRW; SEV; MSR SPSR_fsxc, LR; MOVS pc, lr; SUBS pc, lr, r1, lsl #2 (by
# number, twice); LDR r0 of the literal behind the branch, which looks like CPSID i; BX r1, reached by no one.
words e10f0000 ee030f10 ee1d3f90 e320f004 e16ff00e 01b0f00e 005ef101 005ef101 e59f0004 e1a00000 eafffff4 \
	f10c0080 e12fff11 >code
head -c 4096 /dev/zero | cat code - >raw

good "raw: totals" '^total: 9 sensitive words, 8 patched, 0 doubtful, 1 literal$' --raw raw --address 0xc0008000
good "raw: by class" '^  A32 MRC TPIDRPRW +B[0-9.]+ +1 +1 +0 +0$' --raw raw --address 0xc0008000
good "raw: the literal" '^  A32 CPS.* +1 +0 +0 +1$' --raw raw --address 0xc0008000
good "raw: how" '8 words patched: 4 hypercalls with their operands, 2 by number \(1 different\), 2 other' \
	--raw raw --address 0xc0008000
good "raw: block" 'at most 8 words patched, where they are reached; 1 indirect branches .* each time,$' \
	--raw raw --address 0xc0008000
good "raw: pages" '^  c0008000 code .* sensitive    9  patched    8  doubtful    0  entry c0008000$' \
	--raw raw --address 0xc0008000 --pages
good "raw: an address within a page" '^  c0008000 code .* sensitive    9 .* entry c0008100$' \
	--raw raw --address 0xc0008100 --pages

# A lax MRS that nothing reaches, among plain words, is doubtful.
words e1a00000 e12fff1e e1a00000 e10e0001 e1a00000 e1a00000 e12fff1e >doubtful
good "doubtful: counted" '^total: 1 sensitive words, 0 patched, 1 doubtful' --raw doubtful --address 0
good "doubtful: disassembled" '^  0000000c e10e0001  .*MRS lax$' --raw doubtful --address 0 --doubtful
good "doubtful: in JSON" '"doubtful_list":\[\{"address":12,"word":3775791105,"name":"MRS lax"' \
	--raw doubtful --address 0 --doubtful --json
good "JSON: totals" '"total":\{"words":1,"patched":0,"doubtful":1,"literal":0,"hypercalls":0,"by_number":0,"replaced":0\}\}$' \
	--raw doubtful --address 0 --json

cat >elf.S <<'END'
	.arch_extension virt
	.text
	.global _start
_start:	mrs r0, cpsr
	bl elsewhere
	hvc #0
	b .
	.space 8192, 0
	.type elsewhere, %function
elsewhere:
	wfi
	bx lr
	.data
	.word 0xe10f0000
END
arm-none-eabi-gcc -mcpu=cortex-a15 -nostdlib -Wl,-Ttext=0x8000,-Tdata=0x100000,--build-id=none -o elf elf.S 2>err
arm-none-eabi-gcc -mcpu=cortex-a15 -c -o module.ko elf.S
arm-none-eabi-strip -o stripped elf
{ head -c 32 elf; head -c 4 /dev/zero; tail -c +37 elf | head -c 10; head -c 6 /dev/zero; tail -c +53 elf; } >segments
for f in elf module.ko stripped segments; do
	good "ELF: $f" '^total: 3 sensitive words, 3 patched, 0 doubtful, 0 literal$' $f
done
good "ELF: entered where it is called" 'patched    1  doubtful    0  entry 0000a010$' elf --pages
good "module: sections by name" '^\.text: 8216 bytes at 00000000' module.ko

zimage() { # END: the header of a zImage of this many bytes
	words e1a00000 e1a00000 e1a00000 e1a00000 e1a00000 e1a00000 e1a00000 e1a00000 ea000002 016f2818 00000000 \
		"$(printf %08x "$1")" 04030201
	head -c 460 /dev/zero
}

# pack NAME COMMAND...: zImage NAME of the kernel `raw` as COMMAND packs it
pack() {
	local name=$1
	shift
	"$@" <raw >payload
	{ zimage $((512 + $(stat -c %s payload) + 4)); cat payload; words 0000103c; } >"$name"
}

pack z-gzip gzip -9n
pack z-xz xz --check=crc32 --arm --lzma2
pack z-lzma xz --format=lzma
for f in z-gzip z-xz z-lzma; do
	good "$f: kernel" ': 9 sensitive words, 8 patched, 0 doubtful, 1 literal$' $f
	good "$f: says so" "zImage, kernel packed by ${f#z-} at 0x200\$" $f
done
good "zImage: --address" '^kernel: 4148 bytes at 80008000' z-xz --address 0x80008000

# Thumb: CPSID i, MRS r0, CPSR, SEV.W, MOVS r0, #1, and a BL to itself that says it's code.
cat >thumb.S <<'END'
	.syntax unified
	.thumb
	.global _start
	.thumb_func
	.type _start, %function
_start:	push {r4, lr}
	cpsid i
	mrs r0, cpsr
	sev.w
	movs r0, #1
	bl _start
	bl _start
	pop {r4, pc}
END
arm-none-eabi-gcc -mcpu=cortex-a15 -mthumb -nostdlib -Wl,-Ttext=0x8000,--build-id=none -o thumb thumb.S 2>err
arm-none-eabi-objcopy -O binary thumb thumb.bin
good "Thumb ELF: known as such" '^thumb: ELF with Thumb code$' thumb
good "Thumb ELF: totals" '^total: 3 sensitive words, 3 patched, 0 doubtful' thumb
good "Thumb ELF: by class" '^  T16 CPSIE\|CPSID +B9.3.1 +1 +1 +0 +0$' thumb
good "Thumb, raw" '^total: 3 sensitive words, 3 patched, 0 doubtful' --raw thumb.bin --address 0x8000 --isa thumb
good "Thumb, taken for A32" '^total: 1 sensitive words' --raw thumb.bin --address 0x8000 --isa a32

# A U-Boot image is what is in it: a zImage, or code at its load address, entered in either state.
mkimage -A arm -O linux -T kernel -C none -a 41000000 -e 41000000 -n x -d z-xz u-xz >/dev/null
good "U-Boot image: the zImage in it" ': 9 sensitive words, 8 patched, 0 doubtful, 1 literal$' u-xz
good "U-Boot image: where it is loaded" '^decompressor: [0-9]+ bytes at 41000000' u-xz
gzip -9nc raw >raw.gz
mkimage -A arm -O linux -T kernel -C gzip -a c0008000 -e c0008000 -n x -d raw.gz u-raw >/dev/null
good "U-Boot image, packed: totals" '^total: 9 sensitive words, 8 patched, 0 doubtful, 1 literal$' u-raw
good "U-Boot image, packed: pages" '^  c0008000 code .* sensitive    9  patched    8  doubtful    0  entry c0008000$' u-raw --pages
mkimage -A arm -O u-boot -T kernel -C none -a 8000 -e 8001 -n x -d thumb.bin u-thumb >/dev/null
good "U-Boot image of Thumb code" '^total: 3 sensitive words, 3 patched, 0 doubtful' u-thumb

# Debian's kernel: as packed, and unpacked by xz.
if kernel=$("$here/../guests/images/fetch.sh" kernel-6.1 2>err); then
	"$palimpsest" scan "$kernel" --json >json
	at=$(sed -n 's/.*"packed_at":\([0-9]*\).*/\1/p' json)
	tail -c +$((at + 1)) "$kernel" | xz --single-stream -dc 2>err >Image
	sed -n 's/.*"name":"kernel","address":[0-9]*,//p' json | sed 's/\]}}\],"total".*//' >as-packed
	"$palimpsest" scan --raw --address 0xc0208000 Image --json |
		sed -n 's/.*"name":"image","address":[0-9]*,//p' | sed 's/\]}}\],"total".*//' >as-unpacked
	same "Debian's kernel counts as its unpacked image" as-packed as-unpacked
	good "Debian's kernel: where it is linked" ' bytes at c0208000, 2[0-9]* pages' "$kernel"
	good "Debian's kernel: every CPS is patched" '^  A32 CPS\S* +B9.3.2 +([0-9]+) +\1 +0 +0$' "$kernel"
else
	result "Debian's kernel" "can't be fetched"
fi

: >empty
head -c 560 z-xz >truncated
{ zimage 556; tail -c +513 z-xz | head -c 44; } >cut-payload
{ head -c 540 z-xz; printf '\xff\xff\xff\xff'; tail -c +545 z-xz; } >corrupt
zimage 512 >no-payload
{ zimage 600; printf '\x02\x21\x4c\x18'; head -c 84 /dev/zero; } >z-lz4
head -c 300M /dev/zero | gzip -1n >bomb-payload
{ zimage $((512 + $(stat -c %s bomb-payload))); cat bomb-payload; } >bomb
head -c 40 elf >elf-header
head -c 4200 elf >elf-truncated
{ head -c 16 elf; printf '\x02\x00\x3e\x00'; tail -c +21 elf; } >elf-x86
{ head -c 5 elf; printf '\x02'; tail -c +7 elf; } >elf-big
{ head -c 42 elf; printf '\x07\x00'; tail -c +45 elf; } >elf-phentsize
echo 'int x = 1;' | arm-none-eabi-gcc -x c -c -o data.o - 2>err
mkdir dir
echo "some text" >text
bad "no file" "FILE is missing"
bad "two files" "elf: only one FILE" raw elf
bad "an option of another command" "-kernel" -kernel raw
bad "missing" "none: No such file" none
bad "empty" "empty: is empty" empty
bad "a directory" "dir: is a directory" dir
if [ "$(id -u)" != 0 ]; then
	cp raw unreadable
	chmod 0 unreadable
	bad "unreadable" "unreadable: Permission denied" --raw unreadable --address 0
fi
bad "unreadable: /proc/self/mem" "/proc/self/mem: Input/output error" --raw /proc/self/mem --address 0
bad "endless" "/dev/zero: doesn't fit" --raw /dev/zero --address 0
bad "text" "text: is" text
bad "raw without --raw" "raw: has no header that says where it goes" raw
bad "raw without an address" "raw: a raw image needs --address" --raw raw
for a in '' x -1 0x100000000 12z 99999999999999999999; do
	bad "--address '$a'" "--address $a: not a 32-bit address" --raw raw --address "$a"
done
bad "--isa" "--isa t32: neither a32, thumb nor auto" --raw raw --address 0 --isa t32
bad "--address, odd" "--address 2: not a multiple of 4" --raw raw --address 2
bad "raw beyond the end of memory" "raw ends beyond the address space" --raw raw --address 0xfffff000
bad "zImage truncated" "truncated: is truncated" truncated
bad "payload truncated" "cut-payload: the kernel packed in it (xz at 0x200) is truncated" cut-payload
bad "payload corrupt" "corrupt: the kernel packed in it (xz at 0x200) is damaged" corrupt
for f in gzip lzma; do # gzip notices at its checksum, lzma where the stream can't be decoded
	size=$(stat -c %s z-$f)
	{ zimage $((size - 20)); tail -c +513 z-$f | head -c $((size - 532)); } >cut-$f
	bad "$f payload truncated" "cut-$f: the kernel packed in it ($f at 0x200) is truncated" cut-$f
	{ head -c 540 z-$f; printf '\xff\x55\xff\x55\xff'; tail -c +546 z-$f; } >corrupt-$f
	bad "$f payload corrupt" "corrupt-$f: the kernel packed in it ($f at 0x200) is" corrupt-$f
done
bad "no payload" "no-payload: has no kernel packed" no-payload
bad "payload of another kind" "z-lz4: the kernel packed in it (lz4 at 0x200) is of a kind" z-lz4
bad "payload too large" "bomb: the kernel packed in it (gzip at 0x200) unpacks to more" bomb
bad "ELF header truncated" "elf-header: is truncated" elf-header
bad "ELF truncated" "elf-truncated: is truncated" elf-truncated
bad "ELF for another machine" "elf-x86: is an ELF file for another machine" elf-x86
bad "64-bit ELF" "true: is an ELF file for another machine" /bin/true
bad "big-endian ELF" "elf-big: is a big-endian ELF" elf-big
bad "ELF with odd headers" "elf-phentsize: is damaged" elf-phentsize
bad "ELF without code" "data.o: has nothing executable" data.o

echo "scan: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 50 ]
