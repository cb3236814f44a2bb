#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cpio.sh DIRECTORY: writes an initramfs (cpio, gzip) of what is in DIRECTORY to standard output. The owner is root, the
# time of all is 0: the same input gives the same bytes.
set -eu

find "$1" -exec touch -h -d @0 {} +
packed=$(mktemp)
trap 'rm -f "$packed"' EXIT
trap 'exit 1' HUP INT TERM
(cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R +0:+0 --reproducible) >"$packed"
gzip -1 -n <"$packed"
