#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch.sh ITEM...: makes sure that files of Debian's armhf archive are in the
# cache, and prints their paths. Items: kernel-6.1 kernel-6.12 busybox libfdt u-boot
# kernel-6.1-rt kernel-6.1-lpae kernel-5.10 linux-source-6.1 image-6.1 load perf edk2 libfdt-i386 all; `all` is what the tests
# of `make test` need, so it leaves out those from kernel-6.1-rt on. (libfdt-i386 is of another architecture, as its
# name says.)
# package:NAME is the package NAME itself, of bookworm, package:NAME:trixie that of trixie.
#
# The cache is ${XDG_CACHE_HOME:-~/.cache}/palimpsest. A file in it is the byte for
# byte content of a Debian package, or the package itself (image-6.1), or a tar of programs and the
# shared libraries that they need (load, perf). FILE.version names the packages and their versions. What
# is there is never fetched again, so a warm cache needs no net.
#
# Which mirror, proxy and credentials to use is taken from the machine's own apt:
# apt runs with the machine's settings, but with lists, package state and architecture
# of its own in a temporary directory, as whoever calls this. Signatures are checked
# against Debian's keyring.
set -eu

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/palimpsest
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
TRIES=3
ITEMS="kernel-6.1 kernel-6.12 busybox libfdt u-boot kernel-6.1-rt kernel-6.1-lpae kernel-5.10 linux-source-6.1 image-6.1"
ITEMS="$ITEMS load perf edk2 libfdt-i386 package:NAME all"

say() { echo "fetch.sh: $*" >&2; }

die() {
	say "$*"
	exit 1
}

# ITEM's suite (with its architecture behind a colon, if not armhf), package, member of the package and file name
# in the cache. The member is a tar pattern, "." for the package itself, or "/" and programs out of several packages,
# with commas between.
describe() {
	case $1 in
	kernel-6.1) echo "bookworm linux-image-armmp ./boot/vmlinuz-6.1.* vmlinuz-6.1" ;;
	kernel-6.1-rt) echo "bookworm linux-image-rt-armmp ./boot/vmlinuz-6.1.* vmlinuz-6.1-rt" ;;
	kernel-6.1-lpae) echo "bookworm linux-image-armmp-lpae ./boot/vmlinuz-6.1.* vmlinuz-6.1-lpae" ;;
	kernel-5.10) echo "bullseye linux-image-armmp ./boot/vmlinuz-5.10.* vmlinuz-5.10" ;;
	kernel-6.12) echo "trixie linux-image-armmp ./boot/vmlinuz-6.12.* vmlinuz-6.12" ;;
	busybox) echo "bookworm busybox-static */bin/busybox busybox" ;;
	libfdt) echo "bookworm libfdt-dev */libfdt.a libfdt.a" ;;
	libfdt-i386) echo "bookworm:i386 libfdt-dev */libfdt.a libfdt-i386.a" ;;
	u-boot) echo "bookworm u-boot-qemu ./usr/lib/u-boot/qemu_arm/u-boot.bin u-boot.bin" ;;
	edk2) echo "bookworm qemu-efi-arm ./usr/share/AAVMF/AAVMF32_CODE.fd edk2.fd" ;;
	linux-source-6.1) echo "bookworm linux-source-6.1 ./usr/src/linux-source-6.1.tar.xz linux-source-6.1.tar.xz" ;;
	image-6.1) echo "bookworm linux-image-armmp . linux-image-6.1.deb" ;;
	load)
		echo "bookworm stress-ng,rt-tests,kmod,openssl,xz-utils" \
			"/stress-ng,hackbench,kmod,openssl,xz,libgcc_s.so.1 load.tar"
		;;
	perf) echo "bookworm linux-perf /perf perf.tar" ;;
	package:*:*) echo "${1##*:} $(echo "$1" | cut -d: -f2) . $(echo "$1" | cut -d: -f2).${1##*:}.deb" ;;
	package:*) echo "bookworm ${1#*:} . ${1#*:}.deb" ;;
	*) die "unknown item '$1' ($ITEMS)" ;;
	esac
}

# Runs "$@" up to TRIES times; its output is shown only if the last try fails, too.
retry() {
	n=1
	while ! "$@" >"$TMP/log" 2>&1; do
		if [ $n -ge $TRIES ]; then
			grep -E '^[EW]:' "$TMP/log" | head -n 5 >&2 || :
			return 1
		fi
		say "try $n of $TRIES failed, again in $((n * n * 2)) s"
		sleep $((n * n * 2))
		n=$((n + 1))
	done
}

# Writes the apt configuration $1/apt.conf, whose state is in the directory $1; later
# lines add to it.
private_apt() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	cat >"$1/apt.conf" <<-END
		Dir::State::status "$1/status";
		Dir::State::lists "$1/lists";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Acquire::http::Timeout "30";
		Acquire::https::Timeout "30";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}

# Prints the URI of the main Debian archive the machine's apt uses (not the security one).
# $@: options of apt-get.
archive_uri() {
	apt-get "$@" indextargets --format '$(REPO_URI) $(LABEL)' \
		'Created-By: Packages' 'Origin: Debian' 'Component: main' 2>/dev/null |
		sed -n 's/ Debian$//p' | head -n 1
}

find_archive() {
	URI=$(archive_uri)
	if [ -z "$URI" ]; then # a machine whose lists were never loaded: load them for us only
		private_apt "$TMP/own"
		retry apt-get -c "$TMP/own/apt.conf" -qq update ||
			die "apt can't load this machine's package lists: check the network and /etc/apt, then try again"
		URI=$(archive_uri -c "$TMP/own/apt.conf")
	fi
	[ -n "$URI" ] || die "no Debian archive among this machine's apt sources: add one, or put the files into $CACHE by hand"
}

