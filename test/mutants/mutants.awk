# SPDX-License-Identifier: MIT
#
# Reads the lists of faults (see README) given as arguments.
#   -v task=check   says what is wrong with them; fails if anything is
#   -v task=list    prints them, tab-separated: name, file, isolation, equivalent, suites to try, what
#   -v task=entry   prints entry `name` as it stands
#   -v task=apply   reads the tree in the current directory, prints the file of `name` with its fault

function bad(text) {
	print "mutants: " text >"/dev/stderr"
	status = 1
}

function add(key, value) {
	if ((entry, key) in field)
		value = field[entry, key] "\n" value
	field[entry, key] = value
}

# Where the words of `old` stand in text from `from` on, any white space like any other: sets at and size.
function find(text, from, old,	n, word, i, p, rest, skip) {
	n = split(old, word, /[ \t\n]+/)
	first = 1
	while (first <= n && word[first] == "")
		first++
	while (n >= first && word[n] == "")
		n--
	while ((p = index(substr(text, from), word[first])) > 0) {
		at = from + p - 1
		size = length(word[first])
		for (i = first + 1; i <= n; i++) {
			rest = substr(text, at + size, 200 + length(word[i]))
			match(rest, /^[ \t\n]+/)
			skip = RLENGTH
			if (skip < 1 || substr(rest, skip + 1, length(word[i])) != word[i])
				break
			size += skip + length(word[i])
		}
		if (i > n)
			return 1
		from = at + 1
	}
	return 0
}

function read(file,	line, text) {
	text = ""
	while ((getline line <file) > 0)
		text = text line "\n"
	close(file)
	return text
}

# Prints the file with the fault, or only looks whether it can be made.
function apply(name, print_it,	text, here, long) {
	text = read(field[name, "file"])
	if (text == "")
		return bad(name ": no file " field[name, "file"])
	if (!find(text, 1, field[name, "old"]))
		return bad(name ": " field[name, "file"] " has no \"" field[name, "old"] "\"")
	here = at
	long = size
	if (find(text, here + 1, field[name, "old"]))
		return bad(name ": " field[name, "file"] " has \"" field[name, "old"] "\" more than once")
	if (print_it)
		printf "%s%s%s", substr(text, 1, here - 1), field[name, "new"], substr(text, here + long)
}

/^#/ || /^[ \t]*$/ { next }
/^\[.*\]$/ {
	entry = substr($0, 2, length($0) - 2)
	if (entry in known)
		bad(entry ": there twice")
	if (entry !~ /^[a-z0-9_.-]+$/)
		bad(entry ": not a name")
	known[entry] = ++entries
	order[entries] = entry
	next
}
{
	if (task == "entry" && entry == name)
		print
	if ($1 !~ /^(file|what|isolation|old|new|try|equivalent)$/ || $2 != "=")
		bad(FILENAME ":" FNR ": not understood: " $0)
	key = $1
	sub(/^[a-z]+[ \t]*=[ \t]?/, "")
	add(key, $0)
}

END {
	for (i = 1; i <= entries; i++) {
		e = order[i]
		if (task == "list")
			printf "%s\t%s\t%s\t%s\t%s\t%s\n", e, field[e, "file"], ((e, "isolation") in field) ? "yes" : "no",
			       ((e, "equivalent") in field) ? "yes" : "no", ((e, "try") in field) ? field[e, "try"] : "-", field[e, "what"]
		if (task == "check") {
			if (field[e, "file"] == "" || field[e, "what"] == "" || field[e, "old"] == "")
				bad(e ": file, what and old must be there")
			else
				apply(e, 0)
		}
	}
	if (task == "apply") {
		if (!(name in known))
			bad("no fault " name)
		else
			apply(name, 1)
	}
	exit status
}
