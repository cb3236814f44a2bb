#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bad.sh: bad input as the real monitor meets it, which test/cli.sh has none of: boot
# arguments, FIT images and boards that it can't use, and kernels that the host command
# can't tell from good ones. Bad input is one line and nothing else, on the console or,
# by the host command, as its report; a guest that crashes has a dump and status 2.
set -u

build=$(realpath "${BUILD:-build}")
guests=$(realpath "$(dirname "$0")/../../guests")
limit=60 # seconds for one run
kernel=$("$guests/images/fetch.sh" kernel-6.1) || exit 1
shown=out
# shellcheck source=test/verdict.sh
. "$(dirname "$0")/../verdict.sh"
cd "$work" || exit 1

# refuses NAME LINE ARG...: the monitor, started by QEMU itself with ARG..., says LINE and ends.
refuses() {
	name=$1 line=$2 why=
	shift 2
	timeout $limit qemu-system-arm -M virt -cpu cortex-a15 -nographic -nic none -no-reboot \
		-kernel "$build/palimpsest.zImage" "$@" </dev/null >out 2>&1 || why="status $?"
	[ "$(tr -d '\r' <out)" = "palimpsest: $line" ] || why="not the line \"palimpsest: $line\""
	verdict "$name" "$why"
}

# ends NAME STATUS PATTERN ARG...: `palimpsest run ARG...` ends with STATUS, and a line matches.
ends() {
	name=$1 expected=$2 pattern=$3 why=
	shift 3
	"$build/palimpsest" run --timeout $limit --stats - "$@" </dev/null >out 2>&1
	status=$?
	tr -d '\r' <out | grep -qE -- "$pattern" || why="no line matches $pattern"
	[ $status -eq "$expected" ] || why="status $status instead of $expected"
	verdict "$name" "$why"
}

# dumped: what the last guest left has all that is needed to see why.
dumped() {
	for part in '^ r0 [0-9a-f]{8}' 'pc  [0-9a-f]{8}' '^instruction at pc: ' '^last of [0-9]+ trace' '^\{"exit":"crash"'; do
		tr -d '\r' <out | grep -qE "$part" || { verdict "$1" "no line matches $part"; return; }
	done
	verdict "$1" ""
}

"$guests/images/mkinitramfs.sh" initrd || exit 1
"$build/palimpsest" bundle -o vm.itb -kernel "$kernel" -initrd initrd -m 64 || exit 1
"$build/palimpsest" bundle -o large.itb -kernel "$kernel" -m 2048 || exit 1
head -c 3000000 vm.itb >truncated.itb
cp vm.itb nosuch.itb && fdtput -t s nosuch.itb /configurations/vm-1 kernel none
cp vm.itb tiny.itb && fdtput -t x tiny.itb /configurations/vm-1 palimpsest,memory 3
LC_ALL=C sed 's/vm-1/vm\x1b1/g' large.itb >unprintable.itb
truncate -s 9M half
"$build/palimpsest" bundle -o small.itb -kernel "$kernel" -initrd half -m 64 && fdtput -t x small.itb /configurations/vm-1 palimpsest,memory 10
head -c 3000 "$kernel" >random # any bytes that aren't a FIT
long=$(printf '%0600d' 0)

refuses "no FIT" "no FIT image: the initrd must be one" -m 512
refuses "not a FIT" "FIT image: is missing" -m 512 -initrd random
refuses "a truncated FIT" "FIT image: is truncated or damaged" -m 512 -initrd truncated.itb
refuses "a FIT whose kernel is missing" "none: is not among the images" -m 512 -initrd nosuch.itb
refuses "a FIT of too little memory" "palimpsest,memory: is out of range" -m 512 -initrd tiny.itb
refuses "a FIT that doesn't fit in its memory" "ramdisk: initrd doesn't fit in the VM's RAM" -m 512 -initrd small.itb
refuses "more memory than the host's" "vm-1: more memory than the host has free" -m 512 -initrd large.itb
refuses "hardly more than the VM's" "vm-1: more memory than the host has free" -m 74 -initrd vm.itb
refuses "a VM that there isn't" "nosuch: is not among the configurations" -m 512 -initrd vm.itb -append vm=nosuch
refuses "a policy that there isn't" "bt=foo: is not one of the monitor's boot arguments" \
	-m 512 -initrd vm.itb -append "vm=vm-1 bt=foo"
refuses "a boot argument of somebody else's" "quiet: is not one of the monitor's boot arguments" \
	-m 512 -initrd vm.itb -append quiet
refuses "a boot argument that can't be printed" "foo??[2J?{?: is not one of the monitor's boot arguments" \
	-m 512 -initrd vm.itb -append "$(printf 'foo\n\033[2J\t{\377')"
