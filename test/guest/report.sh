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

# A guest that doesn't end: what ends it has the monitor tell first how it was.
state="^palimpsest: the VM's state, as asked\$
^instruction at pc: eafffffe\$"
# wait_for PATTERN FILE [N]: until N lines [1] of it match
wait_for() {
	for _ in $(seq 200); do
		[ "$(grep -c -e "$1" "$2")" -lt "${3:-1}" ] || return 0
		sleep 0.1
	done
}

limit=3
reports "a VM that is late" 3 timeout "$state" -kernel "$B/guest/stop-never.bin"
why=
grep -q '"exits":' "$work/stats" || why="nothing in the statistics"
verdict "with all statistics" "$why"
limit=60

# told NAME STATUS N: what a VM that a signal has ended left, having told N times how it was
told() {
	why=
	[ $status -eq "$2" ] || why="status $status instead of $2"
	[ "$(grep -c "^palimpsest: the VM's state, as asked\$" "$work/err")" -eq "$3" ] || why="not told $3 times how it was"
	grep -q "^{\"exit\":\"signal\",.*\"exits\":.*\"status\":$2," "$work/stats" || why="no statistics"
	verdict "$1" "$why"
}

set -- "$B/palimpsest" run -m 64 -kernel "$B/guest/stop-never.bin" --stats "$work/stats"
for signal in 2 3; do
	timeout --preserve-status -s $signal 3 "$@" --timeout $limit </dev/null >"$work/out" 2>"$work/err"
	status=$?
	told "signal $signal" $((128 + signal)) 1
done
: >"$work/out"
"$@" --timeout $limit </dev/null >"$work/out" 2>"$work/err" &
pid=$!
wait_for '^for ever' "$work/out"
kill -USR1 $pid
wait_for '^instruction at pc: eafffffe$' "$work/err"
kill -TERM $pid
wait $pid
status=$?
told "asked for its state, then SIGTERM" 143 2
: >"$work/typed"
(
	wait_for 'for ever' "$work/typed"
	printf 'x\001s'
	wait_for '^instruction at pc: eafffffe' "$work/typed"
	printf '\001x'
) | script -qec "'$B/palimpsest' run -m 64 -kernel '$B/guest/stop-never.bin' --timeout $limit" "$work/typed" >/dev/null 2>&1
status=$? why=
[ $status -eq 0 ] || why="status $status"
tr -d '\r' <"$work/typed" | grep -q 'exits to the monitor' || why="no summary"
verdict "Ctrl-a s at a terminal, then Ctrl-a x" "$why"

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
