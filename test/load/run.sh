#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [LOAD-POLICY...]: puts load on Debian's 6.1 in a VM, with unmodified programs and modules of
# Debian's armhf, each twice: a short run and a long one. LOAD: modules openssl xz hackbench stress,
# whose commands are in LOAD.commands; POLICY: page or block; [all]. Checks, one line each:
#
#   exit      both VMs powered off
#   patched   no sensitive instruction ran unpatched and was caught by UNDEF only
#   result    what the programs found is what they find on the bare machine, in a short run there
#   dmesg     no kernel message of level warning or worse that the bare machine lacks
#   pools     the long run leaves the monitor's pool no emptier than the short one, within 5 % of it
#
# The policies run side by side. Nothing depends on how fast the host is, but that each run ends within
# LIMIT seconds [3000]. STRESS_PAGE [600] and STRESS_BLOCK [120]: for how long stress-ng runs.
# FIGURES, if given, is a directory for what the programs say of their speed. KEEP=1 keeps all in
# $BUILD/load, where a failure leaves it anyhow.
set -eu

here=$(dirname "$0")
build=${BUILD:-$here/../../build}
guests=$here/../../guests
top=$build/load
limit=${LIMIT:-3000}
MIB=512

# What the kernel may say of a host that is busy with other things.
BUSY='hrtimer: interrupt took|sched: RT throttling activated|clocksource: |perf: interrupt took'

# The PASSES of a short and a long run: what is done once may have its pages in the pools.
passes() {
	case $1-$2 in
	stress-page) echo "60 ${STRESS_PAGE:-600}" ;;
	stress-block) echo "60 ${STRESS_BLOCK:-120}" ;;
	modules-*) echo "1 2" ;;
	*-page) echo "2 4" ;;
	*) echo "1 2" ;;
	esac
}

subject() { echo "$load $policy"; }
# shellcheck source=test/boot/check.sh
. "$here/../boot/check.sh"

# boot NAME PASSES [OPTION...]: console into $out/NAME.console, status into $out/NAME.status
boot() {
	name=$1 status=0
	{
		echo "PASSES=$2 PATH=/usr/bin:/bin OPENSSL_CONF=/dev/null"
		cat "$here/$load.commands"
		echo "echo '@@ dmesg'; dmesg -r; echo '@@ end'"
	} >"$out/$name.commands"
	shift 2
	"$guests/images/mkinitramfs.sh" "$out/$name.cpio" "$out/$name.commands" "$top/root"
	"$build/palimpsest" run -kernel "$top/vmlinuz" -initrd "$out/$name.cpio" -m $MIB \
		-append "console=ttyAMA0 loglevel=1 log_buf_len=1M" --timeout "$limit" "$@" \
		>"$out/$name.console" 2>"$out/$name.errors" </dev/null || status=$?
	echo $status >"$out/$name.status"
	rm "$out/$name.cpio"
}

# section NAME TITLE: the lines between "@@ TITLE" and the next "@@"
section() {
	tr -d '\r' <"$out/$1.console" | awk -v title="$2" '$1 == "@@" { on = $2 == title; next } on'
}

show() {
	sed 's/^/    /' "$@" | head -n 20
}

ended_well() {
	for vm in short long; do
		if [ "$(cat "$out/$vm.status")" != 0 ] || ! grep -q '"exit":"poweroff"' "$out/$vm.stats"; then
			echo "    $vm: status $(cat "$out/$vm.status")"
			tail -n 5 "$out/$vm.console" "$out/$vm.errors" | show
			return 1
		fi
	done
}

all_patched() {
	! grep -L '"unpatched_trapped":0,' "$out/short.stats" "$out/long.stats" | show | grep .
}

same_result() {
	section bare result >"$out/expected"
	[ -s "$out/expected" ] || { echo "    nothing on the bare machine"; return 1; }
	for vm in short long; do
		section $vm result >"$out/got"
		diff "$out/expected" "$out/got" >"$out/diff" || { show "$out/diff"; return 1; }
	done
}

# warnings NAME: messages of level 4 (warning) to 0, without facility and time
warnings() {
	section "$1" dmesg | awk -F'[<>]' '/^<[0-9]+>/ && $2 % 8 <= 4' | sed 's/^<[0-9]*>\[[^]]*\] //' | grep -vE "$BUSY" | sort -u
}

