#!/bin/sh
# SPDX-License-Identifier: MIT
#
# report.sh: that the monitor's report arrives, whatever ends the VM, over the host's virtio console
# alone: QEMU's own status is 0 then, and the guest's console shows nothing of it; and that it
# goes to the console where there is no such port. B is the build directory.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=$(realpath "${B:-build}")
shown="out err"
# shellcheck source=test/verdict.sh
. test/verdict.sh
limit=60 # seconds for one run

# reports NAME STATUS EXIT TEXT ARG...: `palimpsest run ARG...` ends with STATUS, its statistics
# say EXIT and STATUS, and all of TEXT's lines, which are patterns, are in what the monitor reported and not in the
# guest's console.
reports() {
	name=$1 expected=$2 reason=$3 text=$4 why=
	shift 4
	rm -f "$work/stats"
	"$B/palimpsest" run -m 64 --timeout $limit --stats "$work/stats" "$@" </dev/null >"$work/out" 2>"$work/err"
	status=$?
	[ $status -eq "$expected" ] || why="status $status instead of $expected"
	grep -q "^{\"exit\":\"$reason\",.*\"status\":$expected,\"wall_seconds\"" "$work/stats" || why="no such statistics: $(cut -c 1-60 "$work/stats")"
	while read -r line; do
		[ "$line" ] || continue
		grep -q -e "$line" "$work/err" || why="'$line' was not reported"
		! grep -q -e "$line" "$work/out" || why="'$line' on the console"
	done <<-END
		$text
	END
	! grep -q '"status":' "$work/out" || why="the report is on the console"
	verdict "$name" "$why"
}

# broken FUNCTION: a monitor whose FUNCTION begins with UDF.
broken() {
	cp "$B/palimpsest.zImage" "$work/broken"
	at=$(awk -v f="$1" '$3 == f { print $1 }' "$B/monitor.sym")
	printf '\360\000\360\347' | dd of="$work/broken" bs=1 seek=$((0x${at:?})) conv=notrunc status=none
}

# The reason and the dump, in one place.
dump='^palimpsest: VM stopped: waits for an interrupt, and none is enabled that could ever come$
^ r0 [0-9a-f]*
pc  [0-9a-f]*$
^instruction at pc: [0-9a-f]*$
^psr [0-9a-f]* (svc) 
^last of [0-9]* trace entries:
^  time     pc       mode  what$
^  [0-9a-f]* [0-9a-f]* svc   [a-z ]*, [a-z]* [0-9a-f]*$'

# On each kind of transport.
for legacy in off on; do
	set -- --qemu-arg -global --qemu-arg virtio-mmio.force-legacy=$legacy
	reports "power-off, legacy $legacy" 0 poweroff '' -kernel "$B/guest/psr.bin" "$@"
	reports "crash, legacy $legacy" 2 crash "$dump" -kernel "$B/guest/stop-wfi.bin" "$@"
	reports "bad input, legacy $legacy" 1 input 'vm-1: more memory than the host has free' -kernel "$B/guest/psr.bin" -m 128 \
		--qemu-arg -m --qemu-arg 90 "$@"
done
reports "a reset that ends the VM" 0 reset '' -kernel "$B/guest/stop-once.bin" -no-reboot
reports "bad input, before the MMU is on" 1 input 'host device tree: no GICv2' -kernel "$B/guest/psr.bin" \
	--qemu-arg -M --qemu-arg gic-version=3
reports "a bad boot argument" 1 input 'report=semihost: is not one of the' -kernel "$B/guest/psr.bin" \
	--qemu-arg -append --qemu-arg report=semihost
reports "deterministic runs" 0 poweroff '' -kernel "$B/guest/psr.bin" --icount
sed 's/,"wall_seconds".*//' "$work/stats" >"$work/first"
reports "once more" 0 poweroff '' -kernel "$B/guest/psr.bin" --icount
why=
sed 's/,"wall_seconds".*//' "$work/stats" | cmp -s - "$work/first" || why="other statistics than before"
verdict "with the same statistics" "$why"
PALIMPSEST_MONITOR=$work/broken
export PALIMPSEST_MONITOR
broken stop_poweroff
reports "a bug in the monitor" 4 monitor 'bug: unexpected exception in the monitor' -kernel "$B/guest/psr.bin"
unset PALIMPSEST_MONITOR

# says NAME TEXT ARG...: the monitor, started by QEMU itself with ARG..., ends, and TEXT is on the console.
says() {
	name=$1 text=$2 why=
	shift 2
	timeout $limit qemu-system-arm -M virt -cpu cortex-a15 -m 512 -nographic -nic none -no-reboot \
		-kernel "$B/palimpsest.zImage" -initrd "$work/vm.itb" "$@" </dev/null >"$work/out" 2>"$work/err" || why="status $?"
	tr -d '\r' <"$work/out" | grep -qE "$text" || why="no line matches $text"
	verdict "$name" "$why"
}

"$B/palimpsest" bundle -o "$work/vm.itb" -kernel "$B/guest/psr.bin" -m 64 || exit 1
report='^\{"exit":"poweroff",.*"status":0\}$'
says "no console of virtio's" "$report"
says "a console without ports" "$report" -device virtio-serial-device,max_ports=1
says "ports of other names" "$report" -device virtio-serial-device -device virtserialport,chardev=r,name=other \
	-device virtconsole,chardev=s -chardev null,id=r -chardev null,id=s
says "another's port 1 and ours" "^done$" -device virtio-serial-device -device virtserialport,chardev=r,name=other \
	-device virtserialport,chardev=s,name=palimpsest.report -chardev null,id=r -chardev "file,id=s,path=$work/report"
why=
grep -qE "$report" "$work/report" || why="no report in the file"
! grep -q '"status"' "$work/out" || why="the report is on the console"
verdict "whose file has the report" "$why"

echo "report: $passed passed, $failed failed"
[ $failed -eq 0 ]
