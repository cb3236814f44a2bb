# SPDX-License-Identifier: MIT
#
# Lines "NAME UNIT MODE VALUE" to the table, the CSV and the JSON of bench/run.sh, in
# the order in which names first come. Ratios are to the mode native; the limits
# are those that the project has set itself for the policy page.
# Variables: csv, json: files to write; kernel: what was booted.

BEGIN {
	limit["boot"] = 1.5
	limit["boot_wall"] = 2.5
	limit["compute"] = 1.01
	limit["monitor_memory"] = 3 # in %, not a ratio
	text["boot"] = "boot, reset to power-off"
	text["boot_unpacked"] = "the same, unpacking left out"
	text["boot_wall"] = "boot, wall time"
	text["monitor_memory"] = "monitor memory, of the guest's"
	text["compute"] = "compute loop (100,000 rounds)"
	text["memcpy_1m"] = "copy 1 MiB"
	text["null_call"] = "null system call"
	text["read"] = "read 1 byte of /dev/zero"
	text["signal"] = "signal to oneself"
	text["pipe"] = "pipe to a process and back"
	text["page_fault"] = "mmap, page fault, munmap"
	text["touch_4m"] = "touch 4 MiB by pages"
	text["fork_exit"] = "fork, exit, wait"
	text["fork_exec"] = "fork, exec, exit, wait"
	n_modes = split("native page block", modes)
}

!($1 in unit) {
	names[++n] = $1
	unit[$1] = $2
}

{ value[$1, $3] = $4 }

function ratio(name, mode) {
	if (value[name, mode] == "" || value[name, "native"] + 0 == 0)
		return ""
	return sprintf("%.3f", value[name, mode] / value[name, "native"])
}

# The figure that a limit is for, "" if there is none.
function figure(name) {
	if (name == "monitor_memory")
		return value[name, "page"]
	return ratio(name, "page")
}

function verdict(name) {
	if (!(name in limit))
		return ""
	if (figure(name) == "")
		return "not measured"
	return figure(name) + 0 <= limit[name] ? "reached" : "not reached"
}

function or_null(s) {
	return s == "" ? "null" : s
}

function print_row(name,   label, m, cells) {
	label = name in text ? text[name] : name
	sub(/^exits_/, "exits: ", label)
	for (m = 1; m <= n_modes; m++)
		cells = cells sprintf(" %14s", value[name, modes[m]])
	printf "%-31s %-12s%s %8s %8s", label, unit[name], cells, ratio(name, "page"), ratio(name, "block")
	if (name in limit)
		printf "  at most %s: %s", limit[name], verdict(name)
	printf "\n"
}

function csv_row(name) {
	printf "%s,%s,%s,%s,%s,%s,%s,%s,%s\n", name, unit[name], value[name, "native"], value[name, "page"],
		value[name, "block"], ratio(name, "page"), ratio(name, "block"), limit[name], verdict(name) >csv
}

function json_row(name, last) {
	printf "  {\"name\":\"%s\",\"unit\":\"%s\",\"native\":%s,\"page\":%s,\"block\":%s,", name, unit[name],
		or_null(value[name, "native"]), or_null(value[name, "page"]), or_null(value[name, "block"]) >json
	printf "\"ratio_page\":%s,\"ratio_block\":%s,\"limit\":%s,\"verdict\":%s}%s\n", or_null(ratio(name, "page")),
		or_null(ratio(name, "block")), or_null(limit[name]),
		name in limit ? "\"" verdict(name) "\"" : "null", last ? "" : "," >json
}

END {
	printf "%-31s %-12s %14s %14s %14s %8s %8s\n", kernel, "", "native", "page", "block", "page/n", "block/n"
	print "name,unit,native,page,block,ratio_page,ratio_block,limit,verdict" >csv
	printf "{\"kernel\":\"%s\",\"rows\":[\n", kernel >json
	for (i = 1; i <= n; i++) {
		print_row(names[i])
		csv_row(names[i])
		json_row(names[i], i == n)
	}
	print "]}" >json
}