no_new_warning() {
	warnings bare >"$out/expected"
	for vm in short long; do
		section $vm dmesg | grep -q 'Linux version' || { echo "    no kernel messages"; return 1; }
		warnings $vm >"$out/got"
		comm -13 "$out/expected" "$out/got" >"$out/diff"
		[ ! -s "$out/diff" ] || { show "$out/diff"; return 1; }
	done
}

# figure NAME KEY: of a run's statistics, 0 if there are none
figure() {
	sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" "$out/$1.stats" | grep . || echo 0
}

pools_keep() {
	short=$(figure short pool_free) long=$(figure long pool_free)
	[ $((short - long)) -gt $(($(figure long pool_bytes) / 20)) ] || return 0
	echo "    free: $short bytes after the short run, $long after the long one"
	return 1
}

test_load() { # LOAD POLICY
	load=$1 policy=$2
	out=$top/$load-$policy
	mkdir -p "$out"
	set -- $(passes "$load" "$policy")
	boot bare "$1" --native
	boot short "$1" --bt "$policy" --stats "$out/short.stats"
	boot long "$2" --bt "$policy" --stats "$out/long.stats"
	touch "$out/short.stats" "$out/long.stats"
	check exit ended_well
	check patched all_patched
	check result same_result
	check dmesg no_new_warning
	check pools pools_keep
	[ -z "${FIGURES:-}" ] || for vm in bare short long; do section $vm figures >"$FIGURES/$load-$policy-$vm"; done
}

# find_module DIR NAME: its file, which may have _ where the name has -
find_module() {
	find "$1" -name "$(echo "$2" | sed 's/[-_]/[-_]/g').ko"
}

# The modules that modules.commands names, and those they need, of the package that the kernel is from.
modules() {
	mkdir "$top/deb"
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$top/deb" -f - ./lib/modules
	release=$(ls "$top/deb/lib/modules")
	to=$top/root/lib/modules/$release
	mkdir -p "$to"
	cp "$top/deb/lib/modules/$release"/modules.builtin* "$top/deb/lib/modules/$release/modules.order" "$to"
	missing=$(sh -c "$(sed -n '/^MODULES=/,/"$/p; /^TESTS=/p' "$here/modules.commands")"'; echo $MODULES $TESTS')
	while [ -n "$missing" ]; do
		for module in $missing; do
			file=$(find_module "$top/deb" "$module")
			[ -n "$file" ] || { echo "run.sh: $package has no module $module" >&2; exit 1; }
			cp "$file" "$to"
		done
		missing=$(cat "$to"/*.ko | tr '\0' '\n' | sed -n 's/^depends=//p' | tr , '\n' | sort -u | while read -r module; do
			[ -z "$module" ] || [ -n "$(find_module "$to" "$module")" ] || echo "$module"
		done)
	done
	rm -r "$top/deb"
}

all=$(for load in modules openssl xz hackbench stress; do echo "$load-page $load-block"; done)
[ $# -gt 0 ] || set -- $all
for which; do
	if ! echo "$all" | tr ' ' '\n' | grep -qxF "$which"; then
		echo "run.sh: no load '$which', only" $all >&2
		exit 1
	fi
done
rm -rf "$top"
mkdir -p "$top"
package=$("$guests/images/fetch.sh" image-6.1)
tree=$("$guests/images/fetch.sh" load)
dpkg-deb --fsys-tarfile "$package" | tar -xO --wildcards -f - './boot/vmlinuz-*' >"$top/vmlinuz"
mkdir -p "$top/root/sbin"
tar -xf "$tree" -C "$top/root"
for name in modprobe depmod; do # the kernel itself runs /sbin/modprobe
	ln -s ../usr/bin/kmod "$top/root/sbin/$name"
done
case " $*" in
*" modules-"*) modules ;;
esac
for policy in page block; do
	{
		for which; do
			[ "${which##*-}" != $policy ] || test_load "${which%-*}" $policy
		done
		echo "$passed $failed" >"$top/tally.$policy"
	} &
done
wait
awk '
	{ passed += $1; failed += $2 }
	END {
		print "load: " passed " passed, " failed + 2 - NR " failed"
		exit failed || NR < 2
	}
' "$top"/tally.*
[ -n "${KEEP:-}" ] || rm -rf "$top"
