#!/bin/sh
# SPDX-License-Identifier: MIT
#
# break.sh: a break on the host's serial line reaches the guest as on the bare machine, in its turn among characters; and
# SysRq by it, in Debian's kernel. What is sent next the guest asks for: a line "want break", or "want x". B is the
# build directory.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
shown="out err"
# shellcheck source=test/verdict.sh
. test/verdict.sh
limit=180 # seconds for one run
mkfifo "$work/in" "$work/console" "$work/qmp.in" "$work/qmp.out"

# Has QEMU execute a command, and waits for its answer.
qmp() {
	echo "{\"execute\": $1}" >&5
	while read -r answer <&6; do
		case $answer in *'"return"'* | *'"error"'*) return ;; esac
	done
}

send_break() { qmp '"chardev-send-break", "arguments": {"id": "console"}'; }
type_in() { printf '%s' "$1" >&3; }

# guest FUNCTION ARG...: a VM by `palimpsest run ARG...`, each line of whose console goes to FUNCTION, and to $work/out.
guest() {
	listener=$1
	shift
	"$B/palimpsest" run --timeout $limit "$@" --qemu-arg -chardev --qemu-arg "pipe,id=breaks,path=$work/qmp" \
		--qemu-arg -mon --qemu-arg chardev=breaks,mode=control <"$work/in" >"$work/console" 2>"$work/err" &
	exec 3>"$work/in" 4<"$work/console" 5<>"$work/qmp.in" 6<>"$work/qmp.out"
	qmp '"qmp_capabilities"'
	while IFS= read -r line <&4; do
		line=$(printf '%s' "$line" | tr -d '\r')
		echo "$line"
		$listener "$line"
	done >"$work/out"
	exec 3>&- 4<&- 5>&- 6>&-
	wait $!
}

what_it_wants() {
	case $1 in
	"want break") send_break ;;
	"want "*) type_in "${1#want }" ;;
	esac
}

of_uart() {
	name=$1
	shift
	why=
	guest what_it_wants -m 64 -kernel "$B/guest/uart-break.bin" "$@" || why="status $?"
	sed '/^done$/q' "$work/out" >"$work/$name"
	grep -q '^done$' "$work/$name" || why="doesn't end"
	grep -q '^DR 00000400$' "$work/$name" || why="no break"
	[ "$name" = bare ] || cmp -s "$work/bare" "$work/$name" || why="differs from the bare machine"
	verdict "break $name" "$why"
}

sysrq() {
	case $1 in
	*"leaving the shell ends the VM."*)
		send_break
		type_in h
		;;
	*"sysrq: HELP"*) type_in "poweroff -f
" ;;
	esac
}

of_linux() {
	why=
	guests/images/mkinitramfs.sh "$work/initrd"
	guest sysrq -m 128 -kernel "$(guests/images/fetch.sh kernel-6.1)" -initrd "$work/initrd" \
		-append "console=ttyAMA0 loglevel=8 quiet" || why="status $?"
	grep -q 'sysrq: HELP' "$work/out" || why="no SysRq"
	verdict "break sysrq" "$why"
}

of_uart bare --native
of_uart page
of_uart block --bt block
of_linux
echo "break: $passed passed, $failed failed"
[ $failed -eq 0 ]
