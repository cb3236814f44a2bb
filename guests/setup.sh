#!/bin/sh
# SPDX-License-Identifier: MIT
#
# setup.sh [GROUP...]: installs what is missing of the Debian packages a group
# needs: build (the default: to build, run and test), lint, bench, slow. Asks for nothing
# and touches nothing where all are there; else it needs root or sudo.
set -eu

BUILD="make gcc libc6-dev gcc-arm-none-eabi libnewlib-dev qemu-system-arm libfdt-dev zlib1g-dev liblzma-dev libcapstone-dev
	device-tree-compiler u-boot-tools cpio gzip xz-utils debian-archive-keyring"
LINT="clang-format clang-tidy cppcheck shellcheck"
BENCH="gnuplot-nox"
SLOW="bc bison flex clang libclang-rt-dev libc6-dev-i386 lib32stdc++-12-dev" # to build a kernel, and for libFuzzer

die() {
	echo "setup.sh: $*" >&2
	exit 1
}

wanted=
[ $# -gt 0 ] || set -- build
for group; do
	case $group in
	build) wanted="$wanted $BUILD" ;;
	lint) wanted="$wanted $LINT" ;;
	bench) wanted="$wanted $BENCH" ;;
	slow) wanted="$wanted $SLOW" ;;
	*) die "unknown group '$group' (build lint bench slow)" ;;
	esac
done

command -v dpkg-query >/dev/null || die "not a Debian system: install the equivalents of:" $wanted
missing=
for package in $wanted; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
	installed) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || die "neither root nor sudo; as root run: apt-get install$missing"
	as_root=sudo
fi

echo "setup.sh: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -qq update >&2 || echo "setup.sh: apt-get update failed, trying with the lists as they are" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 1' HUP INT TERM
$as_root apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install $missing >"$log" 2>&1 </dev/null || {
	tail -n 20 "$log" >&2
	die "apt-get couldn't install$missing"
}
