#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build.sh BUILD: whether make knows what is made of what. First it is asked, for each kind of file and for flags, what it
# would build again; then all of that is changed at once in a copy of the tree, and what make builds
# of the old objects must be, byte for byte, what it builds of none.
set -u
cd "$(dirname "$0")/.." || exit 1
B=$1
# shellcheck disable=SC2034 # verdict.sh's
shown=log
# shellcheck source=test/verdict.sh
. test/verdict.sh

# The goals of the test would be made, too, with what they were told.
unset MAKEFLAGS MAKELEVEL
case $B in */debug) export DEBUG=1 ;; esac
make() { command make --no-print-directory "$@"; }

# ask NAME ARGUMENT... : TARGET...: is each TARGET built again with these arguments of make's? With "=" before it: is it not?
ask() {
	name=$1 arguments='' wrong=''
	shift
	while [ "$1" != : ]; do
		arguments="$arguments $1"
		shift
	done
	shift
	for target; do
		case $target in =*) want=0 ;; *) want=1 ;; esac
		# shellcheck disable=SC2086 # words
		make -q $arguments "$B/${target#=}" >"$work/log" 2>&1
		[ $? = $want ] || wrong="$wrong $target"
	done
	verdict "$name" "$wrong"
}

# changed FILE TARGET...: the same with FILE newer than all.
changed() {
	file=$1
	shift
	ask "$file" -W "$file" : "$@"
}

everything="palimpsest palimpsest.zImage fuzz.bin hostile.bin guest/psr.bin test/walk"
# shellcheck disable=SC2086
ask "nothing" : $(printf ' =%s' $everything)
changed monitor/cpu/vcpu.h asm-offsets.h palimpsest.zImage =palimpsest =fuzz.bin =test/walk
changed monitor/base/types.h asm-offsets.h palimpsest.zImage palimpsest test/walk =fuzz.bin
changed mmu/walk.h asm-offsets.h palimpsest.zImage =palimpsest test/walk
changed mmu/pte.h palimpsest.zImage palimpsest test/walk =guest/psr.bin
changed mmu/walk.c =asm-offsets.h palimpsest.zImage =palimpsest test/walk
changed shadowpt/spt.h asm-offsets.h palimpsest.zImage =test/walk
changed monitor/cpu/exits.def asm-offsets.h palimpsest.zImage palimpsest =fuzz.bin
changed monitor/exit/asm-offsets.def asm-offsets.h palimpsest.zImage =palimpsest
changed monitor/exit/window.S palimpsest.zImage =asm-offsets.h =palimpsest
changed monitor/monitor.lds palimpsest.zImage =asm-offsets.h
changed bt/isa/a32.def palimpsest.zImage palimpsest isa
changed test/fuzz/case.h palimpsest fuzz.bin =palimpsest.zImage =hostile.bin
changed test/fuzz/mmu.def palimpsest fuzz.bin =palimpsest.zImage
changed test/fuzz/runner.S fuzz.bin =palimpsest
changed test/hostile/steps.def hostile.bin test/hostile-drive =palimpsest
changed test/guest/kernel.inc guest/psr.bin =palimpsest.zImage
changed test/host/check.h test/walk =palimpsest
changed guests/main.c palimpsest =palimpsest.zImage =fuzz.bin
changed guests/cli/file.c palimpsest learn =palimpsest.zImage
for flag in WARN=-w CFLAGS=-O0 CROSS=arm-none-linux- CC=gcc; do
	case $flag in
	CC=*) set -- palimpsest test/walk =palimpsest.zImage =guest/psr.bin ;;
	CROSS=*) set -- palimpsest.zImage asm-offsets.h fuzz.bin hostile.bin guest/psr.bin =palimpsest ;;
	*) set -- palimpsest.zImage asm-offsets.h palimpsest fuzz.bin hostile.bin test/walk ;;
	esac
	ask "$flag" "$flag" : "$@"
done
ask "TARGET=-mthumb" TARGET=-mthumb : palimpsest.zImage asm-offsets.h =palimpsest =fuzz.bin

compiled=$(make -n -W guests/main.c "$B/palimpsest" | grep -c ' -c ')
verdict "one file of the command is compiled anew" "$([ "$compiled" = 1 ] || echo "$compiled are")"

# The copy. Its changes show in what is built: other offsets, other constants, other code, and one file more; of another the
# name has changed.
tree=$work/tree
mkdir -p "$tree/$B"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$tree"
tar -c -C "$B" obj flags libfdt asm-offsets.h monitor.elf palimpsest.zImage palimpsest fuzz.bin | tar -x -C "$tree/$B"
cd "$tree" || exit 1
edit() { # FILE SED-COMMAND
	sed -i "$2" "$1"
	cmp -s "$1" "$OLDPWD/$1" && verdict "$1 can be changed" "$2 doesn't"
}
edit monitor/cpu/exits.def '0,/^EXIT/s//EXIT(new, "new")\n&/'
edit monitor/cpu/vcpu.h 's/^struct bank {/&\n\tuint32_t fresh;/'
edit test/fuzz/case.h 's/^#define FUZZ_VERSION .*/#define FUZZ_VERSION 99u/'
edit monitor/head.S '$a\\t.word 0x12345678'
edit guests/cli/error.c '$a\int error_new;'
echo "$B/asm-offsets.h: monitor/moved.c" >>"$B/obj/asm-offsets.h.d"
printf '#include "monitor/base/types.h"\nextern uint32_t fresh;\nuint32_t fresh = 1;\n' >mmu/fresh.c
make -j2 all >"$work/log" 2>&1
verdict "what has changed is built" "$([ $? = 0 ] || echo failed)"
images="palimpsest.zImage fuzz.bin palimpsest"
images() { # where debug information has the folder of the build, it isn't compared
	for image in $images; do
		objcopy -g -R .note.gnu.build-id "$B/$image" "$work/$1-$image" 2>/dev/null || cp "$B/$image" "$work/$1-$image"
	done
}
images old
find "$B" -mindepth 1 -maxdepth 1 ! -name libfdt -exec rm -rf {} +
make -j2 all >"$work/log" 2>&1
verdict "a clean build" "$([ $? = 0 ] || echo failed)"
images clean
for image in $images; do
	verdict "$image is that of a clean build" "$(cmp "$work/old-$image" "$work/clean-$image" 2>&1)"
done

echo "build: $passed passed, $failed failed"
[ $failed = 0 ]
