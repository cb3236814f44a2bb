#!/bin/sh
# SPDX-License-Identifier: MIT
#
# thumb-kernel.sh [debug]: makes sure that a Linux kernel in Thumb-2 (CONFIG_THUMB2_KERNEL) is in the cache,
# ${XDG_CACHE_HOME:-~/.cache}/palimpsest/vmlinuz-6.1-thumb2, or with `debug` one that checks itself,
# vmlinuz-6.1-thumb2-debug, and prints its path. Debian ships none, so it is built, in a few minutes, from Debian's
# linux-source-6.1 and guests/images/thumb2.config, for `debug` as changed by thumb2-debug.config, with
# the cross compiler that builds the monitor. FILE.version says from which source and configuration;
# it is built again when one of them has changed. The same input gives the same bytes.
#
# CROSS: the compiler's prefix [arm-none-eabi-]. JOBS: how many at a time [as many as there are CPUs].
set -eu

here=$(cd "$(dirname "$0")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/palimpsest

die() {
	echo "thumb-kernel.sh: $*" >&2
	exit 1
}

[ "$*" = "" ] || [ "$*" = debug ] || die "usage: thumb-kernel.sh [debug]"
kernel=$CACHE/vmlinuz-6.1-thumb2${1:+-$1}
set -- "$here/thumb2.config" ${1:+"$here/thumb2-$1.config"}
source=$("$here/fetch.sh" linux-source-6.1)
version="$(cat "$source.version") thumb2.config $(grep -hE '^(# )?CONFIG_' "$@" | cksum | tr ' ' -)"
if [ -s "$kernel" ] && [ "$(cat "$kernel.version" 2>/dev/null)" = "$version" ]; then
	echo "$kernel"
	exit 0
fi

"$here/../setup.sh" build slow
tmp=$(mktemp -d "$CACHE/thumb.XXXXXX") # on the cache's file system: mv is atomic
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# build TARGET [VARIABLE=VALUE...]: in the kernel's tree; what it says is shown only if it fails
build() {
	nice make -C "$tmp/linux" ARCH=arm CROSS_COMPILE="${CROSS:-arm-none-eabi-}" KBUILD_BUILD_USER=palimpsest \
		KBUILD_BUILD_HOST=palimpsest KBUILD_BUILD_TIMESTAMP="$(date -u -r "$tmp/linux/Makefile")" \
		-j "${JOBS:-$(nproc)}" "$@" >"$tmp/log" 2>&1 || {
		tail -n 20 "$tmp/log" >&2
		die "can't build the kernel: 'make $1' failed"
	}
}

echo "thumb-kernel.sh: building $(cat "$source.version") in Thumb-2, which takes minutes" >&2
mkdir "$tmp/linux"
tar -xf "$source" -C "$tmp/linux" --strip-components=1 || die "can't unpack $source: is the disk full?"
# What a later file has of a symbol counts.
awk '/^(# )?CONFIG_/ { name = $0; sub(/^# /, "", name); sub(/[= ].*/, "", name); line[name] = $0 }
	END { for (name in line) print line[name] }' "$@" | sort >"$tmp/config"
build allnoconfig KCONFIG_ALLCONFIG="$tmp/config"
grep '^CONFIG_' "$tmp/config" | while read -r line; do
	grep -qxF "$line" "$tmp/linux/.config" || die "this kernel doesn't have $line"
done
build zImage
echo "$version" >"$tmp/version"
chmod 644 "$tmp/linux/arch/arm/boot/zImage"
mv "$tmp/version" "$kernel.version"
mv "$tmp/linux/arch/arm/boot/zImage" "$kernel" # last: its presence says that all is well
echo "$kernel"
