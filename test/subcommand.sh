# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of palimpsest's subcommands share, which source it: a directory of their own to work in,
# a line for each result, and what bad input is to be met with. Wants $build and $subcommand.
: "${subcommand:?}"
palimpsest=${build:?}/palimpsest
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

result() { # NAME WHY: an empty WHY passes
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1: $2"
		sed 's/^/     | /' out err | head -n 20
	fi
}

# bad NAME TEXT ARG...: one line with TEXT is all there is to see, and exit 1.
bad() {
	local name=$1 text=$2 why='' status
	shift 2
	timeout 60 "$palimpsest" "$subcommand" "$@" >out 2>err </dev/null
	status=$?
	[ ! -s out ] || why="something on standard output"
	grep -qF -- "$text" err || why="'$text' is not named"
	grep -q '^palimpsest: ' err || why="no message of palimpsest's"
	[ "$(wc -l <err)" = 1 ] || why="not one line on standard error"
	[ $status = 1 ] || why="status $status instead of 1"
	result "$name" "$why"
}
