#!/bin/bash
# SPDX-License-Identifier: MIT
#
# cli.sh [BUILD]: tests the host command BUILD/palimpsest (default: build) as its user meets it:
# what it says to bad input, the command it builds, the bundle it writes, its exit status for each
# way a VM can end, and that it leaves neither files nor processes nor a raw terminal behind.
# QEMU is played by a script, so this takes seconds and needs no monitor.
set -u

here=$(realpath "$(dirname "$0")")
build=$(realpath "${1:-build}")
palimpsest=$build/palimpsest
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/in" "$work/bin" "$work/tmp" "$work/dir"
cd "$work" || exit 1
export TMPDIR=$work/tmp ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} PALIMPSEST_MONITOR=$work/in/monitor
unset SOURCE_DATE_EPOCH

result() { # NAME GOOD WHY
	if [ "$2" = 1 ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1: $3"
		sed 's/^/     | /' out err
	fi
}

left() { find "$work/in" "$work/tmp" "$work/dir" | sort | md5sum; }

# run STATUS ARG...: runs palimpsest; why says what differs from what all cases have in common.
run() {
	local expected=$1 before status
	shift
	before=$(left)
	"$palimpsest" "$@" >out 2>err </dev/null
	status=$?
	why=
	[ $status = "$expected" ] || why="status $status instead of $expected"
	[ "$(left)" = "$before" ] || why="files were left behind"
}

# bad NAME TEXT ARG...: bad usage or input, for which one line with TEXT is all there is to see.
bad() {
	local name=$1 text=$2
	shift 2
	run 1 "$@"
	[ "$(wc -l <err)" = 1 ] || why="not one line on standard error"
	grep -q '^palimpsest: ' err || why="no message of palimpsest's"
	grep -qF -- "$text" err || why="'$text' is not named"
	[ ! -s out ] || why="something on standard output"
	result "$name" $([ -z "$why" ] && echo 1 || echo 0) "$why"
}

# good NAME STATUS PATTERN ARG...: status, and a line of either output that matches PATTERN.
good() {
	local name=$1 status=$2 pattern=$3
	shift 3
	run "$status" "$@"
	cat out err | grep -qE -- "$pattern" || why="no line matches $pattern"
	result "$name" $([ -z "$why" ] && echo 1 || echo 0) "$why"
}

check() { # NAME COMMAND...
	local name=$1
	shift
	"$@" >out 2>err
	result "$name" $([ $? = 0 ] && echo 1 || echo 0) "$*"
}

# The process in pid is gone, or dead and waiting for whoever adopted it.
gone() { ! grep -q '^State:[[:space:]]*[A-Ya-z]' "/proc/$(cat pid)/status" 2>/dev/null; }

words() { # little-endian words as bytes
	local w
	for w; do
		printf "\\x${w:6:2}\\x${w:4:2}\\x${w:2:2}\\x${w:0:2}"
	done
}

zimage() { # FIRST-OF-SWITCH BRANCH MAGIC ENDIAN END
	words e1a00000 e1a00000 e1a00000 e1a00000 e1a00000 e1a00000 e1a00000 "$1" "$2" "$3" 00000000 "$5" "$4"
	head -c 972 /dev/zero
}

zimage e1a00000 ea000002 016f2818 04030201 00000400 >in/zImage
zimage e1a00000 ea000002 18286f01 01020304 00000400 >in/big-endian
zimage e1a00000 ea000002 016f2818 04030201 00000000 >in/damaged
head -c 500 in/zImage >in/truncated
head -c 20 in/zImage >in/stump
words e3a00001 eafffffe >in/raw
: >in/empty
cp in/zImage in/monitor
cp /bin/true in/elf
echo "some text that is not a kernel" >in/text
gzip -c in/zImage >in/zImage.gz
{ head -c 56 /dev/zero; printf 'ARM\x64'; head -c 1000 /dev/zero; } >in/arm64
{ head -c 510 /dev/zero; printf '\x55\xaa\xeb\x66HdrS'; head -c 1000 /dev/zero; } >in/bzImage
elf() { # SECOND-WORD TYPE-AND-MACHINE: with one segment, and what isn't loaded
	words 464c457f "$1" 00000000 00000000 "$2" 00000001 40100000 00000034 00000000 05000200 00200034 00000001 00000000
	words 00000001 00000054 40100000 40100000 00000008 00000010 00000007 00000004 e3a00001 eafffffe
	head -c 3000 /dev/zero
}
elf 00010101 00280002 >in/kernel.elf
elf 00010201 28000200 >in/big-endian.elf
elf 00010101 00030002 >in/x86.elf
head -c 90 in/kernel.elf >in/truncated.elf
uimage() { mkimage -A "$1" -O linux -T "$2" -C "$3" -a 41000000 -e 41000000 -n x -d "$4" "$5" >/dev/null; }
gzip -nc in/raw >in/raw.gz
uimage arm kernel none in/raw in/uImage
uimage arm kernel gzip in/raw.gz in/uImage.gz
uimage arm kernel none in/zImage in/uImage.zImage
uimage arm kernel bzip2 in/raw in/uImage.bz2
uimage arm64 kernel none in/raw in/uImage.arm64
uimage arm script none in/raw in/uImage.script
uimage arm kernel gzip in/raw in/uImage.not-gz
head -c 70 in/uImage >in/uImage.truncated
head -c 70 in/uImage.gz >in/uImage.truncated-gz
words f10c01c0 eafffffe >in/cpsid
printf '#!/bin/sh\n' >in/script
echo initrd >in/initrd
truncate -s 20M in/large
truncate -s 9M in/half
echo '/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; memory@40000000 { reg = <0x40000000 0x20000000>; }; };' |
	dtc -q -I dts -O dtb -o in/dtb -
head -c 60 in/dtb >in/dtb-truncated
{ head -c 60 in/dtb; head -c 4 /dev/urandom; tail -c +65 in/dtb; } | tr '\001' '\377' >in/dtb-damaged

bad "no command" "no command"
bad "unknown command" "boot: unknown command, not run" boot
bad "a misspelt command" "rnu: unknown command; did you mean run?" rnu -kernel in/zImage
bad "an option instead of a command" "-kernel: a command comes first" -kernel in/zImage
bad "unknown option" "-frobnicate: unknown option (see palimpsest run --help)" run -kernel in/zImage -frobnicate 2
bad "unknown option, long" "--frobnicate: unknown option (see" run --frobnicate -kernel in/zImage
bad "unknown option, longer than any" "unknown option (see" run "--$(head -c 3000 /dev/zero | tr '\0' a)" -kernel in/zImage
bad "an option of the other command" "--stats: is an option of palimpsest run, not of bundle" bundle -o x -kernel in/zImage --stats y
bad "an option that stands for two" "--st: may be --strict or --stats" run --st x -kernel in/zImage
bad "an argument too many" "--strict=1: takes no argument" run --strict=1 -kernel in/zImage
for near in "run --kernal --kernel" "run -kernl -kernel" "run --inird --initrd" "run -nographik -nographic" \
	"run --on-reboot --no-reboot" "run --timeuot --timeout" "run -ap-pend -append" "run -cpuu -cpu" "bundle --stirct --strict" \
	"scan --jsno --json" "scan --doubtfull --doubtful" "fuzz --ias --isa" "fuzz --polici --policy"; do
	# shellcheck disable=SC2086 # they are words
	set -- $near
	bad "a near miss: $2" "$2: unknown option; did you mean $3?" "$1" "$2" x
done
for far in --x --k3rn3l9 --zzz --memory --dry-cleaning; do
	bad "and no near miss: $far" "$far: unknown option (see palimpsest run --help)" run $far x
done

# QEMU's own command line: what says what is so anyway is taken, all else refused with the reason.
while read -r option; do
	# shellcheck disable=SC2086 # they are words
	good "QEMU's $option" 0 "^qemu-system-arm -M virt -cpu cortex-a15 .* -m 704 .*-append bt=page" \
		run --dry-run -kernel in/zImage $option
	# shellcheck disable=SC2086
	check "and of a bundle" "$palimpsest" bundle -o taken.itb -kernel in/zImage $option
done <<-'END'
	-M virt -cpu cortex-a15 -m 512 -nographic
	-machine virt -smp 1 -display none -serial stdio
	-machine virt,accel=tcg,highmem=off -serial mon:stdio -monitor none -nodefaults
	-M virt -M gic-version=2,virtualization=off,secure=off -smp cpus=1,cores=1 -vga none
	--machine=virt --nic none -net none -accel tcg
END
while read -r option value why; do
	[ "$value" != . ] || value=
	# shellcheck disable=SC2086 # no word is none
	bad "QEMU's $option $value" "$option${value:+ $value}: $why" run -kernel in/zImage $option $value
done <<-'END'
	-M vexpress-a15 the machine is QEMU's virt
	-machine virt,gic-version=3 the machine is QEMU's virt
	-machine virt, the machine is QEMU's virt
	-machine vir the machine is QEMU's virt
	-machine virt2 the machine is QEMU's virt
	-M type=virt|gic-version=2 the machine is QEMU's virt
	-cpu cortex-a7 the VM's CPU is the one that all runs on, cortex-a15
	-smp 2 a VM has one CPU
	-smp 1,cores=2 a VM has one CPU
	-display gtk a VM has no display
	-serial pty the console is standard input and output
	-monitor stdio QEMU's monitor is behind the console
	-nic user a VM has no network
	-net user a VM has no network
	-netdev user,id=n a VM has no network
	-drive if=none a VM has no disks
	-hda in/raw a VM has no disks
	-device virtio-blk-device a VM has the devices of QEMU's virt
	-accel kvm it needs no KVM
	-enable-kvm . it needs no KVM
	-s . is for QEMU itself
	-d int is for QEMU itself
END
bad "QEMU's -M without a value" "-M : the machine" run -kernel in/zImage -M ""
good "-cpu with its --host-cpu" 0 "-cpu cortex-a7 " run --dry-run -kernel in/zImage -cpu cortex-a7 --host-cpu cortex-a7
bad "-cpu of a bundle" "-cpu cortex-a7: the VM's CPU is the one that all runs on, cortex-a15" bundle -o x -kernel in/zImage -cpu cortex-a7
bad "-M, which isn't scan's" "-M: is an option of palimpsest run, not of scan" scan in/zImage -M virt
bad "option without its argument" "-append" run -kernel in/zImage -append
bad "stray word" "stray" run -kernel in/zImage stray
bad "no kernel" "-kernel" run -m 512
bad "an initrd without a kernel" "-initrd" run -bios in/raw -initrd in/initrd
bad "a command line without a kernel" "-append" run -bios in/raw -append x
bad "bundle without -o" "-o" bundle -kernel in/zImage
for m in 0 3 15 100000 2049 3G -1 4096 4294967808 18446744073709552128 18014398509481985G 99999999999999999999 abc 12x '' 1.5; do
	bad "-m '$m'" "-m $m" run -kernel in/zImage -m "$m"
done
# Sizes whose MiB, KiB or bytes come round to something small, and the edges of what there is.
for m in 4194304G 4194305G 4294967808 4294967808M 18014398509481985G 18014398509481984G 18446744073709552128 2049M 15M 2T 1g1; do
	bad "-m '$m'" "-m $m" run -kernel in/zImage -m "$m"
done
bad "--timeout just too long" "--timeout 1000000.5" run -kernel in/zImage --timeout 1000000.5
bad "--strict without the monitor" "--strict" run -kernel in/zImage --strict --native
bad "--strict, which isn't scan's" "--strict" scan in/zImage --strict
bad "--bt" "--bt fast" run -kernel in/zImage --bt fast
for t in 0 -1 abc nan inf 1e99 ''; do
	bad "--timeout '$t'" "--timeout $t" run -kernel in/zImage --timeout "$t"
done
bad "bootargs with a newline" "-append" run -kernel in/zImage -append $'a\nb'
bad "bootargs too long" "-append" run -kernel in/zImage -append "$(head -c 2048 /dev/zero | tr '\0' a)"

bad "bootargs with DEL" "-append" run -kernel in/zImage -append $'a\x7f'
bad "bootargs beyond ASCII" "-append" run -kernel in/zImage -append $'a\xe9'
for a in 0x100000000 18446744073709551620 0x2 ' 0' ''; do
	bad "--address '$a'" "--address $a" scan in/zImage --address "$a"
done

bad "missing kernel" "in/none: No such file" run -kernel in/none
bad "a name with a newline and an escape sequence" "in/a?b?[2J: No such file" run -kernel $'in/a\nb\e[2J'
bad "empty kernel" "in/empty: is empty" run -kernel in/empty
bad "kernel: no data" "/dev/null: is empty" run -kernel /dev/null
bad "kernel: endless data" "/dev/zero: doesn't fit" run -kernel /dev/zero -m 16
bad "kernel: a directory" "dir: is a directory" run -kernel dir
bad "kernel truncated" "in/truncated: is truncated" run -kernel in/truncated
bad "kernel truncated in its header" "in/stump: is truncated" run -kernel in/stump
bad "kernel with a damaged header" "in/damaged: has a damaged" run -kernel in/damaged
bad "big-endian kernel" "in/big-endian: is a big-endian" run -kernel in/big-endian
bad "ELF kernel" "in/elf: is an ELF" run -kernel in/elf
bad "arm64 kernel" "in/arm64: is an arm64" run -kernel in/arm64
bad "x86 kernel" "in/bzImage: is an x86" run -kernel in/bzImage
bad "compressed kernel" "in/zImage.gz: is compressed" run -kernel in/zImage.gz
bad "script as kernel" "in/script: is a script" run -kernel in/script
bad "big-endian ELF kernel" "in/big-endian.elf: is a big-endian" run -kernel in/big-endian.elf
bad "x86 ELF kernel" "in/x86.elf: is an ELF file for x86" run -kernel in/x86.elf
bad "truncated ELF kernel" "in/truncated.elf: is truncated" bundle -o dir/x -kernel in/truncated.elf
bad "U-Boot image, compressed otherwise" "in/uImage.bz2: is a U-Boot image, compressed" run -kernel in/uImage.bz2
bad "U-Boot image for arm64" "in/uImage.arm64: is a U-Boot image for another" run --native -kernel in/uImage.arm64
bad "U-Boot image of a script" "in/uImage.script: is a U-Boot image, but" run -kernel in/uImage.script
bad "U-Boot image, truncated" "in/uImage.truncated: is truncated" run -kernel in/uImage.truncated
bad "U-Boot image, compressed, truncated" "in/uImage.truncated-gz: is truncated" run -kernel in/uImage.truncated-gz
bad "U-Boot image, not compressed" "in/uImage.not-gz: the kernel packed in it is damaged" run -kernel in/uImage.not-gz
bad "text as kernel" "in/text: is text" run -kernel in/text
bad "kernel larger than RAM" "in/large: kernel doesn't fit" run -kernel in/large -m 16
bad "missing initrd" "in/none: No such file" run -kernel in/zImage -initrd in/none
bad "empty initrd" "in/empty: is empty" run -kernel in/zImage -initrd in/empty
bad "initrd larger than RAM" "in/large: doesn't fit" run -kernel in/zImage -initrd in/large -m 16
bad "initrd that leaves no room" "in/half: initrd doesn't fit" run -kernel in/zImage -initrd in/half -m 16
bad "the same, native" "in/half: initrd doesn't fit" run --native -kernel in/zImage -initrd in/half -m 16
bad "the same, bundle" "in/half: initrd doesn't fit" bundle -o dir/x -kernel in/zImage -initrd in/half -m 16
bad "missing firmware" "in/none: No such file" run -bios in/none
bad "empty firmware" "in/empty: is empty" run -bios in/empty
bad "firmware: a directory" "dir: is a directory" run -bios dir
bad "firmware: endless data" "/dev/zero: doesn't fit in the VM's flash" run -bios /dev/zero
truncate -s 67108865 in/firmware
bad "firmware larger than the flash" "in/firmware: doesn't fit in the VM's flash" run -bios in/firmware
bad "the same, native" "in/firmware: doesn't fit in the VM's flash" run --native -bios in/firmware
bad "the same, bundle" "in/firmware: doesn't fit in the VM's flash" bundle -o dir/x -bios in/firmware
if [ "$(id -u)" != 0 ]; then
	cp in/raw in/secret && chmod 0 in/secret
	bad "unreadable firmware" "in/secret: Permission denied" run -bios in/secret
fi
bad "missing kernel for firmware" "in/none: No such file" run -bios in/raw -kernel in/none
bad "missing DTB" "in/none: No such file" run -kernel in/zImage -dtb in/none
bad "text as DTB" "in/text: is not a device tree" run -kernel in/zImage -dtb in/text
bad "truncated DTB" "in/dtb-truncated: is not" run -kernel in/zImage -dtb in/dtb-truncated
bad "damaged DTB" "in/dtb-damaged: is not" run -kernel in/zImage -dtb in/dtb-damaged
dtc -q -I dtb -O dtb -S 1048576 -o in/dtb-padded in/dtb # as QEMU's dumpdtb leaves it
{ echo '/dts-v1/; / {'; for n in $(seq 70); do echo "p$n = \"$(printf '%01000d' 0)\";"; done; echo '};'; } |
	dtc -q -I dts -O dtb -o in/dtb-large -
bad "DTB larger than its room" "in/dtb-large: a device tree of more than the 64 KiB" run -kernel in/zImage -dtb in/dtb-large
{ echo '/dts-v1/; / { #address-cells = <1>; #size-cells = <1>; f = ['; head -c 65092 /dev/zero | od -An -v -tx1; echo "]; chosen { }; };"; } |
	dtc -q -I dts -O dtb -o in/dtb-full -
bad "DTB without room for where the initrd is" "in/dtb-full: a device tree of more than the 64 KiB" \
	run --dry-run -kernel in/zImage -initrd in/initrd -dtb in/dtb-full
bad "unwritable --stats" "none/stats: can't be written" run -kernel in/zImage --stats none/stats
bad "--stats is a directory" "dir: can't be written" run -kernel in/zImage --stats dir
bad "--stats without a name" ": can't be written: No such file" run -kernel in/zImage --stats ""
bad "--stats is a folder that there isn't" "none/: can't be written" run -kernel in/zImage --stats none/
bad "unwritable bundle" "none/x: can't be written" bundle -o none/x -kernel in/zImage
bad "bundle: a bad kernel" "in/empty: is empty" bundle -o dir/x -kernel in/empty
PALIMPSEST_MONITOR=in/none bad "missing monitor" "in/none: No such file" run -kernel in/zImage
PALIMPSEST_MONITOR=in/text bad "monitor is no image" "in/text: is text" run -kernel in/zImage
for epoch in abc -1 4294967296 '' 1x; do
	SOURCE_DATE_EPOCH=$epoch bad "SOURCE_DATE_EPOCH=$epoch" "SOURCE_DATE_EPOCH=$epoch: not" bundle -o dir/x -kernel in/zImage
done
mkfifo in/fifo
bad "a pipe with --native" "in/fifo: is a pipe" run --native -kernel in/zImage -initrd in/fifo
cat >in/nopath <<-END
	#!/bin/sh
	PATH=$work/dir exec $palimpsest "\$@"
END
chmod +x in/nopath
palimpsest=$work/in/nopath
bad "missing qemu" "qemu-system-arm: not found" run -kernel in/zImage --stats dir/stats
bad "missing qemu, native" "qemu-system-arm: not found" run -kernel in/zImage --native
palimpsest=$build/palimpsest

good "help" 0 "^  bundle  writes" --help
good "version" 0 "^palimpsest [0-9]" --version
for command in run bundle scan fuzz; do
	good "help lists $command" 0 "^  $command +[a-z]" --help
	good "help of $command" 0 "^Usage: palimpsest $command " $command --help
	good "version by $command" 0 "^palimpsest [0-9]" $command --version
done
good "help of run has run's" 0 "--icount" run --help
check "and no other's" sh -c '! "$1" run --help | grep -qE -e "--(json|seed) |-o "' - "$palimpsest"
check "help of scan has none of run's" sh -c '! "$1" scan --help | grep -qE "timeout|-M virt"' - "$palimpsest"

# The man page and --help have the same options.
for command in run bundle scan fuzz; do "$palimpsest" $command --help; done |
	awk '/^  -/ { if (/^  -.*,/) gsub(/, /, "\n"); else $0 = $1; print }' | sed -nE 's/^ *--?([A-Za-z][a-z-]*).*/\1/p' | sort -u >helped
sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/p' "$here/../guests/cli/palimpsest.1" | sed 's/\\-/-/g' |
	awk 'tp { print } { tp = /^\.TP/ }' | grep -oE '[ "]--?[A-Za-z-]+' | sed 's/^[ "]-*//' | sort -u >manual
check "the man page has the options that --help has" diff helped manual
check "docs/changes.md begins with the version" sh -c 'sed -n "s/^## /palimpsest /p" "$2" | head -n 1 | grep -qxF "$("$1" --version)"' - \
	"$palimpsest" "$here/../docs/changes.md"
good "dry run" 0 "^qemu-system-arm -M virt -cpu cortex-a15 .* -m 704 -kernel .*/monitor -initrd vm.itb -append bt=page -chardev file,id=report,path=/dev/stderr -global virtio-mmio.force-legacy=false -device virtio-serial-device -device virtserialport,chardev=report,name=palimpsest.report -no-reboot$" \
	run --dry-run -kernel in/zImage -append "a b" -m 512
good "dry run, options" 0 "-cpu cortex-a7 .*-icount shift=0,sleep=off -m 1216 .*-append 'bt=block no-reboot=1'.* -d int$" \
	run --dry-run --kernel in/raw -m 1G --bt block -no-reboot --icount --host-cpu cortex-a7 --qemu-arg -d --qemu-arg int
good "dry run, native" 0 "-m 64 -kernel in/zImage -dtb in/dtb -initrd in/initrd -append 'it....s' -no-reboot$" \
	run --dry-run --native -kernel in/zImage -initrd in/initrd -dtb in/dtb -append "it's" -m 64M -no-reboot
good "the smallest and the largest VM" 0 "-m 2240" run --dry-run -kernel in/zImage -m 2G
for m in "16 208" "16M 208" "2048 2240" "2048m 2240" "2g 2240"; do
	good "-m ${m% *}" 0 " -m ${m#* } " run --dry-run -kernel in/raw -m "${m% *}"
done
good "the longest bootargs" 0 "^qemu" run --dry-run -kernel in/raw -append "$(head -c 2047 /dev/zero | tr '\0' a)"
good "the longest timeout" 0 "^qemu" run --dry-run -kernel in/raw --timeout 1000000
good "an initrd larger than what the monitor has room for" 0 "-m 711" \
	run --dry-run -kernel in/zImage -initrd <(head -c 40000000 /dev/zero) -m 512

cat in/zImage >in/fifo &
good "a kernel out of a pipe" 0 "-m 704" run --dry-run -kernel in/fifo
rm in/fifo
good "dry run, firmware" 0 "-m 705 .*-initrd vm.itb" run --dry-run -bios in/raw
good "dry run, firmware with any kernel, native" 0 " -bios in/raw -kernel in/elf -dtb vm.dtb -initrd in/initrd -append x$" \
	run --dry-run --native -bios in/raw -kernel in/elf -initrd in/initrd -append x
truncate -s 64M in/firmware
good "the largest firmware" 0 "-m 801" run --dry-run -bios in/firmware
good "a DTB with air in it" 0 "-m 704" run --dry-run -kernel in/zImage -dtb in/dtb-padded

good "a DTB that just fits" 0 "-m 704" run --dry-run -kernel in/zImage -dtb in/dtb-full
good "dry run, strict" 0 "-append 'bt=page strict=1'" run --dry-run --kernel in/raw --strict
for options in "" "--strict --icount" "--bt block -no-reboot" --native; do
	# shellcheck disable=SC2086 # they are words
	check "no semihosting ($options)" sh -c '"$@" >command && grep -q qemu command && ! grep -qi semihost command' - \
		"$palimpsest" run --dry-run -kernel in/zImage $options
done
check "no console port on the bare machine" sh -c '"$1" run --dry-run --native -kernel in/zImage >command && grep -q qemu command &&
	! grep -qE "virtio|report" command' - "$palimpsest"
bundle() { "$palimpsest" bundle -o "$1" -kernel in/zImage -initrd in/initrd -dtb in/dtb -append "console=x" -m 64 --bt block; }
check "bundle" bundle one.itb
check "mkimage reads it" mkimage -l one.itb
check "not strict" sh -c '! fdtget -p one.itb /configurations/vm-1 | grep -q strict'
check "a strict bundle" sh -c '"$1" bundle -o strict.itb -kernel in/zImage --strict && fdtget -p strict.itb /configurations/vm-1 |
	grep -qx palimpsest,strict' - "$palimpsest"
for text in "Image 0 (kernel)" "Image 1 (ramdisk)" "Image 2 (fdt)" "Architecture: ARM" "uncompressed" "Configuration: 'vm-1'"; do
	check "mkimage says $text" sh -c 'mkimage -l one.itb | grep -qF "$1"' - "$text"
done
check "its kernel is the file" sh -c 'dumpimage -T flat_dt -p 0 -o part one.itb && cmp part in/zImage'
for property in "palimpsest,memory 40" "palimpsest,vcpus 1" "palimpsest,bt block" "bootargs console=x"; do
	check "$property" sh -c '[ "$(fdtget -t $3 one.itb /configurations/vm-1 $1)" = "$2" ]' - $property \
		"$(case $property in *memory* | *vcpus*) echo x ;; *) echo s ;; esac)"
done
for kernel in kernel.elf uImage uImage.gz cpsid; do
	check "bundle of $kernel" "$palimpsest" bundle -o kernel.itb -kernel in/$kernel
	check "and what is in it" dumpimage -T flat_dt -p 0 -o $kernel.part kernel.itb
done
check "an ELF file, as far as it is loaded" sh -c '[ "$(stat -c %s kernel.elf.part)" = 92 ] && cmp -n 92 kernel.elf.part in/kernel.elf'
check "a U-Boot image, as it is" cmp uImage.part in/uImage
check "or unpacked, as a whole one" sh -c 'mkimage -l uImage.gz.part | grep -q uncompressed && tail -c 8 uImage.gz.part | cmp - in/raw'
check "a raw image that begins with anything" cmp cpsid.part in/cpsid
sleep 1
check "bundle of firmware" "$palimpsest" bundle -o firmware.itb -bios in/raw -m 64
check "its firmware is the file" sh -c 'dumpimage -T flat_dt -p 0 -o part firmware.itb && cmp part in/raw'
check "and named" [ "$(fdtget firmware.itb /configurations/vm-1 firmware)" = firmware ]
touch -d @1000000000 in/raw && touch -d @1111111111 in/zImage
stamp() { [ "$(fdtget -t u "$1" / timestamp)" = "$2" ]; }
"$palimpsest" bundle -o stamp.itb -bios in/raw
check "the firmware's timestamp, of firmware alone" stamp stamp.itb 1000000000
"$palimpsest" bundle -o stamp.itb -bios in/raw -kernel in/zImage
check "the kernel's, if there is one" stamp stamp.itb 1111111111
SOURCE_DATE_EPOCH=1234567 "$palimpsest" bundle -o stamp.itb -bios in/raw
check "SOURCE_DATE_EPOCH's, if it is set" stamp stamp.itb 1234567
bundle one.itb
check "bundle, again" bundle two.itb
check "the same bytes" cmp one.itb two.itb
touch -d @1000000000 in/raw
check "the timestamp is the kernel's" [ "$(fdtget two.itb / timestamp)" = "$(stat -c %Y in/zImage)" ]
"$palimpsest" bundle -o firmware.itb -bios in/raw -m 64
check "without one the firmware's" [ "$(fdtget firmware.itb / timestamp)" = 1000000000 ]
SOURCE_DATE_EPOCH=7 "$palimpsest" bundle -o firmware.itb -bios in/raw -m 64
check "or \$SOURCE_DATE_EPOCH" [ "$(fdtget firmware.itb / timestamp)" = 7 ]
check "plain permissions" [ "$(stat -c %a two.itb)" = "$(printf %o $((0666 & ~$(umask))))" ]

check "bundle to standard output" sh -c '"$1" bundle -o - -kernel in/zImage -initrd in/initrd -dtb in/dtb -append console=x -m 64 --bt block |
	cmp - one.itb' - "$palimpsest"
cp in/zImage dir/kernel && ln -s kernel dir/link && ln dir/kernel dir/hard
for name in dir/kernel dir/link dir/hard ./dir/../dir/kernel; do
	bad "the kernel as output: $name" "$name: is an input" bundle -o $name -kernel dir/kernel
	bad "as statistics: $name" "$name: is an input" run -kernel dir/kernel --stats $name
done
bad "the initrd as output" "in/initrd: is an input" bundle -o in/initrd -kernel dir/kernel -initrd in/initrd
bad "the device tree as output" "in/dtb: is an input" bundle -o in/dtb -kernel dir/kernel -dtb in/dtb
bad "firmware as output" "in/raw: is an input" bundle -o in/raw -bios in/raw
bad "the monitor as statistics" "in/monitor: is an input" run -kernel dir/kernel --stats in/monitor
check "by way of standard output" sh -c '"$1" bundle -o - -kernel dir/kernel >>dir/kernel 2>said; [ $? = 1 ] && grep -q "is an input" said' - "$palimpsest"
check "which is still there" cmp dir/kernel in/zImage
rm dir/*
ln -s target dir/link && ln -s link dir/second && ln -s "$work/dir/absolute" dir/there && ln -s loop dir/loop && mkdir dir/sub &&
	ln -s ../up dir/sub/link
check "bundle through links to nothing" bundle dir/second
check "and to something" bundle dir/second
check "is where they lead" sh -c 'cmp dir/target one.itb && [ -L dir/link ] && [ -L dir/second ]'
check "an absolute one" sh -c '"$1" bundle -o dir/there -kernel in/zImage && [ -f dir/absolute ] && [ -L dir/there ]' - "$palimpsest"
check "one in another folder" sh -c '"$1" bundle -o dir/sub/link -kernel in/zImage && [ -f dir/up ] && [ -L dir/sub/link ]' - "$palimpsest"
bad "links that lead nowhere" "dir/loop: can't be written: Too many levels" bundle -o dir/loop -kernel in/zImage
rm -r dir/*
# Whenever it is ended there is all of the output or nothing, and never anything else.
"$palimpsest" bundle -o whole.itb -kernel in/zImage -initrd in/large
for ended in "" over; do
	for n in $(seq 40); do
		[ -z "$ended" ] || echo before >dir/bundle
		timeout -s "$(set -- TERM INT KILL && shift $((n % 3)) && echo "$1")" "0.0$((n / 10))$((n % 10))" \
			"$palimpsest" bundle -o dir/bundle -kernel in/zImage -initrd in/large
		case $(ls dir) in
		'') ;;
		bundle) cmp -s dir/bundle whole.itb || [ "$(cat dir/bundle)" = before ] || echo "a part of it" ;;
		*) ls dir ;;
		esac
		rm -f dir/bundle
	done >said 2>/dev/null
	check "signals leave nothing behind${ended:+ where something was}" [ ! -s said ]
done

# A file system without O_TMPFILE.
cat >no-tmpfile.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
int
open(const char *path, int flags, ...)
{
	int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return errno = EOPNOTSUPP, -1;
	return next(path, flags, mode);
}
END
gcc -shared -fPIC -o no-tmpfile.so no-tmpfile.c
without() { LD_PRELOAD=$work/no-tmpfile.so "$palimpsest" bundle -o "$1" -kernel in/zImage -initrd in/large; }
check "bundle without O_TMPFILE" without dir/bundle
check "is the same" cmp dir/bundle whole.itb
check "and over another" without dir/bundle
check "too" sh -c 'cmp dir/bundle whole.itb && [ "$(ls dir)" = bundle ]'
rm dir/bundle
(ulimit -f 16 && without dir/limited 2>said)
check "a file larger than the limit without O_TMPFILE" sh -c '[ $1 = 1 ] && grep -q "File too large" said && [ -z "$(ls dir)" ]' - $?

echo private >dir/private
chmod 600 dir/private
check "bundle over a private file" bundle dir/private
check "that stays private" [ "$(stat -c %a dir/private)" = 600 ]
rm dir/private
truncate -s 100K in/large
bad_limited() { (ulimit -f 16 && "$palimpsest" bundle -o dir/limited -kernel in/zImage -initrd in/large 2>said); }
bad_limited
check "a file larger than the limit" [ $? = 1 ]
check "says so" grep -q "^palimpsest: dir/limited: can't be written: File too large" said
check "and is gone" [ -z "$(ls dir)" ]
(ulimit -f 16 && "$palimpsest" run -kernel in/zImage -initrd in/large >out 2>said </dev/null)
check "nor can it be run" [ $? = 1 ]
check "which is said" grep -q "^palimpsest: FIT image: can't be written: File too large" said

# QEMU for the rest: $STUB is run as its body, with $report the descriptor it reports to.
cat >bin/qemu-system-arm <<'END'
#!/bin/bash
for arg; do
	case $arg in
	socket,id=report,fd=*) report=${arg##*fd=} ;;
	socket,id=qmp,fd=*) qmp=${arg##*fd=} ;;
	/dev/fd/*) blob=$arg ;;
	esac
done
eval "$STUB"
END
chmod +x bin/qemu-system-arm
PATH=$work/bin:$PATH
export STUB

json() { echo "echo 'line'; echo '{\"exit\":\"$1\",\"status\":$2}' >&\$report"; }
for case in "poweroff 0" "crash 2" "monitor 4"; do
	STUB=$(json $case)
	good "ends by ${case% *}" "${case#* }" "^\{\"exit\":\"${case% *}\"" run -kernel in/zImage --stats -
done
STUB='echo "r0 1234" >&$report; echo "{\"exit\":\"crash\",\"status\":2}" >&$report'
good "a dump is shown" 2 "^r0 1234" run -kernel in/zImage
check "and no statistics that nobody asked for" sh -c '"$1" run -kernel in/zImage </dev/null >said 2>&1; ! grep -q exit said' - "$palimpsest"
check "or on standard output" sh -c '"$1" run -kernel in/zImage --stats - </dev/null 2>said | grep -q "^{.*wall_seconds" && ! grep -q exit said' - "$palimpsest"
STUB='echo "{\"exit\":\"poweroff\",\"bt\":\"page\",\"memory_mib\":512,\"ticks\":15,\"tick_hz\":10,\"exits\":{},\"code\":{},\"status\":0}" >&$report'
summary="palimpsest: 1.5 s of guest time, 512 MiB, page policy"
check "no summary where nobody reads it" sh -c '"$1" run -kernel in/zImage </dev/null >said 2>&1; ! grep -q "guest time" said' - "$palimpsest"
script -qec "$palimpsest run -kernel in/zImage" /dev/null </dev/null >tty 2>/dev/null
check "a summary on a terminal" grep -q "^$summary" tty
check "and no JSON" sh -c '! grep -q "{" tty'
script -qec "$palimpsest run -kernel in/zImage 2>err.txt" /dev/null </dev/null >tty 2>/dev/null
check "none if standard error isn't one" sh -c '! grep -q "guest time" tty err.txt'
script -qec "$palimpsest run -kernel in/zImage --stats stats" /dev/null </dev/null >tty 2>/dev/null
check "nor if the statistics were asked for" sh -c '! grep -q "guest time" tty && grep -q "\"ticks\":15" stats'
STUB='echo "palimpsest: vm-1: is bad" >&$report; echo "{\"exit\":\"input\",\"status\":1}" >&$report'
bad "input that the monitor refuses" "vm-1: is bad" run -kernel in/zImage
"$palimpsest" run -kernel in/zImage --stats stats >out 2>err </dev/null
check "its statistics" grep -qE '^\{"exit":"input","status":1,"wall_seconds":[0-9.]+\}$' stats
STUB='echo "palimpsest: half a re" >&$report'
good "half a report" 4 "^palimpsest: the monitor ended without a report" run -kernel in/zImage
STUB='echo "{\"exit\":\"crash\",\"status\":2}" >&$report; exit 1'
good "QEMU's own status doesn't count where there is a report" 2 '"crash"' run -kernel in/zImage --stats -
STUB='echo "{\"exit\":\"?\",\"status\":7}" >&$report'
good "an unknown status" 4 "exit" run -kernel in/zImage --stats -
STUB='echo bye'
good "no report" 4 "^palimpsest: the monitor ended without a report" run -kernel in/zImage
good "native power-off" 0 "^bye" run --native -kernel in/zImage
STUB='echo "qemu-system-arm: bad CPU" >&2; exit 1'
good "QEMU refuses its arguments" 1 "^qemu-system-arm: bad CPU" run -kernel in/zImage
STUB='exit 3'
good "QEMU fails" 4 "^palimpsest: qemu-system-arm ended with status 3" run -kernel in/zImage
STUB='kill -SEGV $$'
good "QEMU crashes" 4 "^palimpsest: qemu-system-arm was killed by signal 11" run -kernel in/zImage
STUB='exec sleep 30'
good "timeout" 3 "^palimpsest: timed out after 0.2 s" run -kernel in/zImage --timeout 0.2
mkfifo in/fifo out-fifo
good "timeout of a kernel that doesn't come" 3 "^palimpsest: timed out after 0.2 s" run -kernel in/fifo --timeout 0.2
good "of an initrd" 3 "^palimpsest: timed out after 0.2 s" run -kernel in/zImage -initrd in/fifo --timeout 0.2
good "of who takes the statistics" 3 "^palimpsest: timed out after 0.2 s" run -kernel in/zImage --stats out-fifo --timeout 0.2
{ head -c 100 in/zImage; sleep 30; } >in/fifo &
child=$!
good "of a kernel that doesn't come to its end" 3 "^palimpsest: timed out after 0.5 s" run -kernel in/fifo --timeout 0.5
kill $child
rm in/fifo
good "timeout, native" 3 "^palimpsest: timed out after 0.2 s" run -kernel in/zImage --timeout 0.2 --native
STUB='trap "" TERM; echo $$ >pid; while :; do sleep 0.1; done'
good "timeout of a QEMU that ignores SIGTERM" 3 "timed out" run -kernel in/zImage --timeout 0.2
check "and is gone" gone
STUB='cmp -s $blob one.itb && echo same'
good "QEMU is given the bundle" 4 "^same" run -kernel in/zImage -initrd in/initrd -dtb in/dtb -append "console=x" -m 64 --bt block
STUB='fdtdump $blob 2>/dev/null | grep -q arm,pl011 && echo pl011'
good "a bare QEMU is given the VM's device tree" 0 "^pl011" run --native -kernel in/zImage

STUB=$(json crash 2)
"$palimpsest" run -kernel in/zImage --stats stats >out 2>err </dev/null
check "statistics" grep -qE '^\{"exit":"crash","status":2,"wall_seconds":[0-9.]+\}$' stats
for case in "poweroff guest-shutdown" "reset guest-reset" "quit host-qmp-quit"; do
	STUB="echo '{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"${case#* }\"}}' >&\$qmp"
	"$palimpsest" run -kernel in/zImage --native --stats stats >out 2>err </dev/null
	check "statistics, native ${case% *}" \
		grep -qE "^\{\"exit\":\"${case% *}\",\"status\":0,\"native\":true,\"wall_seconds\":[0-9.]+\}\$" stats
done
STUB='read -r line <&$qmp; read -r line <&$qmp; echo "$line" $*; exit 1'
good "the machine waits for the protocol" 1 '^\{"execute":"cont"\} .* -S' run -kernel in/zImage
STUB='read -r line <&$qmp; read -r -t 0.3 line <&$qmp; echo "$line" $*; exit 1'
good "and for the user, if it was told to" 1 '^ -M .* -S$' run -kernel in/zImage --qemu-arg -S
STUB='read -r line <&$qmp; read -r line <&$qmp; read -r line <&$qmp; echo "$line"; exit 1'
good "is asked to quit first" 3 '^\{"execute":"quit"' run -kernel in/zImage --timeout 0.3
# A closed standard stream: QEMU has one all the same, and none of our files takes its place.
STUB='for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] || exit 3; done; echo "{\"exit\":\"poweroff\",\"status\":0}" >&$report'
for closed in "<&-" ">&-" "2>&-" "<&- >&-" "<&- 2>&-" ">&- 2>&-" "<&- >&- 2>&-"; do
	eval "\"\$palimpsest\" run -kernel in/zImage --stats stats $closed" >out 2>err </dev/null
	status=$?
	check "closed: $closed" [ $status = 0 ]
	check "and its statistics" [ "$(grep -c . stats)" = 1 ]
done
for said in "run --dry-run -kernel in/zImage" --help --version "fuzz --help" "bundle -o - -kernel in/zImage"; do
	for where in "&-" "/dev/full"; do
		check "nothing is lost in silence: $said >$where" \
			sh -c "\"\$1\" $said >$where 2>said; [ \$? = 1 ] && grep -q \"can't be written\" said" - "$palimpsest"
	done
done
STUB='exec sleep 30'
"$palimpsest" run -kernel in/zImage --timeout 0.1 --stats stats >out 2>err </dev/null
check "statistics after a timeout" grep -qE '^\{"exit":"timeout","status":3' stats

for signal in INT TERM HUP; do
	STUB='echo $$ >pid; exec sleep 30'
	rm -f pid
	set -m # SIGINT is ignored in background jobs without job control
	"$palimpsest" run -kernel in/zImage --stats dir/stats >out 2>err </dev/null &
	child=$!
	set +m
	while [ ! -s pid ]; do sleep 0.05; done
	kill -$signal $child
	wait $child
	status=$?
	check "SIG$signal ends it" [ $status = $((128 + $(kill -l $signal))) ]
	check "and its QEMU" gone
done
STUB='echo $$ >pid; exec sleep 30'
rm -f pid
"$palimpsest" run -kernel in/zImage >out 2>err </dev/null &
child=$!
disown
while [ ! -s pid ]; do sleep 0.05; done
kill -KILL $child
sleep 0.3
check "SIGKILL ends its QEMU, too" gone
check "no temporary files" [ -z "$(ls "$TMPDIR")" ]

STUB='stty raw -echo; kill -KILL $$'
script -qec "$palimpsest run -kernel in/zImage; echo status \$?; stty -a" /dev/null </dev/null >out 2>/dev/null
cp out tty
check "the terminal is restored" sh -c 'grep -q "status 4" tty && grep -qw icanon tty && grep -qw echo tty &&
	! grep -qE -- "-icanon|-echo( |;)" tty'
STUB='exit 0'
script -qec "$palimpsest run -kernel in/zImage; echo status \$?" /dev/null </dev/null >tty 2>/dev/null
check "quitting at a terminal" sh -c 'grep -q "palimpsest: quit" tty && grep -q "status 0" tty'

echo "cli: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 100 ]
