#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rooms.sh BUILD: whether each room of the house keeps to what rooms.cfg says it may use: by the includes of its files, and by
# what the objects, as built, want of each other.
set -u
cd "$(dirname "$0")/.." || exit 1
B=$1

includes() {
	sed -n 's/^\([a-z/]*\):.*/\1/p' test/rooms.cfg | while read -r room; do
		for file in "$room"/*.[chS]; do
			sed -n 's|^#include "\(.*/.*\)"|include '"$file"' \1|p' "$file"
		done
	done
}

symbols() { # KIND NM
	find "$B/obj/$1" -name '*.o' | while read -r object; do
		file=${object#"$B/obj/$1/"}
		[ ! -f "${file%.o}" ] || echo "$object"
	done | xargs "$2" -gA | sed -nE "s|^$B/obj/$1/(.*)\.o:.* ([A-Z]) ([^ ]*)$|nm $1 \1 \2 \3|p"
}

{
	includes
	symbols mon "${CROSS:-arm-none-eabi-}nm"
	symbols host nm
} | awk -f test/rooms.awk test/rooms.cfg -
