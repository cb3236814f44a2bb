#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD OPTION...: the hostile guest in VM after VM (drive.c has the options), as a kernel and as firmware at the
# same time, or with --kernel or --bios just one. To replay one VM: --seed, --first and --steps as they were printed.
set -u

B=$1 which=both options=
shift
for option; do
	case $option in
	--kernel) which=kernel ;;
	--bios) which=bios ;;
	--first) which=${which#both} options="$options $option" ;; # a replay
	*) options="$options $option" ;;
	esac
done

# shellcheck disable=SC2086 # words
case $which in
bios) exec "$B/test/hostile-drive" $options --bios "$B" ;;
both) ;;
*) exec "$B/test/hostile-drive" $options "$B" ;;
esac
# shellcheck disable=SC2086
"$B/test/hostile-drive" $options "$B" &
# shellcheck disable=SC2086
"$B/test/hostile-drive" $options --bios "$B" >"$B/hostile-firmware.log" 2>&1
firmware=$?
wait $!
kernel=$?
cat "$B/hostile-firmware.log"
[ $firmware -eq 0 ] && [ $kernel -eq 0 ]
