#!/bin/bash
# SPDX-License-Identifier: MIT
#
# script.sh: guests/images/script.sh as its user meets it: what a script in a VM says, its exit status and its files come out
# as they would without a VM, and a VM that ends otherwise is told from a script that fails. BUILD is the build directory.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(realpath "${BUILD:-build}")
export BUILD
shown="out err"
# shellcheck source=test/verdict.sh
. test/verdict.sh

# runs NAME STATUS ARG...: guests/images/script.sh ARG... ends with STATUS; its output, or the first $first lines of it, is
# to be $work/expected.
first=
runs() {
	local name=$1 expected=$2 status why=
	shift 2
	timeout 400 guests/images/script.sh -x --timeout -x 300 "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ -z "$first" ] || sed -i "${first}q" "$work/out"
	cmp -s "$work/out" "$work/expected" || why="other output"
	[ $status = "$expected" ] || why="status $status instead of $expected"
	verdict "$name" "$why"
}

says() { # NAME TEXT
	verdict "$1" "$(grep -qF -- "$2" "$work/err" || echo "'$2' isn't said")"
}

# What it writes is the same here and there, but for what it finds in the VM.
cat >"$work/script" <<'END'
#!/bin/sh
echo "$# arguments"
printf '<%s>\n' "$@"
printf 'no end of line'
printf '\n\n\n'
echo "on standard error" >&2
cat || echo "no standard input"
[ ! -d /out ] || { seq 20000 >/out/numbers; mkdir -p /out/a/b; cp /etc/given /out/a/b; ln -s numbers /out/link; chmod 4755 /out/numbers; }
echo "a last line"
exit 42
END
set -- "one word" "it's" "\$HOME \`id\` \"quoted\" \\" "" "*"
sh "$work/script" "$@" </dev/null >"$work/expected" 2>&1
mkdir -p "$work/tree/etc"
echo "given by -t" >"$work/tree/etc/given"
runs "a script" 42 -t "$work/tree" -o "$work/files" -x -m -x 128 "$work/script" "$@"
verdict "its files" "$(seq 20000 | cmp - "$work/files/numbers" 2>&1; cmp "$work/tree/etc/given" "$work/files/a/b/given" 2>&1;
	[ "$(readlink "$work/files/link")" = numbers ] || echo "no link")"
verdict "none of which runs as somebody else" "$([ ! -u "$work/files/numbers" ] || echo "setuid")"

# An initramfs of the user's, as it is: an archive of an odd size, with an init of its own. On the bare machine, which is
# no different and quicker.
echo "ours" >"$work/tree/etc/given"
guests/images/mkinitramfs.sh "$work/initrd" /dev/null "$work/tree"
printf '\0' >>"$work/initrd"
cat >"$work/script" <<'END'
#!/bin/busybox sh
cat /etc/given
[ -e /palimpsest.cmds ] && grep -c busybox /init
END
{ echo ours; grep -c busybox guests/images/init; } >"$work/expected"
runs "an initramfs" 0 -i "$work/initrd" -x --native "$work/script"

printf 'echo before; sleep 1; echo c >/proc/sysrq-trigger; echo behind' >"$work/script"
echo before >"$work/expected"
first=1
runs "a kernel that crashes" 125 -x --native "$work/script"
first=
says "which is said" "the VM ended before the script did"

: >"$work/expected"
runs "a kernel that there isn't" 125 -k "$work/none" "$work/script"
says "which palimpsest says" "$work/none: No such file"
runs "a script that there isn't" 125 "$work/none"
says "which is said" "$work/none: no such file"
runs "nothing to run" 125
says "and how to" "script.sh [OPTION...] SCRIPT [ARG...]"

echo "script: $passed passed, $failed failed"
[ $failed -eq 0 ]
