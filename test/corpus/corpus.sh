#!/bin/bash
# SPDX-License-Identifier: MIT
#
# corpus.sh sample|all DIRECTORY: code of which it is known what each byte is, for `palimpsest scan --truth`.
#
# DIRECTORY gets tune/ and held/, in each of them a32/, thumb/ and mixed/ with ELF files and archives: what the rules
# were made with, and what they weren't. Packages of Debian's come through guests/images/fetch.sh; mixed images are linked here,
# of A32 and Thumb objects shuffled: generated ones (gen.c), libgcc's and newlib's. `sample` has a few of those
# only, and needs no net. What is there is not made again.
set -eu

here=$(dirname "$(realpath "$0")")
what=$1
mkdir -p "$2"
dir=$(realpath "$2")
cross=arm-none-eabi-
libgcc=$(dirname "$(${cross}gcc -print-libgcc-file-name)")
[ ! -e "$dir/done" ] || exit 0
rm -rf "$dir/tune" "$dir/held" "$dir/objects"
mkdir -p "$dir"/{tune,held}/{a32,thumb,mixed} "$dir/objects"
cd "$dir"

# generated SEED: two objects, of C and of assembly, each in a state, for an architecture and optimized as SEED says.
generated() {
	local seed=$1 optimized arch state
	optimized=(-O0 -O1 -O2 -O3 -Os -O2 -Os)
	arch=(armv7-a armv7-a armv7ve armv6k armv4t)
	state=(arm thumb)
	local a=${arch[seed / 2 % 5]} s=${state[seed % 2]}
	./gen "$seed" c >objects/g$seed.c
	${cross}gcc -w -m$s -march=$a -mfloat-abi=soft "${optimized[seed % 7]}" -ffunction-sections -c -o objects/c$seed.o objects/g$seed.c
	./gen "$seed" $s >objects/g$seed.s
	${cross}gcc -march=armv7ve -W -c -o objects/s$seed.o objects/g$seed.s
	rm objects/g$seed.[cs]
}

# library NAME FILE: its members as objects.
library() {
	[ -e "$2" ] || return 0
	mkdir "objects/$1"
	(cd "objects/$1" && ${cross}ar x "$2")
	echo "objects/$1" >>objects/libraries
}

# image SET N: links objects of the set, shuffled by N, A32 and Thumb.
image() {
	local library picked first=0
	[ "$1" = tune ] || first=$((N_SEEDS / 2))
	picked=$(
		for s in 1 2 3 4 5 6; do
			n=$((first + (5 * $2 + 7 * s) % (N_SEEDS / 2)))
			echo objects/c$n.o objects/s$n.o
		done
		while read -r library; do
			printf "%s\n" "$library"/*.o | shuf -n 40 --random-source=<(yes "$1 $2 $library")
		done <objects/libraries
	)
	# shellcheck disable=SC2046 # words are what is wanted
	${cross}ld -N -Ttext=0x40010000 -e 0x40010000 --unresolved-symbols=ignore-all -z muldefs --no-warn-mismatch \
		--no-warn-rwx-segments -o "$1/mixed/$2.elf" \
		$(echo "$picked" | tr ' ' '\n' | shuf --random-source=<(yes "$1 $2")) 2>/dev/null
}

# package PACKAGE PATTERN: unpacks that of it into objects/PACKAGE.
package() {
	mkdir -p "objects/$1"
	dpkg-deb --fsys-tarfile "$("$here/../../guests/images/fetch.sh" "${3:-package:$1}")" |
		tar -x --wildcards -C "objects/$1" -f - "$2"
}

# share KIND FILE...: of the files every third is held out; named by what they are.
share() {
	local kind=$1 n=0 file set
	shift
	for file; do
		set=tune
		[ $((n++ % 3)) != 2 ] || set=held
		mv "$file" "$set/$kind/$(echo "${file#objects/}" | tr / _)"
	done
}

packages() {
	local p files newlib=objects/libnewlib-arm-none-eabi/usr/lib/arm-none-eabi/newlib
	package linux-image-6.1 '*.ko' image-6.1
	find objects/linux-image-6.1 -name '*.ko' -size +40k | sort >objects/list
	mapfile -t files <objects/list
	share a32 "${files[@]}"
	package linux-image-armmp '*.ko.xz' package:linux-image-armmp:trixie
	find objects/linux-image-armmp -name '*.ko.xz' -size +20k | sort | while read -r p; do
		xz -dc "$p" >"held/a32/trixie-$(basename "$p" .xz)"
	done
	for p in libc6-dev libssl-dev libpython3.11-dev libstdc++-12-dev libgcc-12-dev libgsl-dev libglib2.0-dev llvm-14-dev; do
		package $p '*.a'
		find objects/$p -type f -name '*.a' -size +40k | sort >objects/list
		mapfile -t files <objects/list
		share thumb "${files[@]}"
	done
	package libnewlib-arm-none-eabi '*.a'
	cp $newlib/libc.a tune/a32/newlib-libc.a
	cp $newlib/libm.a held/a32/newlib-libm.a
	for p in nofp v6-m/nofp v7/nofp v7-a/nofp v7ve+simd/hard v7-r+fp.sp/softfp; do
		cp $newlib/thumb/$p/libc.a "tune/thumb/newlib-libc-${p//\//-}.a"
		cp $newlib/thumb/$p/libm.a "held/thumb/newlib-libm-${p//\//-}.a"
	done
	library newlib-arm "$dir/$newlib/libc.a"
	library newlib-thumb "$dir/$newlib/thumb/v7-a/nofp/libc.a"
	library newlib-v4t "$dir/$newlib/thumb/nofp/libc.a"
}

# A Thumb-2 kernel, if one has been built (guests/images/thumb-kernel.sh).
thumb_kernel() {
	local f
	for f in "${XDG_CACHE_HOME:-$HOME/.cache}"/palimpsest/*thumb*/vmlinux; do
		[ ! -e "$f" ] || cp "$f" tune/thumb/vmlinux
	done
}

gcc -O1 -o gen "$here/gen.c"
library gcc-arm "$libgcc/libgcc.a"
library gcc-v5te "$libgcc/arm/v5te/softfp/libgcc.a"
library gcc-v4t "$libgcc/thumb/nofp/libgcc.a"
library gcc-v7 "$libgcc/thumb/v7-a/nofp/libgcc.a"
if [ "$what" = sample ]; then
	N_SEEDS=14 images=2
else
	N_SEEDS=160 images=48
	packages
	thumb_kernel
fi
for ((seed = 0; seed < N_SEEDS; seed++)); do
	echo $seed
done | xargs -P "$(nproc)" -n 1 bash -c "$(declare -f generated); cross=$cross; generated \"\$0\""
for set in tune held; do
	for ((n = 0; n < images; n++)); do
		image $set $n
	done
done
rm -rf objects
: >"$dir/done"
