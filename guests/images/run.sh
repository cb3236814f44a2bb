#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [OPTION...]: what `make run` does once the monitor is built: boots Debian's
# own kernel with a busybox initramfs in a VM of 512 MiB. With a terminal as standard
# input that is a shell to type in, else the lines piped in are run by the guest's
# shell. Options go to `palimpsest run`; KERNEL=6.12 chooses the other kernel, BUILD
# the build directory. The exit status is that of palimpsest.
set -eu

here=$(dirname "$0")
palimpsest=${BUILD:-$here/../../build}/palimpsest

"$here/../setup.sh" build
kernel=$("$here/fetch.sh" "kernel-${KERNEL:-6.1}")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

if [ -t 0 ]; then
	"$here/mkinitramfs.sh" "$tmp/initrd"
else
	cat >"$tmp/commands"
	"$here/mkinitramfs.sh" "$tmp/initrd" "$tmp/commands"
	exec </dev/null
fi
status=0
"$palimpsest" run -kernel "$kernel" -initrd "$tmp/initrd" -m 512 \
	-append "console=ttyAMA0 panic=-1" -no-reboot "$@" || status=$?
exit $status
