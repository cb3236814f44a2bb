#!/bin/bash
# SPDX-License-Identifier: MIT
#
# learn.sh LEARN DIRECTORY: writes the table that LEARN makes of what is in DIRECTORY (corpus.sh's tune/): of kernel
# modules and of other libraries than newlib a part only, so that none drowns the others.
set -eu

learn=$1
dir=$2
some() { printf '%s\n' "${@:2}" | LC_ALL=C sort | shuf -n "$1" --random-source=<(yes); }
mapfile -t modules < <(some 150 "$dir"/a32/*.ko)
mapfile -t libraries < <(find "$dir/thumb" -type f ! -name "newlib*")
mapfile -t libraries < <(some 40 "${libraries[@]}")
"$learn" "${modules[@]}" "${libraries[@]}" "$dir"/a32/newlib* "$dir"/thumb/newlib* "$dir"/mixed/*
