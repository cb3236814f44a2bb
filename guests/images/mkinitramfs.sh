#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mkinitramfs.sh OUT [COMMANDS [TREE]]: writes the initramfs OUT (cpio, gzip): busybox from
# the cache, guests/images/init as /init, the file COMMANDS, if given, for it to run, and what is in the
# directory TREE. Needs no root: /dev/console is in the kernel's own initramfs, the other nodes come from
# devtmpfs. The same input gives the same bytes.
set -eu

here=$(dirname "$0")
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
	echo "usage: mkinitramfs.sh OUT [COMMANDS [TREE]]" >&2
	exit 1
fi

busybox=$("$here/fetch.sh" busybox)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$tmp/root/bin" "$tmp/root/dev"
cp "$busybox" "$tmp/root/bin/busybox"
cp "$here/init" "$tmp/root/init"
[ $# -lt 2 ] || cp "$2" "$tmp/root/palimpsest.cmds"
[ $# -lt 3 ] || cp -R "$3/." "$tmp/root"
find "$tmp/root" -exec chmod 755 {} +
"$here/cpio.sh" "$tmp/root" >"$tmp/out"
cat "$tmp/out" >"$1"