refuses "nor can the VM's name" "vm?1: more memory than the host has free" -m 512 -initrd unprintable.itb
refuses "boot arguments too long" "host device tree: bootargs are longer than 511 characters" \
	-m 512 -initrd vm.itb -append "vm=$long"
refuses "a board without GICv2" "host device tree: no GICv2" -m 512 -initrd vm.itb -M gic-version=3

# What the command doesn't let through: a FIT whose kernel has become something else behind its back.
head -c 4096 /dev/zero | tr '\0' '\251' >filler
"$build/palimpsest" bundle -o filler.itb -kernel filler -m 64
at=$(LC_ALL=C grep -abo "$(head -c 64 filler)" filler.itb | head -n 1 | cut -d : -f 1)
becomes() { # NAME LINE BYTES: the kernel's first bytes, for printf
	cp filler.itb other.itb
	# shellcheck disable=SC2059 # it is a format
	printf "$3" | dd of=other.itb bs=1 seek="$at" conv=notrunc 2>/dev/null
	refuses "$1" "kernel: $2" -m 512 -initrd other.itb
}
elf='\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\050\0\1\0\0\0\0\0\020\100\064\0\0\0\0\0\0\0\0\0\0\0\064\0\040\0\1\0\0\0\0\0\0\0\1\0\0\0'
becomes "a segment beyond the file" "is truncated: a segment is beyond its end" \
	"$elf"'\1\020\0\0\0\0\020\100\0\0\020\100\0\0\001\0\0\0\001\0'
becomes "a segment beyond 4 GiB" "has a damaged segment" "$elf"'\0\0\0\0\0\0\020\100\0\0\020\360\0\001\0\0\0\0\0\377'
becomes "segments larger than RAM" "kernel doesn't fit in the VM's RAM" \
	"$elf"'\0\0\0\0\0\0\020\100\0\0\020\100\0\001\0\0\0\0\0\010'
becomes "a U-Boot image shorter than it says" "is truncated: shorter than its U-Boot header says" \
	'\047\005\031\126\0\0\0\0\0\0\0\0\377\377\377\300\100\020\0\0\100\020\0\0\0\0\0\0\5\2\2\0'
becomes "a U-Boot image outside of RAM" "would be entered where the VM has neither RAM nor flash" \
	'\047\005\031\126\0\0\0\0\0\0\0\0\0\0\001\0\200\020\0\0\200\020\0\0\0\0\0\0\5\2\2\0'
becomes "a packed U-Boot image" "is a U-Boot image, compressed in a way that is not unpacked" \
	'\047\005\031\126\0\0\0\0\0\0\0\0\0\0\001\0\100\020\0\0\100\020\0\0\0\0\0\0\5\2\2\1'
becomes "a script" "is a script" '#!/bin/sh\n'

# MOV r0, #0x30000000; MCR p15, 0, r0, c12, c0, 0 (VBAR); UDF: its vectors are where there is nothing.
printf '\003\002\240\343\020\017\014\356\360\360\360\347' >udf
ends "a kernel of undefined instructions" 2 "^palimpsest: VM stopped: " -kernel udf -m 16
dumped "its dump"
ends "a kernel whose init is missing" 0 '^\{"exit":"reset"' \
	-kernel "$kernel" -initrd initrd -m 128 -append "console=ttyAMA0 panic=-1 rdinit=/none root=/dev/none" -no-reboot
ends "a kernel that panics on its command line's init" 0 "Attempted to kill init" \
	-kernel "$kernel" -initrd initrd -m 128 -append "console=ttyAMA0 panic=-1 rdinit=/bin/busybox" -no-reboot

# QEMU's own device tree, less what the VM doesn't have.
qemu-system-arm -M virt,dumpdtb=dumped.dtb -cpu cortex-a15 -nic none -display none >/dev/null 2>&1
for node in $(fdtget -l dumped.dtb / | grep -E '^(pcie|flash|fw-cfg|platform-bus|virtio_mmio)@'); do
	fdtput -r dumped.dtb "/$node"
done
fdtput -r dumped.dtb /intc@8000000/v2m@8020000
echo poweroff -f >commands
"$guests/images/mkinitramfs.sh" initrd-commands commands || exit 1
ends "the device tree that QEMU dumps" 0 '"exit":"poweroff"' -kernel "$kernel" -initrd initrd-commands -m 128 \
	-dtb dumped.dtb
ends "time's up" 3 "^palimpsest: timed out after 1 s" -kernel "$kernel" -m 128 --timeout 1

echo "bad: $passed passed, $failed failed"
[ $failed -eq 0 ]
