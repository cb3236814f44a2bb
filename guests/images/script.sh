#!/bin/sh
# SPDX-License-Identifier: MIT
#
# script.sh [OPTION...] SCRIPT [ARG...]: runs SCRIPT, a shell script or any other program for 32-bit ARM Linux, in a VM
# with Debian's own kernel. Its output is ours, and so is its exit status; 125 is for a VM that didn't get that far.
#
#   -o DIR      what SCRIPT leaves in /out is put into DIR, over the VM's console: some MiB
#   -t DIR      the VM's / has what is in DIR
#   -i INITRD   the VM's / is that initramfs; without it there is busybox alone
#   -k KERNEL   another kernel, with console=ttyAMA0 and initramfs
#   -x OPTION   an option of `palimpsest run`; may be repeated (-x -m -x 128, -x --timeout -x 60, -x --native)
#
# SCRIPT runs as root, in /root, with nothing to read on standard input; what it writes to standard error is in the
# output, too. The VM ends with it. BUILD is the build directory.
set -eu

here=$(dirname "$0")
palimpsest=${BUILD:-$here/../../build}/palimpsest
FAILED=125

die() {
	echo "script.sh: $*" >&2
	exit $FAILED
}

usage() {
	sed -n 's/^# \{0,1\}//; 3,15p' "$0" >&2
	exit $FAILED
}

# The arguments as words for the shell.
quoted() {
	for word; do
		printf " '%s'" "$(printf '%s.' "$word" | sed "s/'/'\\\\''/g")" | sed "\$s/\\.'\$/'/"
	done
}

out='' tree='' initrd='' kernel='' options=''
while getopts o:t:i:k:x: option; do
	case $option in
	o) out=$OPTARG ;;
	t) tree=$OPTARG ;;
	i) initrd=$OPTARG ;;
	k) kernel=$OPTARG ;;
	x) options="$options$(quoted "$OPTARG")" ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
script=$1
shift
[ -f "$script" ] || die "$script: no such file"
[ -z "$tree" ] || [ -d "$tree" ] || die "$tree: no such directory"
[ -z "$initrd" ] || [ -f "$initrd" ] || die "$initrd: no such file"
[ -z "$out" ] || mkdir -p "$out" || exit $FAILED

"$here/../setup.sh" build || exit $FAILED
[ -n "$kernel" ] || kernel=$("$here/fetch.sh" kernel-6.1) || exit $FAILED
busybox=$("$here/fetch.sh" busybox) || exit $FAILED
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit $FAILED' HUP INT TERM

token=$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')
mkdir -p "$tmp/root/palimpsest"
[ -z "$tree" ] || cp -R "$tree/." "$tmp/root"
cp "$busybox" "$tmp/root/palimpsest/busybox"
cp "$here/script-init" "$tmp/root/palimpsest/init"
cp "$script" "$tmp/root/palimpsest/script"
chmod 755 "$tmp/root" "$tmp/root/palimpsest" "$tmp/root/palimpsest"/*
echo "token=$token files=${out:+yes}; set --$(quoted "$@")" >"$tmp/root/palimpsest/parameters"
[ -z "$initrd" ] || cat "$initrd" >"$tmp/initrd"
[ -z "$initrd" ] || truncate -s %4 "$tmp/initrd" # archives begin at words
"$here/cpio.sh" "$tmp/root" >>"$tmp/initrd"

# Lines of the console: before the script's, its own, and those behind. An empty line before the status is ours.
cat >"$tmp/sort" <<END
:before
w $tmp/before
/^$token begin\$/ b next
n
b before
:next
n
:line
/^$token status / b behind
/^\$/ {
	N
	s/^\\n\\($token status \\)/\\1/
	t behind
	P
	s/^\\n//
	b line
}
p
b next
:behind
w $tmp/behind
n
b behind
END
eval "set -- $options"
: >"$tmp/behind"
{
	status=0
	"$palimpsest" run -kernel "$kernel" -initrd "$tmp/initrd" -m 512 -no-reboot \
		-append "console=ttyAMA0 rdinit=/palimpsest/init loglevel=1 panic=-1" "$@" </dev/null 2>"$tmp/errors" || status=$?
	echo $status >"$tmp/status"
} | LC_ALL=C sed -u -n -f "$tmp/sort"

status=$(sed -n "s/^$token status //p" "$tmp/behind")
if [ "$(cat "$tmp/status")" != 0 ] || [ -z "$status" ]; then
	[ -s "$tmp/behind" ] || tail -n 20 "$tmp/before" >&2
	cat "$tmp/errors" >&2
	die "the VM ended before the script did (palimpsest: status $(cat "$tmp/status"))"
fi
if [ -n "$out" ]; then
	sed "/^$token /d" "$tmp/behind" | base64 -d >"$tmp/files" 2>/dev/null || :
	grep -qxF "$token files $(md5sum <"$tmp/files")" "$tmp/behind" || die "the files of /out were damaged on the console"
	# Whoever runs this owns what the VM has made, and no file runs as somebody else.
	tar -C "$out" --no-same-owner --no-same-permissions -xzf "$tmp/files" || exit $FAILED
fi
exit "$status"
