# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What scripts that run one thing after the other share, which source it: a directory of their own, $work, that goes with
# them, a line for each verdict, and counts for the tally. Of a failure the end of the files $shown is printed.
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

verdict() { # NAME WHY
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		echo "FAIL $1: $2"
		# shellcheck disable=SC2154 # the script's own
		for file in $shown; do
			tail -n 20 "$work/$file" | cut -c 1-200 | sed 's/^/     | /'
		done
	fi
}
