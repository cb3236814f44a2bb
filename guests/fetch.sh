#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch.sh ITEM...: makes sure that files of Debian's armhf archive are in the
# cache, and prints their paths. Items: kernel-6.1 kernel-6.12 busybox libfdt u-boot
# linux-source-6.1 all; `all` is what the tests of `make test` need, so it leaves out the last.
#
# The cache is ${XDG_CACHE_HOME:-~/.cache}/palimpsest. A file in it is the byte for
# byte content of a Debian package, whose name and version stand next to it in
# FILE.version; what is there is never fetched again, so a warm cache needs no net.
#
# Which mirror, proxy and credentials to use is taken from the machine's own apt:
# apt runs with the machine's settings, but with lists, package state and architecture
# of its own in a temporary directory, as whoever calls this. Signatures are checked
# against Debian's keyring.
set -eu

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/palimpsest
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
TRIES=3

say() { echo "fetch.sh: $*" >&2; }

die() {
	say "$*"
	exit 1
}

# ITEM's suite, package, member of the package (a tar pattern) and file name in the cache.
describe() {
	case $1 in
	kernel-6.1) echo "bookworm linux-image-armmp ./boot/vmlinuz-6.1.* vmlinuz-6.1" ;;
	kernel-6.1-rt) echo "bookworm linux-image-rt-armmp ./boot/vmlinuz-6.1.* vmlinuz-6.1-rt" ;;
	kernel-6.12) echo "trixie linux-image-armmp ./boot/vmlinuz-6.12.* vmlinuz-6.12" ;;
	busybox) echo "bookworm busybox-static */bin/busybox busybox" ;;
	libfdt) echo "bookworm libfdt-dev */libfdt.a libfdt.a" ;;
	u-boot) echo "bookworm u-boot-qemu ./usr/lib/u-boot/qemu_arm/u-boot.bin u-boot.bin" ;;
	linux-source-6.1) echo "bookworm linux-source-6.1 ./usr/src/linux-source-6.1.tar.xz linux-source-6.1.tar.xz" ;;
	*) die "unknown item '$1' (kernel-6.1 kernel-6.12 busybox libfdt u-boot linux-source-6.1 all)" ;;
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
	if [ ! -e "$TMP/$1/ready" ]; then
		[ -n "$URI" ] || find_archive
		private_apt "$TMP/$1"
		echo "deb [arch=armhf signed-by=$KEYRING] $URI $1 main" >"$TMP/$1/sources.list"
		cat >>"$TMP/$1/apt.conf" <<-END
			#clear APT::Architectures;
			APT::Architecture "armhf";
			APT::Architectures { "armhf"; };
			Dir::Etc::sourcelist "$TMP/$1/sources.list";
			Dir::Etc::sourceparts "/dev/null";
			Dir::Etc::preferences "/dev/null";
			Dir::Etc::preferencesparts "/dev/null";
		END
		say "loading the package list of $1 (armhf)"
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

# Fetches package $2 of suite $1 and puts its member $3 into the cache as $4.
fetch() {
	load_suite "$1"
	real=$(real_package "$1" "$2")
	[ -n "$real" ] || die "$1 has no package $2 for armhf"
	say "fetching $real"
	rm -rf "$TMP/deb"
	mkdir "$TMP/deb"
	(cd "$TMP/deb" && retry apt-get -c "$TMP/$1/apt.conf" -qq download "$real") ||
		die "can't fetch $real from the Debian archive: check the network, then try again"
	deb=$(echo "$TMP"/deb/*.deb)
	dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards -f - "$3" >"$TMP/file"
	[ -s "$TMP/file" ] || die "$real has no $3"
	dpkg-deb -W --showformat='${Package} ${Version}\n' "$deb" >"$TMP/version"
	chmod 644 "$TMP/file" "$TMP/version"
	mv "$TMP/version" "$CACHE/$4.version"
	mv "$TMP/file" "$CACHE/$4" # last: its presence says that all is well
}

[ $# -gt 0 ] || die "usage: fetch.sh kernel-6.1|kernel-6.12|busybox|libfdt|u-boot|linux-source-6.1|all..."
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