# Prepares the private apt for suite $1, in $TMP/$1, once.
load_suite() {
	case $1 in
	*:*) arch=${1#*:} ;;
	*) arch=armhf ;;
	esac
	if [ ! -e "$TMP/$1/ready" ]; then
		[ -n "$URI" ] || find_archive
		private_apt "$TMP/$1"
		echo "deb [arch=$arch signed-by=$KEYRING] $URI ${1%:*} main" >"$TMP/$1/sources.list"
		cat >>"$TMP/$1/apt.conf" <<-END
			#clear APT::Architectures;
			APT::Architecture "$arch";
			APT::Architectures { "$arch"; };
			Dir::Etc::sourcelist "$TMP/$1/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "/dev/null";
		END
		say "loading the package list of ${1%:*} ($arch)"
		retry apt-get -c "$TMP/$1/apt.conf" -qq --error-on=any update ||
			die "can't load the list of $1 from the Debian archive: check the network, then try again"
		: >"$TMP/$1/ready"
	fi
}

# Prints the package that $2 of suite $1 stands for: what a kernel's metapackage
# depends on, else itself.
real_package() {
	case $2 in
	linux-image-*)
		apt-cache -c "$TMP/$1/apt.conf" depends --important "$2" |
			sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
		;;
	*) echo "$2" ;;
	esac
}

# Prints packages $2 of suite $1, with commas between, and all that they depend on.
with_dependencies() {
	apt-get -c "$TMP/$1/apt.conf" -qq --simulate --no-install-recommends install $(echo "$2" | tr , ' ') |
		sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# Puts programs and libraries, $@, of the packages in $TMP/deb into $TMP/tree, under usr/bin and lib,
# and with them all shared libraries that they need.
pick() {
	rm -rf "$TMP/root" "$TMP/tree"
	mkdir -p "$TMP/root/usr/bin" "$TMP/root/usr/sbin" "$TMP/root/usr/lib" "$TMP/tree/usr/bin" "$TMP/tree/lib"
	ln -s usr/bin usr/sbin usr/lib "$TMP/root"
	for deb in "$TMP"/deb/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink --no-same-owner --exclude=./usr/share -C "$TMP/root" -f -
	done
	while [ $# -gt 0 ]; do
		for wanted; do
			case $wanted in
			*.so*) cp -L "$TMP/root/usr/lib/arm-linux-gnueabihf/$wanted" "$TMP/tree/lib" ;;
			*) cp -L "$(find "$TMP/root/usr/bin" "$TMP/root/usr/sbin" -name "$wanted")" "$TMP/tree/usr/bin" ;;
			esac || die "$wanted: isn't in the packages"
		done
		set -- $(readelf -d "$TMP"/tree/usr/bin/* "$TMP"/tree/lib/* | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u |
			while read -r wanted; do
				[ -e "$TMP/tree/lib/$wanted" ] || echo "$wanted"
			done)
	done
}

# Writes $TMP/file from the packages in $TMP/deb: member $1 of the only one, it itself, or a tar.
make_file() {
	case $1 in
	.) cp "$TMP"/deb/*.deb "$TMP/file" ;;
	/*)
		pick $(echo "${1#/}" | tr , ' ')
		tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$TMP/tree" -cf "$TMP/file" .
		;;
	*) dpkg-deb --fsys-tarfile "$TMP"/deb/*.deb | tar -xO --wildcards -f - "$1" >"$TMP/file" ;;
	esac
}

# Fetches package $2 of suite $1, or packages, and makes of its member $3 the file $4 in the cache.
fetch() {
	load_suite "$1"
	case $3 in
	/*) real=$(with_dependencies "$1" "$2") ;;
	*) real=$(real_package "$1" "$2") ;;
	esac
	[ -n "$real" ] || die "$1 has no package $2"
	say "fetching $2"
	rm -rf "$TMP/deb"
	mkdir "$TMP/deb"
	(cd "$TMP/deb" && retry apt-get -c "$TMP/$1/apt.conf" -qq download $real) ||
		die "can't fetch $2 from the Debian archive: check the network, then try again"
	make_file "$3"
	[ -s "$TMP/file" ] || die "$2 has no $3"
	for deb in "$TMP"/deb/*.deb; do
		dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb"
	done >"$TMP/version"
	chmod 644 "$TMP/file" "$TMP/version"
	mv "$TMP/version" "$CACHE/$4.version"
	mv "$TMP/file" "$CACHE/$4" # last: its presence says that all is well
}

[ $# -gt 0 ] || die "usage: fetch.sh ITEM... ($ITEMS)"
[ "$1" != all ] || set -- kernel-6.1 kernel-6.12 busybox libfdt u-boot

URI=
TMP=
for item; do
	description=$(describe "$item") || exit 1
	read -r suite package member name <<-END
		$description
	END
	file=$CACHE/$name
	if [ ! -s "$file" ]; then
		if [ -z "$TMP" ]; then
			mkdir -p "$CACHE" || die "can't make $CACHE"
			TMP=$(mktemp -d "$CACHE/fetch.XXXXXX") # on the cache's file system: mv is atomic
			trap 'rm -rf "$TMP"' EXIT
			trap 'exit 1' HUP INT TERM
			command -v dpkg-deb >/dev/null ||
				die "dpkg-deb is missing: only Debian hosts can fetch; put $file there by hand"
			[ -r $KEYRING ] || die "$KEYRING is missing: install debian-archive-keyring"
		fi
		fetch "$suite" "$package" "$member" "$name"
	fi
	echo "$file"
done
