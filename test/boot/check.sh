# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the tests of whole machines share, which source it: a line for each check, and the tally. The script
# defines subject(), which prints what VM the line is about.
passed=0
failed=0

check() { # NAME COMMAND...
	what=$1
	shift
	if "$@"; then
		echo "ok $(subject) $what"
		passed=$((passed + 1))
	else
		echo "FAIL $(subject) $what"
		failed=$((failed + 1))
	fi
}
