# SPDX-License-Identifier: MIT
#
# Exits by reason in one boot, both policies, from results.csv. Set csv and png.
set terminal pngcairo size 1000,640 font "sans,11"
set output png
set datafile separator ","
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 noborder
set logscale y
set yrange [0.5:*]
set ylabel "exits in a boot of Debian's 6.1"
set xtics rotate by -45 noenhanced
set grid ytics
set key top right
rows = "< grep '^exits_' " . csv . " | sed 's/^exits_//'"
plot rows using 4:xtic(1) title "page", rows using 5 title "block"
