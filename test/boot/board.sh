#!/bin/sh
# SPDX-License-Identifier: MIT
#
# board.sh: boards and boot loaders that are not what the monitor likes best, as far as QEMU has them: Hyp mode at entry,
# a Secure world, no PSCI, device trees that lie. What can be said is said in one line; what can't, ends in silence, and
# never in a loop of exceptions, which QEMU's log would show.
set -u

build=$(realpath "${BUILD:-build}")
limit=60 # seconds for one run; what ends in WFI gets a few
shown=out
# shellcheck source=test/verdict.sh
. "$(dirname "$0")/../verdict.sh"
cd "$work" || exit 1

# board SECONDS ARG...: QEMU's virt with ARG..., exceptions logged.
board() {
	seconds=$1
	shift
	timeout "$seconds" qemu-system-arm -M virt -cpu cortex-a15 -m 512 -nographic -nic none -no-reboot -d int -D log "$@" \
		</dev/null 2>err | tr -d '\r' >out
}

exceptions() {
	grep -c '^Taking exception' log
}

# ends NAME PATTERN ARG...: the console has one line, which matches, and the board is off.
ends() {
	name=$1 pattern=$2 why=
	shift 2
	board $limit "$@"
	grep -q terminating err && why="not off"
	[ "$(wc -l <out)" -eq 1 ] || why="not one line"
	grep -qE "^palimpsest: $pattern\$" out || why="no line matches $pattern"
	verdict "$name" "$why"
}

# sleeps NAME EXCEPTIONS LINE ARG...: the console has LINE and nothing else, after so many exceptions.
sleeps() {
	name=$1 count=$2 line=$3 why=
	shift 3
	board 3 "$@"
	[ "$(cat out)" = "$line" ] || why="not the line \"$line\""
	[ "$(exceptions)" -eq "$count" ] || why="$(exceptions) exceptions instead of $count"
	verdict "$name" "$why"
}

# runs NAME ARG...: a VM on this board runs the guest test of interrupts, to the bare machine's result.
runs() {
	name=$1 why=
	shift
	"$build/palimpsest" run --timeout $limit -kernel "$build/guest/timer.bin" -m 64 "$@" </dev/null 2>err | tr -d '\r' >out
	[ "$(sed '/^done$/q' out)" = "$(cat bare)" ] || why="not the bare machine's output"
	verdict "$name" "$why"
}

# The boot loader: r2 = $1, then the monitor.
word() {
	printf "\\$(printf %o $(($1 & 255)))\\$(printf %o $(($1 >> 8 & 255)))\\$(printf %o $(($1 >> 16 & 255)))\\$(printf %o $(($1 >> 24 & 255)))"
}
loader() {
	{ word 0xe59f2000; word 0xe59ff000; word "$1"; word 0x41000000; } >loader # ldr r2, .+8; ldr pc, .+8
}
by_loader="-device loader,file=loader,addr=0x48000000,cpu-num=0
	-device loader,file=$build/palimpsest.zImage,addr=0x41000000,force-raw=on"

"$build/palimpsest" bundle -o vm.itb -kernel "$build/guest/timer.bin" -m 64 || exit 1
qemu-system-arm -M virt,dumpdtb=virt.dtb -cpu cortex-a15 -m 512 -nic none -display none >/dev/null 2>&1
"$build/palimpsest" run --native --timeout $limit -kernel "$build/guest/timer.bin" -m 64 </dev/null 2>/dev/null |
	tr -d '\r' | sed '/^done$/q' >bare
[ -s bare ] || exit 1

no_fit="no FIT image: the initrd must be one"
for machine in virtualization=on secure=on secure=on,virtualization=on; do
	for cpu in cortex-a15 cortex-a7; do
		ends "$machine, $cpu" "$no_fit" -M virt,$machine -cpu $cpu -kernel "$build/palimpsest.zImage"
	done
done
runs "a VM, entered in Hyp mode" --qemu-arg -M --qemu-arg virt,virtualization=on
runs "a VM beside a Secure world" --qemu-arg -M --qemu-arg virt,secure=on,virtualization=on

# Where nobody has set VBAR are undefined instructions.
{ word 0xe7f000f0; word 0xe7f000f0; word 0xe7f000f0; word 0xe7f000f0; word 0xe7f000f0; } >udf
loader 0x0b000000 # nothing is there
# shellcheck disable=SC2086 # arguments are words
sleeps "a device tree that can't be read" 1 "" -bios udf $by_loader
loader 0x48100002
# shellcheck disable=SC2086
sleeps "a device tree at an odd address" 0 "" $by_loader -device loader,file=virt.dtb,addr=0x48100002,force-raw=on
cp virt.dtb nopsci.dtb && fdtput -r nopsci.dtb /psci
loader 0x48100000
# shellcheck disable=SC2086
sleeps "no PSCI" 0 "palimpsest: $no_fit
palimpsest: the device tree has no PSCI to turn the board off; it may be turned off now" \
	$by_loader -device loader,file=nopsci.dtb,addr=0x48100000,force-raw=on
cp virt.dtb nogic.dtb && fdtput -t x nogic.dtb /intc@8000000 reg 0 b000000 0 10000 0 b010000 0 10000
ends "a GIC that isn't there" "bug: data abort in the monitor, no guest running: pc 4[0-9a-f]{7} psr [0-9a-f]{8} \
dfsr 00000[08]08 dfar 0b000000 ifsr [0-9a-f]{8} ifar [0-9a-f]{8}" \
	-kernel "$build/palimpsest.zImage" -initrd vm.itb -dtb nogic.dtb

# An RTC where the window would be, which nothing is at: reading it must be an abort there.
cp virt.dtb highrtc.dtb && fdtput -t x highrtc.dtb /pl031@9010000 reg 0 ff700000 0 1000
ends "a device where the window would be" "bug: data abort in the monitor, no guest running: pc 4[0-9a-f]{7} \
psr [0-9a-f]{8} dfsr 00000[08]08 dfar ff700000 ifsr [0-9a-f]{8} ifar [0-9a-f]{8}" \
	-kernel "$build/palimpsest.zImage" -initrd vm.itb -dtb highrtc.dtb

# The last MiB of a VM would be where the tree promises memory that isn't there.
cp virt.dtb nomemory.dtb
fdtput -t x nomemory.dtb /memory@40000000 reg 0 5c000000 0 4100000 0 40000000 0 1c000000
fdtput -t x nomemory.dtb /chosen linux,initrd-start 4a000000
fdtput -t x nomemory.dtb /chosen linux,initrd-end "$(printf %x $((0x4a000000 + $(stat -c %s vm.itb))))"
# shellcheck disable=SC2086
ends "memory that isn't there" "bug: data abort in the monitor, no guest running: pc 41[0-9a-f]{6} \
psr [0-9a-f]{8} dfsr 00000[08]08 dfar 60000000 ifsr [0-9a-f]{8} ifar [0-9a-f]{8}" \
	$by_loader -device loader,file=nomemory.dtb,addr=0x48100000,force-raw=on \
	-device loader,file=vm.itb,addr=0x4a000000,force-raw=on

echo "board: $passed passed, $failed failed"
[ $failed -eq 0 ]
